"""Brings an account's rows to what its file says: all of it or nothing, and nothing where nothing changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from ledgerwire.common.canonical import canonical_bytes, sha256_hex
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.security import SecretBox
from ledgerwire.tenants.account_file import AccountFile
from ledgerwire.tenants.plan import Wanted, WantedConnection, WantedConsent, wanted
from ledgerwire.tenants.repository import accounts as rows
from ledgerwire.tenants.secrets import (
    ConnectWiseSecret,
    SealedConsent,
    callback_token_hash,
    new_callback_token,
    open_connection,
    seal_connection,
    seal_token,
)
from ledgerwire.tenants.views import Applied

NOT_RECORDED = "not recorded"


async def apply(database: Database, box: SecretBox, file: AccountFile, *, author: str, reason: str) -> Applied:
    """Create or change an account.

    Changed settings and a changed mapping become a new version by `author` for `reason`. A changed connection has to be tested again. Tokens
    that were rotated since stay, unless the file gives others than it gave before.

    Raises:
        ConfigurationError: the change is not allowed; nothing was changed.
    """
    plan = wanted(file)
    async with database.account(plan.account_id) as unit:
        await rows.take_turn(unit)
        return await _Application(unit, box, plan).run(author, reason)


class _Application:
    """One run of `apply`; `changes` names what was done, never a secret."""

    def __init__(self, unit: Unit, box: SecretBox, plan: Wanted) -> None:
        self._unit = unit
        self._box = box
        self._plan = plan
        self.changes: list[str] = []

    async def run(self, author: str, reason: str) -> Applied:
        account = await rows.account(self._unit)
        if account is None:
            await rows.add_account(self._unit, self._plan.name, self._plan.settings)
            self.changes.append("account created, on hold")
            await self._write_down(None, author, reason)
        elif account.settings != self._plan.settings:
            await self._write_down(account, author, reason)
            await rows.set_settings(self._unit, self._plan.settings)
            self.changes.append(_changed("settings", _flat(account.settings), _flat(self._plan.settings)))
        await self._remove(live=account is not None and account.status == "live")
        await self._psa()
        await self._consents()
        await self._ledgers()
        await self._companies()
        version = await self._mapping(author, reason)
        return Applied(self._plan.account_id, self._plan.name, account is None, tuple(self.changes), version)

    async def _write_down(self, before: Row[Any] | None, author: str, reason: str) -> None:
        """Who changes the settings; what they were set to without that being written down goes before it."""
        known = await rows.settings_versions(self._unit)
        number = known[-1].version if known else 0
        if before is not None and (not known or known[-1].settings != before.settings):
            number += 1
            await rows.add_settings_version(
                self._unit,
                number,
                before.settings,
                author=NOT_RECORDED,
                reason="set before changes were recorded",
                at=before.updated_at,
            )
        await rows.add_settings_version(self._unit, number + 1, self._plan.settings, author=author, reason=reason)

    async def _remove(self, *, live: bool) -> None:
        companies = await rows.companies(self._unit)
        gone = [
            row for company_id, row in companies.items() if company_id not in _ids(self._plan.companies, "company_id")
        ]
        connections = {row.ledger_connection_id for row in gone}
        consents = set(await rows.consents(self._unit)) - _ids(self._plan.consents, "consent_id")
        if gone and live:
            names = ", ".join(repr(row.name) for row in gone)
            raise ConfigurationError(f"companies: {names} cannot be removed from an account that is live")
        if gone or consents:
            await rows.remove(
                self._unit, companies=[row.company_id for row in gone], connections=connections, consents=consents
            )
        self.changes += [f"company {row.name!r} removed" for row in gone]

    async def _psa(self) -> None:
        psa = self._plan.psa
        known = (await rows.connections(self._unit)).get(psa.connection_id)
        if known is None:
            secret = ConnectWiseSecret(self._plan.private_key, new_callback_token(), self._plan.seats_private_key)
            sealed = seal_connection(self._box, psa.connection_id, secret)
            await rows.add_connection(self._unit, psa, sealed)
            await rows.route_callbacks(self._unit, psa.connection_id, callback_token_hash(secret.callback_token))
            self.changes.append(f"connection {psa.name!r} created")
            return
        before = open_connection(self._box, psa.connection_id, known.secret)
        after = ConnectWiseSecret(self._plan.private_key, before.callback_token, self._plan.seats_private_key)
        sealed_again = None if after == before else seal_connection(self._box, psa.connection_id, after)
        await self._change(known, psa, sealed_again, "private_key")

    async def _consents(self) -> None:
        known = await rows.consents(self._unit)
        for consent in self._plan.consents:
            stored = known.get(consent.consent_id)
            if stored is None:
                await rows.add_consent(self._unit, consent, self._sealed(consent))
            elif stored.given_hash != consent.given:
                await rows.replace_consent(self._unit, consent, self._sealed(consent))
                self.changes.append(f"consent of {consent.provider} client {consent.client_id!r} replaced")
                await self._retest(consent)

    async def _retest(self, consent: WantedConsent) -> None:
        known = await rows.connections(self._unit)
        for ledger in self._plan.ledgers:
            stored = known.get(ledger.connection_id)
            if stored is not None and ledger.config["consent_id"] == str(consent.consent_id):
                await rows.change_connection(self._unit, ledger.connection_id, ledger.config, None)

    async def _ledgers(self) -> None:
        known = await rows.connections(self._unit)
        for ledger in self._plan.ledgers:
            stored = known.get(ledger.connection_id)
            if stored is None:
                await rows.add_connection(self._unit, ledger, None)
                self.changes.append(f"connection {ledger.name!r} created")
            else:
                await self._change(stored, ledger, None, "")

    async def _change(
        self, stored: Row[Any], connection: WantedConnection, secret: bytes | None, secret_name: str
    ) -> None:
        if stored.config == connection.config and secret is None:
            return
        await rows.change_connection(self._unit, connection.connection_id, connection.config, secret)
        self.changes.append(
            _changed(
                f"connection {connection.name!r}",
                stored.config,
                connection.config,
                None if secret is None else secret_name,
            )
        )

    async def _companies(self) -> None:
        known = await rows.companies(self._unit)
        for company in self._plan.companies:
            stored = known.get(company.company_id)
            if stored is not None and tuple(stored.location_ids) == company.locations:
                continue
            await rows.put_company(self._unit, company)
            self.changes.append(f"company {company.name!r} {'created' if stored is None else 'changed: locations'}")

    async def _mapping(self, author: str, reason: str) -> int:
        current = await rows.current_mapping(self._unit)
        if current is not None and current.body_hash == sha256_hex(self._plan.mapping):
            return current.version
        version = 1 if current is None else current.version + 1
        await rows.add_mapping(self._unit, version, self._plan.mapping, author=author, reason=reason)
        self.changes.append(f"mapping version {version} created")
        return version

    def _sealed(self, consent: WantedConsent) -> SealedConsent:
        row = consent.consent_id
        return SealedConsent(
            client_secret=seal_token(self._box, row, "client_secret", consent.client_secret),
            access_token=seal_token(self._box, row, "access_token", consent.access_token),
            refresh_token=seal_token(self._box, row, "refresh_token", consent.refresh_token),
        )


def _ids(items: Iterable[object], name: str) -> set[UUID]:
    return {getattr(item, name) for item in items}


def _changed(what: str, before: Mapping[str, Any], after: Mapping[str, Any], also: str | None = None) -> str:
    names = sorted(name for name in before.keys() | after.keys() if _differs(before.get(name), after.get(name)))
    return f"{what} changed: {', '.join([*names, also] if also else names)}"


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by the names that people wrote: those of `sync` as they are, those of `seats` with it."""
    return {**settings["sync"], **{f"seats.{name}": value for name, value in settings.get("seats", {}).items()}}


def _differs(before: object, after: object) -> bool:
    return canonical_bytes(before) != canonical_bytes(after)
