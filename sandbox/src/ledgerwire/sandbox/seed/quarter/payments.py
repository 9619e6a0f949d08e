"""What the customers pay: money and credits that bookkeepers enter in the ledger after the documents were posted.

Some 520 events: most invoices are paid in full, some in part or in two parts, five at once, a few credit notes are paid
out, and a few are applied to three invoices each (M18).
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from ledgerwire.sandbox.seed.quarter.expected import ExpectedDocument, ExpectedEntry

SettlementKind = Literal["payment", "refund", "credit"]
FULL, PARTLY, TWICE, FIVES, REFUNDS, CREDITS = 410, 40, 20, 7, 12, 12
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Settlement:
    """One event in the ledger of a company: `parts` are document numbers with what each gets, all positive.

    `payment`: money for invoices; `refund`: a credit note (the only part) paid out; `credit`: the credit note `credit`
    applied to invoices.
    """

    kind: SettlementKind
    company: str
    contact: str
    currency: str
    day: dt.date
    parts: tuple[tuple[str, Decimal], ...]
    credit: str | None = None

    @property
    def total(self) -> Decimal:
        return sum((amount for _, amount in self.parts), Decimal("0.00"))


@dataclass(frozen=True, slots=True)
class _Open:
    company: str
    document: ExpectedDocument


Key = tuple[str, str, str]


class _Cashier:
    """Hands out open documents, each to one event only."""

    def __init__(self, rng: random.Random, entries: Sequence[ExpectedEntry]) -> None:
        self.rng = rng
        self.invoices: dict[Key, list[_Open]] = defaultdict(list)
        self.notes: list[_Open] = []
        for entry in entries:
            if entry.record_type == "invoice" and entry.fault is None and entry.documents:
                self._sort_in(_Open(entry.company, entry.documents[0]))

    def _sort_in(self, one: _Open) -> None:
        if one.document.kind == "credit_note":
            self.notes.append(one)
        elif one.document.total > 1:
            self.invoices[_key(one)].append(one)

    def several(self, count: int, least: Decimal = Decimal(0)) -> list[_Open] | None:
        """So many open invoices of one customer, each worth more than `least`; None when nobody has that many."""
        for key in sorted(self.invoices, key=lambda each: (-len(self.invoices[each]), each)):
            found = self._of(key, count, least)
            if found:
                return found
        return None

    def _of(self, key: Key, count: int, least: Decimal) -> list[_Open] | None:
        fitting = [one for one in self.invoices[key] if one.document.total > least]
        if len(fitting) < count:
            return None
        taken = fitting[:count]
        self.invoices[key] = [one for one in self.invoices[key] if one not in taken]
        return taken

    def against(self, note: _Open, count: int) -> list[_Open] | None:
        """Open invoices of the note's customer that together take all of it."""
        return self._of(_key(note), count, note.document.total / count + 1)

    def any(self) -> _Open | None:
        """An open invoice of somebody."""
        keys = sorted(key for key, each in self.invoices.items() if each)
        if not keys:
            return None
        chosen = self.invoices[self.rng.choice(keys)]
        return chosen.pop(self.rng.randrange(len(chosen)))


def _key(one: _Open) -> Key:
    return one.company, one.document.contact, one.document.currency


def _event(
    kind: SettlementKind, ones: Sequence[_Open], days: int, amounts: Sequence[Decimal], credit: str | None = None
) -> Settlement:
    first = ones[0]
    day = max(one.document.date for one in ones) + timedelta(days=days)
    parts = tuple((one.document.number, amount) for one, amount in zip(ones, amounts, strict=True))
    return Settlement(kind, first.company, first.document.contact, first.document.currency, day, parts, credit)


def _credits(cashier: _Cashier) -> Iterator[Settlement]:
    """One credit note over three invoices."""
    made = 0
    for note in list(cashier.notes):
        invoices = cashier.against(note, 3) if made < CREDITS else None
        if invoices:
            third = (note.document.total / 3).quantize(CENT)
            cashier.notes.remove(note)
            made += 1
            amounts = (third, third, note.document.total - 2 * third)
            yield _event("credit", [*invoices], 6, amounts, note.document.number)


def _fives(cashier: _Cashier) -> Iterator[Settlement]:
    for _ in range(FIVES):
        invoices = cashier.several(5)
        if invoices:
            yield _event("payment", invoices, 9, [one.document.total for one in invoices])


def _singles(cashier: _Cashier, rng: random.Random) -> Iterator[Settlement]:
    for number in range(FULL + PARTLY + TWICE):
        one = cashier.any()
        if one is None:
            return
        days, total = rng.randint(3, 28), one.document.total
        part = (total * rng.randint(20, 70) / 100).quantize(CENT)
        if number < FULL:
            yield _event("payment", [one], days, [total])
        else:
            yield _event("payment", [one], days, [part])
        if number >= FULL + PARTLY:
            yield _event("payment", [one], days + 12, [total - part])


def settlements_of(rng: random.Random, entries: Sequence[ExpectedEntry]) -> tuple[Settlement, ...]:
    """The events in the order of their days."""
    cashier = _Cashier(rng, entries)
    events = [*_credits(cashier), *_fives(cashier)]
    events += [_event("refund", [note], 4, [note.document.total]) for note in cashier.notes[:REFUNDS]]
    events += _singles(cashier, rng)
    return tuple(sorted(events, key=lambda event: (event.day, event.company, event.parts)))
