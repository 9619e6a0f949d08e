"""Read both systems for what changed since the last look, and store it: from here on the rows say what is to be done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from ledgerwire.accounting.port import Ledger, Settlement
from ledgerwire.common.db.session import Unit
from ledgerwire.connectwise.models.payments import InvoiceBalance
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments import repository
from ledgerwire.poster.payments.foreign import match_foreign
from ledgerwire.poster.payments.ports import Terms, Turn
from ledgerwire.poster.payments.state import EDITION, Marks, Posted, SeenBalance, SettlementState, Stored, moved

OVERLAP = timedelta(minutes=10)
"""Read this far before the last stamp seen: a change may be stamped before one that was readable earlier."""
ZONES = timedelta(days=1)
"""A calendar day begins this much earlier somewhere."""
UNMATCHED_AGE = timedelta(days=30)
"""For so long a settled document without an invoice is looked for again."""


@dataclass(frozen=True, slots=True)
class Observing:
    """One look under way: whose turn it is, both systems, and from when on movements count."""

    turn: Turn
    ledger: Ledger
    psa: Payments
    terms: Terms
    marks: Marks
    since: date | None


async def observe(turn: Turn, ledger: Ledger, psa: Payments, terms: Terms, since: date | None) -> None:
    """Store what changed in either system. With `since` both are read again from that day, which then is the chosen moment."""
    async with turn.unit() as unit:
        marks = await repository.marks(unit, turn.connection_id)
    look = Observing(turn, ledger, psa, terms, Marks() if since else marks, since or marks.since or terms.since)
    settlements = await ledger.settlements(_from(look.marks.ledger, look.since))
    shown = await psa.open_or_changed(_from(look.marks.psa, look.since))
    rows = await _of_ledger(look, settlements)
    async with turn.unit() as unit:
        await repository.put(unit, turn.connection_id, rows)
    rows = await _of_psa(look, shown)
    async with turn.unit() as unit:
        await repository.put(unit, turn.connection_id, rows)
        await repository.wake_left_open(unit, turn.connection_id, [row.id for row in shown])
        if since is not None:
            await repository.wake_onboarded(unit, turn.connection_id)
        await repository.put_marks(
            unit,
            turn.connection_id,
            ledger=_latest(item.changed_at for item in settlements),
            psa=_latest(row.changed_at for row in shown),
            since=since,
        )


def _from(mark: datetime | None, since: date | None) -> datetime | None:
    if mark is not None:
        return mark - OVERLAP
    return datetime.combine(since, time(), UTC) - ZONES if since is not None else None


def _latest(stamps: Iterable[datetime | None]) -> datetime | None:
    return max((stamp for stamp in stamps if stamp is not None), default=None)


async def _of_ledger(look: Observing, settlements: Sequence[Settlement]) -> list[Stored]:
    """The rows that the ledger's changes make or change."""
    connection = look.turn.connection_id
    ids = [item.ledger_id for item in settlements]
    async with look.turn.unit() as unit:
        known = await repository.by_ledger(unit, connection, ids)
        posted = await repository.posted_by_ledger(unit, connection, ids)
        foreign = await repository.unmatched(unit, connection, UNMATCHED_AGE)
    rows: list[Stored] = []
    for view in settlements:
        stored, ours = known.get(view.ledger_id), posted.get(view.ledger_id)
        if stored is not None and same(stored.view, view):
            continue
        if ours is not None and not ours.current:
            rows.append(_earlier(ours, view))
        elif stored is not None and stored.invoice_id is not None:
            rows.append(replace(stored, view=view, state=SettlementState.DUE))
        elif ours is not None and moved(view):
            rows.append(_ours(ours, view))
        elif stored is not None or (moved(view) and _counts(view, look.since)):
            foreign[view.ledger_id] = replace(stored, view=view) if stored else _unknown(view)
    rows = await _with_current(look, rows)
    async with look.turn.unit() as unit:
        rows = await _taken_over(unit, look, rows)
    return [*rows, *await match_foreign(look.turn, look.ledger.name, look.psa, look.terms, list(foreign.values()))]


def same(before: Settlement, now: Settlement) -> bool:
    """Whether two views of a document show the same, whenever they were taken."""
    return replace(before, changed_at=None) == replace(now, changed_at=None)


def _ours(posted: Posted, view: Settlement) -> Stored:
    return Stored(view.ledger_id, view, invoice_id=posted.invoice_id, record_id=posted.record_id, matched_by="posting")


def _earlier(posted: Posted, view: Settlement) -> Stored:
    return Stored(view.ledger_id, view, record_id=posted.record_id, matched_by=EDITION, state=SettlementState.SYNCED)


async def _with_current(look: Observing, rows: list[Stored]) -> list[Stored]:
    """What settles an earlier document of an invoice settles the invoice: its present document is looked at with it."""
    records = {row.record_id for row in rows if row.matched_by == EDITION and row.record_id is not None}
    if not records:
        return rows
    async with look.turn.unit() as unit:
        current = await repository.posted_by_record(unit, look.turn.connection_id, records)
        ids = [item.ledger_id for item in current.values()]
        stored = await repository.by_ledger(unit, look.turn.connection_id, ids)
    there = {row.ledger_id for row in rows}
    views = _Views(look.ledger)
    for item in current.values():
        if item.ledger_id in there:
            continue
        if item.ledger_id in stored:
            rows.append(replace(stored[item.ledger_id], state=SettlementState.DUE))
        elif (view := await views.of(item)) is not None:
            rows.append(_ours(item, view))
    return rows


def _unknown(view: Settlement) -> Stored:
    return Stored(view.ledger_id, view, state=SettlementState.UNMATCHED)


def _counts(view: Settlement, since: date | None) -> bool:
    days = [item.applied_on for item in view.credits] + ([view.paid_on] if view.paid_on else [])
    return since is None or max(days, default=since) >= since


async def _taken_over(unit: Unit, look: Observing, rows: list[Stored]) -> list[Stored]:
    """A document that was made again takes over what was carried over for the one before it."""
    invoices = [row.invoice_id for row in rows if row.invoice_id is not None]
    before = await repository.by_invoice(unit, look.turn.connection_id, invoices)
    kept = {row.ledger_id: row for row in rows}
    for row in rows:
        old = before.get(row.invoice_id or 0)
        if old is None or old.ledger_id == row.ledger_id:
            continue
        shown = kept.pop(old.ledger_id, old)
        kept = {
            old.ledger_id: replace(
                shown, invoice_id=None, matched_by=EDITION, state=SettlementState.SYNCED, findings=()
            ),
            **kept,
            row.ledger_id: replace(row, synced=old.synced, seen=old.seen, counted=old.counted),
        }
    return list(kept.values())


async def _of_psa(look: Observing, shown: Sequence[InvoiceBalance]) -> list[Stored]:
    """The rows whose settlement changed in ConnectWise, and new ones for posted invoices that were settled there only."""
    listed = {row.id: SeenBalance.of(row) for row in shown if look.terms.takes(row.at)}
    async with look.turn.unit() as unit:
        known = await repository.by_invoice(unit, look.turn.connection_id, list(listed))
        fresh = [one for one, seen in listed.items() if one not in known and not seen.untouched]
        posted = await repository.posted_by_invoice(unit, look.turn.connection_id, fresh)
    rows = [
        replace(stored, state=SettlementState.DUE)
        for invoice_id, stored in known.items()
        if stored.seen != listed[invoice_id] and stored.state is not SettlementState.DUE
    ]
    async with look.turn.unit() as unit:
        there = await repository.by_ledger(unit, look.turn.connection_id, [item.ledger_id for item in posted.values()])
    views = _Views(look.ledger)
    for item in posted.values():
        view = await views.of(item) if item.ledger_id not in there else None
        if view is not None:
            rows.append(_ours(item, view))
    return rows


class _Views:
    """What the ledger shows of documents that did not change there since the chosen moment."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._all: dict[str, Settlement] | None = None

    async def of(self, posted: Posted) -> Settlement | None:
        """The document's settlement; None if the ledger does not have it any more."""
        read = await self._ledger.read_document(posted.kind, posted.ledger_id)
        if read is None:
            return None
        found = read.found
        if found.paid:
            # settled before the chosen moment: only the whole list tells by what
            if self._all is None:
                self._all = {item.ledger_id: item for item in await self._ledger.settlements(None)}
            return self._all.get(posted.ledger_id)
        return Settlement(
            ledger_id=posted.ledger_id,
            kind=posted.kind,
            number=found.number,
            contact_id=found.contact_id,
            currency=found.currency,
            total=found.total,
            balance=found.total,
            cash=found.paid,
            live=found.live,
        )
