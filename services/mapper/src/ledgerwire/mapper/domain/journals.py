"""Journals of stock movements and of expenses in the journal style: debits and credits that add up to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.common.ledger.reference import AccountClass
from ledgerwire.common.money import ZERO, round_half_up, total
from ledgerwire.mapper.domain import currency, locks, tracking
from ledgerwire.mapper.domain.parts import Case, day_words, money_words
from ledgerwire.mapper.domain.purchase_model import Pair
from ledgerwire.mapper.domain.purchases import ANY, account_of, parts_of
from ledgerwire.mapper.domain.settings import PostAs


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an entry: what it is called, its frozen account, and the classes that account may be of."""

    kind: str
    account: str
    gl_class: str = ""
    allowed: frozenset[AccountClass] = ANY


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its two sides; `amount` is at least 0."""

    description: str
    amount: Decimal
    debit: Side
    credit: Side
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal says besides its entries. `number` names it where the ledger shows a number or narration."""

    number: str
    dated: date
    currency: str | None
    reference: str


def of_pair(case: Case, pair: Pair, kinds: tuple[str, str], allowed: frozenset[AccountClass] = ANY) -> Entry | None:
    """An exported line against its offset, whichever is the debit; None with a stop where the two do not balance.

    Servers may show the offset with its own sign or the line's; only the amounts have to agree.
    """
    if abs(pair.total) != abs(pair.offset_total):
        expected, found = money_words(abs(pair.total)), money_words(abs(pair.offset_total))
        difference = money_words(abs(pair.total) - abs(pair.offset_total))
        case.add("GL_OUT_OF_BALANCE", expected=expected, found=found, difference=difference)
        return None
    line = Side(kinds[0], pair.account, pair.gl_class, allowed)
    offset = Side(kinds[1], pair.offset_account, pair.offset_class, allowed)
    debit, credit = (line, offset) if pair.total >= 0 else (offset, line)
    return Entry(pair.description, round_half_up(abs(pair.total)), debit, credit, pair.ids)


def document(
    case: Case, journal: Journal, entries: Sequence[Entry], kept_rate: Decimal | None = None
) -> LedgerDocument | None:
    """The journal of these entries; None with a stop, or where every entry moves within one account (nothing moves then).

    A foreign one is in base currency where its rate is known (M15): not every ledger takes another in a journal.
    """
    money, dated = currency.money(case, journal.currency, kept_rate), locks.decide(case, journal.dated)
    no_tax = case.settings.rounding.tax_type
    if no_tax not in case.rates:
        case.add("TAX_TYPE_MISSING", tax_type=no_tax, purpose="journal lines")
    rate = money.rate  # where the ledger's own rate holds, the amounts stay in the journal's currency
    converted = [replace(entry, amount=round_half_up(entry.amount * rate)) for entry in entries] if rate else entries
    lines = [line for index, entry in enumerate(converted) for line in _lines(case, index, entry)]
    if case.is_stopped() or not lines:
        return None
    debits = total(line.net for line in lines if line.net > 0)
    if total(line.net for line in lines) != 0:
        raise AssertionError(f"{journal.number}: the debits and credits of a journal must be equal")
    moved = f"dated {day_words(journal.dated)} {journal.dated.year}" if dated != journal.dated else ""
    return LedgerDocument(
        kind=DocumentKind.JOURNAL,
        number=journal.number,
        contact=None,
        document_date=dated,
        due_date=dated,
        currency=case.reference.base_currency if rate else money.code,
        currency_rate=rate,  # what the amounts were converted by, so that a revision keeps it
        lines=tuple(lines),
        net=debits,
        tax=ZERO,
        total=debits,
        reference=" / ".join(part for part in (journal.reference, moved) if part) or None,
        draft=case.settings.post_as is PostAs.DRAFT,
    )


def _lines(case: Case, index: int, entry: Entry) -> list[DocumentLine]:
    """Debit and credit of an entry; none where both are the same account (a transfer within it has no effect, M16)."""
    sides = ((entry.debit, entry.amount), (entry.credit, -entry.amount))
    found = [account_of(case, index, (side.account, side.kind, entry.description), side.allowed) for side, _ in sides]
    codes = [account.code if account else "" for account, _ in found]
    if not entry.amount or (codes[0] and codes[0] == codes[1]):
        return []
    lines = []
    for (side, amount), code, (_, decision) in zip(sides, codes, found, strict=True):
        options, by_tracking = tracking.decide(case, index, entry.description, parts_of(side.account, side.gl_class))
        lines.append(
            DocumentLine(
                description=entry.description or side.kind,
                quantity=Decimal(1),
                unit_amount=amount,
                net=amount,
                account_code=code,
                tax_type=case.settings.rounding.tax_type,
                tax_amount=ZERO,
                tracking=options,
                source_ids=entry.ids,
                decisions=(decision, *by_tracking),
            )
        )
    return lines
