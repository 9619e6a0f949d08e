"""What a record would become if it went now: the same reads and the same decision as a look, without a write (D3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from uuid import UUID

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper import looking, repository
from ledgerwire.mapper.deciding import Decider
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.trace import Trace
from ledgerwire.mapper.expense_groups.deciding import Together
from ledgerwire.mapper.expense_groups.turn import ExpenseTurn, read_with_mates
from ledgerwire.mapper.ledger_reading import Ledgers
from ledgerwire.mapper.ports import Account, Clients, Psa
from ledgerwire.mapper.products import ProductSubject
from ledgerwire.mapper.reads import SetupCache
from ledgerwire.mapper.records import StoredRecord, StoredRevision, decode_trace
from ledgerwire.mapper.subjects import Key, Subjects

AT_A_TIME = 50
"""Records read together, as a look does."""
GOES_OUT = frozenset({RecordState.MAPPED, RecordState.NO_EFFECT, RecordState.HELD})
"""Outcomes that have documents; held is what an account makes of them that is not live yet."""


class NothingToPreviewError(LedgerwireError):
    """Neither ConnectWise's unposted lists nor our records have a record of that number."""

    code = "RECORD_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Preview:
    """One record as it would go now. `outcome` is the record state that a look would end in.

    `documents` are empty unless it would be posted; `ledger_connection_id` is None where no company takes its location.
    """

    record: StoredRecord
    outcome: str
    documents: tuple[LedgerDocument, ...]
    findings: tuple[Finding, ...]
    trace: Trace
    ledger_connection_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Looker:
    """A person who only looks: what is read is read in transactions of its own."""

    database: Database
    account_id: UUID
    connection_id: UUID

    def unit(self) -> AbstractAsyncContextManager[Unit]:
        return self.database.account(self.account_id)


@dataclass(slots=True)
class PreviewDesk:
    """Previews records of an account. `close` frees what `bootstrap.open_preview_desk` opened."""

    database: Database
    clients: Clients
    close: Callable[[], Awaitable[None]]
    _setup: SetupCache = field(default_factory=SetupCache)

    async def preview(self, account_id: UUID, connection_id: UUID, numbers: Sequence[str] | None) -> list[Preview]:
        """Decide these records (None = everything on the unposted lists) as a look would now; nothing is written anywhere.

        Raises:
            NothingToPreviewError: names the numbers that no record has. And what the reads raise.
        """
        client = await self.clients.psa(account_id, connection_id)
        account = await self.clients.account(account_id)
        keys = await self._keys(client, account_id, numbers)
        looker = _Looker(self.database, account_id, connection_id)
        found: list[Preview] = []
        for start in range(0, len(keys), AT_A_TIME):
            found += await self._some(looker, account, client, keys[start : start + AT_A_TIME])
        return found

    async def of_records(self, account_id: UUID, connection_id: UUID, record_ids: Sequence[UUID]) -> list[Preview]:
        """The same for known records by id; an unknown id is left out."""
        client = await self.clients.psa(account_id, connection_id)
        account = await self.clients.account(account_id)
        async with self.database.account(account_id) as unit:
            known = await repository.records(unit, record_ids)
        keys = [known[each].key for each in dict.fromkeys(record_ids) if each in known]
        looker = _Looker(self.database, account_id, connection_id)
        found: list[Preview] = []
        for start in range(0, len(keys), AT_A_TIME):
            found += await self._some(looker, account, client, keys[start : start + AT_A_TIME])
        return found

    async def _keys(self, client: Psa, account_id: UUID, numbers: Sequence[str] | None) -> list[Key]:
        listed = await _listed(client)
        if numbers is None:
            return sorted({key for keys in listed.values() for key in keys})
        wanted: list[Key] = []
        unknown: list[str] = []
        async with self.database.account(account_id) as unit:
            for number in numbers:
                known = [record.key for record in await repository.find(unit, number=number)]
                keys = [*known, *(key for key in listed.get(number, ()) if key not in known)]
                wanted += keys
                unknown += [] if keys else [number]
        if unknown:
            raise NothingToPreviewError(f"no record has the number {', '.join(unknown)}")
        return list(dict.fromkeys(wanted))

    async def _some(self, looker: _Looker, account: Account, client: Psa, keys: Sequence[Key]) -> list[Preview]:
        ids = {key: record_id(AccountId(looker.account_id), ConnectionId(looker.connection_id), *key) for key in keys}
        async with looker.unit() as unit:
            known = await repository.records(unit, list(ids.values()))
            latest = await repository.latest_revisions(unit, list(ids.values()))
        followed = looking.followed(known.values(), latest)
        subjects = await read_with_mates(looker, account, client, self._setup, keys, fresh=True, followed=followed)
        ledgers = Ledgers(looker, account, self.clients)
        await ledgers.read(subjects, fresh=True)
        async with looker.unit() as unit:
            bills = await repository.bills_of(unit, looker.connection_id, _vendor_invoices(subjects))
        decider = Decider(account, ledgers, latest, bills)
        records = {key: known.get(ids[key]) or _new(looker, key, ids[key]) for key in keys}
        rung = {record.record_id: record for key, record in records.items() if key[0] is RecordType.EXPENSE}
        together = await ExpenseTurn(looker, account, decider, known, latest).decide(rung, subjects)
        return [
            _previewed(decider, record, subjects, latest.get(record.record_id), together) for record in records.values()
        ]


def _previewed(
    decider: Decider, record: StoredRecord, subjects: Subjects, latest: StoredRevision | None, together: Together
) -> Preview:
    """What the look would write; where it says the same as the latest revision, that one speaks.

    An expense that shares a document shows that document, and what it stands for (M17).
    """
    error = together.failed.get(record.record_id)
    if error is not None:
        raise error
    look = together.looks.get(record.record_id) or decider.decide(record, subjects.get(record.key))
    shared = together.shared.get(record.record_id)
    decided = look.revision.decided if look.revision else latest.decided if latest else None
    goes_out = look.record.state in GOES_OUT and decided is not None
    own = decode_trace(look.revision.trace) if look.revision else Trace()
    if shared is not None:
        return Preview(
            record=look.record,
            outcome=str(look.record.state.value),
            documents=shared.documents,
            findings=look.record.findings,
            trace=Trace((*shared.trace.decisions, *own.decisions)),
            ledger_connection_id=look.record.ledger_connection_id,
        )
    return Preview(
        record=look.record,
        outcome=str(look.record.state.value),
        documents=decided.documents if decided is not None and goes_out else (),
        findings=look.record.findings,
        trace=own,
        ledger_connection_id=look.record.ledger_connection_id,
    )


def _new(looker: _Looker, key: Key, new_id: UUID) -> StoredRecord:
    kind, source_id = key
    return StoredRecord(looker.account_id, new_id, looker.connection_id, source_id, "preview", record_type=kind.value)


def _vendor_invoices(subjects: Iterable[object]) -> list[str]:
    return sorted({item.vendor_invoice for item in subjects if isinstance(item, ProductSubject)} - {""})


async def _listed(client: Psa) -> dict[str, list[Key]]:
    """Everything on the three unposted lists, by the numbers people know it by."""
    invoices, products, expenses = await asyncio.gather(
        client.unposted_invoices(), client.unposted_procurement(), client.unposted_expenses()
    )
    found: dict[str, list[Key]] = {}
    for invoice in invoices:
        if invoice.invoice_id is not None:
            key = (RecordType.INVOICE, str(invoice.invoice_id))
            found.setdefault((invoice.invoice_number or "").strip(), []).append(key)
    for product in products:
        key = (RecordType.PROCUREMENT, str(product.source_id))
        order = (product.purchase_order.number if product.purchase_order else None) or ""
        for name in {order.strip(), (product.vendor_invoice_number or "").strip(), str(product.source_id)} - {""}:
            found.setdefault(name, []).append(key)
    for expense in expenses:
        key = (RecordType.EXPENSE, str(expense.source_id))
        for name in (f"EXP-{expense.source_id}", str(expense.source_id)):
            found.setdefault(name, []).append(key)
    return found
