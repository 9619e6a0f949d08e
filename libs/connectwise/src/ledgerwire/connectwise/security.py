"""The rights of the API member's own security role."""

from __future__ import annotations

from collections.abc import Iterable

from ledgerwire.connectwise.models.catalog import CustomizeItem, RoleSetting, SecurityRole
from ledgerwire.connectwise.rights import Action, Right
from ledgerwire.connectwise.session import Session

MY_SECURITY = "/system/mySecurity"
CUSTOMIZED = "/system/mySecurity/customizeItems/"
ROLES = "/system/securityroles"


class Security:
    """What one tenant lets the key do. Errors as of every client method."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def mine(self) -> list[RoleSetting]:
        """The settings of the role of the calling key; Waiting PERMISSION_MISSING where even that may not be read."""
        return await self._session.rows(MY_SECURITY, RoleSetting)

    async def customized(self) -> list[CustomizeItem]:
        """The tables and agreement types that the role's customized functions allow."""
        return await self._session.rows(CUSTOMIZED, CustomizeItem)

    async def roles(self) -> list[SecurityRole]:
        """All roles; needs System > Security Roles, which the role of seat billing does not have."""
        return await self._session.rows(ROLES, SecurityRole)

    async def settings(self, role_id: int) -> list[RoleSetting]:
        """The settings of one role; needs the same right as `roles`."""
        return await self._session.rows(f"/system/securityRoles/{role_id}/settings", RoleSetting)


def lacking(
    settings: Iterable[RoleSetting], wanted: Iterable[Right], customized: Iterable[CustomizeItem] = ()
) -> list[Right]:
    """The rights of `wanted` that a role does not have; level My is not enough.

    A right to one set-up table is there only if the customize list allows the table; no list at all allows every table.
    """
    granted = {(setting.module_function_name, action) for setting in settings for action in _granted(setting)}
    items = [item for item in customized if item.module_function_name == "Table Setup"]
    tables = {item.name for item in items if item.allow_flag}
    return [
        right
        for right in wanted
        if (right.function, right.action) not in granted or (right.table and items and right.table not in tables)
    ]


def beyond(settings: Iterable[RoleSetting], wanted: Iterable[Right]) -> list[Right]:
    """The rights that a role has and `wanted` does not name: more than is needed."""
    needed = {(right.function, right.action) for right in wanted}
    return [
        Right(setting.module_name or "", setting.module_function_name or "", action)
        for setting in settings
        for action in _held(setting)
        if (setting.module_function_name, action) not in needed
    ]


def _granted(setting: RoleSetting) -> list[Action]:
    return [action for action in Action if setting.level(action) == "All"]


def _held(setting: RoleSetting) -> list[Action]:
    return [action for action in Action if setting.level(action) != "None"]
