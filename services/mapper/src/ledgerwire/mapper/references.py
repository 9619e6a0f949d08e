"""How references and texts of ConnectWise are read: blank, missing and null are the same."""

from __future__ import annotations

from ledgerwire.connectwise import models as psa


def id_of(reference: psa.Reference | None) -> int | None:
    """The id a reference names."""
    return reference.id if reference else None


def name_of(reference: psa.Reference | None) -> str:
    """What people call it; empty without a reference."""
    return ((reference.name or reference.identifier or "") if reference else "").strip()


def code_of(reference: psa.Reference | None) -> str | None:
    """Its short identifier, else its name."""
    return ((reference.identifier or reference.name or "").strip() or None) if reference else None


def text_of(value: str | None) -> str:
    """A text without the spaces around it; empty for none."""
    return (value or "").strip()
