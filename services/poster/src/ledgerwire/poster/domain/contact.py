"""The contact link: one ledger contact per company (or member), role and currency, by id (D9, M13, M15)."""

from __future__ import annotations

from enum import StrEnum

_MEMBER, _SUPPLIER = "member", "supplier"


class LinkState(StrEnum):
    """linking: a creation may have been sent. linked: the id is known. held: a person decides."""

    LINKING = "linking"
    LINKED = "linked"
    HELD = "held"


def external_number(company_key: str, *, separate_suppliers: bool = False) -> str:
    """The external number a created contact carries, derived from the ConnectWise id; looked up before any creation.

    A company has one number where the ledger keeps one list of contacts, and one for each role where it keeps two:
    `CW-42`, as a supplier of its own `CWS-42`; an employee is `CWM-7`. A currency of its own stands behind: `CW-42-EUR`.
    """
    role, number, currency = _parts(company_key)
    prefix = {_MEMBER: "CWM", _SUPPLIER: "CWS" if separate_suppliers else "CW"}.get(role, "CW")
    return "-".join(part for part in (prefix, number, currency) if part)


def same_contact_keys(company_key: str, *, separate_suppliers: bool) -> tuple[str, ...]:
    """The keys under which the same ledger contact may be linked already: a company is one contact in one list."""
    role, number, currency = _parts(company_key)
    if separate_suppliers or role == _MEMBER:
        return ()
    other = "" if role == _SUPPLIER else f"{_SUPPLIER}:"
    return (f"{other}{number}" + (f":{currency}" if currency else ""),)


def _parts(company_key: str) -> tuple[str, str, str]:
    """Role ("" for a customer), id and currency ("" for the base currency) of a key."""
    parts = company_key.split(":")
    role = parts.pop(0) if parts[0] in {_MEMBER, _SUPPLIER} else ""
    return role, parts[0], parts[1] if len(parts) > 1 else ""
