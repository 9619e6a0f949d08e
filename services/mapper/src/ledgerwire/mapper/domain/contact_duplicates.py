"""Ledger contacts that are probably one and the same company (D9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ledgerwire.common.ledger.document import Contact
from ledgerwire.mapper.domain.contacts import bare


@dataclass(frozen=True, slots=True)
class SuspectedDuplicate:
    """Active contacts that agree in something that should be one company's own; `reason` says in what."""

    reason: str
    contacts: tuple[Contact, ...]


_REASONS: tuple[tuple[str, Callable[[Contact], str]], ...] = (
    ("the same account number", lambda contact: (contact.account_number or "").strip().casefold()),
    ("the same name but for case, spaces, punctuation or legal suffix", lambda contact: bare(contact.name)),
    ("the same e-mail address", lambda contact: (contact.email or "").strip().casefold()),
)


def suspected_duplicates(contacts: Iterable[Contact]) -> tuple[SuspectedDuplicate, ...]:
    """Groups of active contacts by the strongest thing they share, each group once, in the order of their names."""
    active = sorted((item for item in contacts if item.active), key=lambda item: (item.name, item.contact_id))
    found: list[SuspectedDuplicate] = []
    told: set[frozenset[str]] = set()
    for reason, key in _REASONS:
        for group in _groups(active, key):
            ids = frozenset(item.contact_id for item in group)
            if not any(ids <= known for known in told):
                told.add(ids)
                found.append(SuspectedDuplicate(reason, tuple(group)))
    return tuple(found)


def _groups(contacts: Sequence[Contact], key: Callable[[Contact], str]) -> list[list[Contact]]:
    groups: dict[str, list[Contact]] = {}
    for contact in contacts:
        if key(contact):
            groups.setdefault(key(contact), []).append(contact)
    return [group for group in groups.values() if len(group) > 1]
