"""The contact link: one ledger contact per bill-to company and connection, by id (D9)."""

from __future__ import annotations

from enum import StrEnum


class LinkState(StrEnum):
    """linking: a creation may have been sent. linked: the id is known. held: a person decides."""

    LINKING = "linking"
    LINKED = "linked"
    HELD = "held"


def external_number(company_key: str) -> str:
    """The external number a created contact carries, derived from the ConnectWise company id; looked up before any creation."""
    return f"CW-{company_key}"
