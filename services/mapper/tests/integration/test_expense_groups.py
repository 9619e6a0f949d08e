"""Expenses of one member and report as one document: from one bell to a group that poster can read (M17)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.contracts.document_settled_v1 import DocumentSettledV1
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.ids import AccountId, record_id
from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.common.settings import Settings
from ledgerwire.mapper import repository
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import DocumentPer, MappingSettings
from ledgerwire.mapper.ports import MappingVersion
from ledgerwire.mapper.records import StoredRecord, decode_documents
from ledgerwire.mapper.settling import closed_record, settled_document
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.seed.quarter.books import xero_books
from ledgerwire.sandbox.seed.quarter.houses import LOCATIONS, SYDNEY
from ledgerwire.sandbox.server import Sandbox, SandboxOptions

from .conftest import Office, SimulatedLedger, _office

Report = list[Expense]


class Expenses:
    """The first company of the quarter, which has one document a report, and its expenses."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @property
    def psa(self) -> Any:
        return self.office.sandbox.world.connectwise.expenses

    def reports(self, classification: str = "Reimbursable", at_least: int = 3) -> list[Report]:
        """Reports of Sydney's people with some expenses of a class, none with a planted fault; those of the class only."""
        faults = {planted.source_id for planted in self.office.sandbox.world.scenario.quarter.planted}
        locations = {LOCATIONS[name] for name in SYDNEY.locations}
        found: defaultdict[int, Report] = defaultdict(list)
        for expense in self.office.sandbox.world.connectwise.state.expenses.values():
            if expense.location_id in locations:
                found[expense.report_id or 0].append(expense)
        clean = [report for report in found.values() if not any(str(one.expense_id) in faults for one in report)]
        own = [[one for one in report if one.classification == classification] for report in clean]
        return [report for report in own if len(report) >= at_least]

    def key(self, expense: Expense) -> Any:
        office = self.office
        return record_id(AccountId(office.account_id), office.connection_id, "expense", str(expense.expense_id))

    async def close(self, *expenses: Expense, found_by: str = "sweep") -> None:
        bells = []
        for one in expenses:
            data = RecordClosedV1(
                record_id=self.key(one), connection_id=self.office.connection_id, record_type="expense",
                source_id=str(one.expense_id), found_by=found_by,
            )  # fmt: skip
            bells += closed_record(self._envelope(data), data)
        await self._ring(bells)

    async def settle(self, expense: Expense, outcome: str, *codes: str) -> None:
        """Poster reports about an expense."""
        record = await self.record(expense)
        data = DocumentSettledV1(
            record_id=record.record_id, connection_id=self.office.connection_id, source_id=record.source_id,
            revision=record.revision, outcome=outcome,
            findings=[{"code": code, "params": {"number": record.number or ""}} for code in codes],
        )  # fmt: skip
        await self._ring(settled_document(self._envelope(data), data))

    def _envelope(self, data: Any) -> Any:
        return new_message(
            data, account_id=self.office.account_id, subject=str(data.record_id), correlation_id="c", source="test"
        )

    async def _ring(self, bells: Any) -> None:
        async with self.office.database.account(self.office.account_id) as unit:
            await self.office.worker.store.ring(unit, bells)
        self.office.worker.wake.set()
        await self.office.idle()

    async def posted(self, number: str) -> None:
        """Poster has the document of a group in the ledger."""
        group = await self.office.value(
            "SELECT group_id FROM mapper.expense_group WHERE number = :number", number=number
        )
        owner = await self.office.owner()
        try:
            await owner.execute(
                "INSERT INTO poster.posting (account_id, posting_id, record_id, connection_id, ordinal, kind, number, revision,"
                " document, document_hash, state, ledger_id, correlation_id)"
                " VALUES ($1, $2, $2, $3, 0, 'bill', $4, 1, '', '', 'posted', $5, 'c')",
                self.office.account_id, group, self.office.connection_id, number, str(group),
            )  # fmt: skip
        finally:
            await owner.close()

    async def record(self, expense: Expense) -> StoredRecord:
        async with self.office.database.account(self.office.account_id) as unit:
            return (await repository.records(unit, [self.key(expense)]))[self.key(expense)]

    async def states(self, *expenses: Expense) -> Counter[RecordState]:
        return Counter([(await self.record(one)).state for one in expenses])

    async def codes(self, expense: Expense) -> list[str]:
        return [item.code for item in (await self.record(expense)).findings]

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        async with self.office.database.account(self.office.account_id) as unit:
            return list(await unit.execute(text(sql), params))

    async def documents(self) -> dict[str, tuple[LedgerDocument, ...]]:
        """What poster would read, by group."""
        rows = await self.rows("SELECT number, documents FROM mapper.expense_group ORDER BY number")
        return {row.number: decode_documents(row.documents) for row in rows}

    async def members(self, number: str) -> set[str]:
        """The expenses that a group's document stands for."""
        rows = await self.rows(
            "SELECT source_id FROM mapper.expense_groups_for_poster WHERE number = :number", number=number
        )
        return {row.source_id for row in rows}

    async def rung(self, expense: Expense) -> int:
        """How often poster was told of an expense."""
        return await self.office.value(
            "SELECT count(*) FROM mapper.outbox WHERE type = 'document.ready.v1' AND subject = :subject",
            subject=str(self.key(expense)),
        )


@pytest.fixture
async def spent(settings: Settings, tmp_path: Path) -> AsyncIterator[Expenses]:
    async with (
        Sandbox.start(SandboxOptions(tls=True, tls_dir=tmp_path, scenario="quarter")) as sandbox,
        _office(settings, sandbox) as made,
    ):
        scenario = sandbox.world.scenario
        mapping = from_canonical(canonical_bytes(scenario.account["mapping"]), MappingSettings).of_company(SYDNEY.name)
        grouped = replace(mapping, expenses=replace(mapping.expenses, document_per=DocumentPer.REPORT))
        made.ledger = SimulatedLedger(xero_books(SYDNEY, scenario.quarter.months[0]))
        own = frozenset(LOCATIONS[name] for name in SYDNEY.locations)
        [route] = made.account.routes
        made.account = replace(
            made.account, mappings=(MappingVersion(1, grouped),), routes=(replace(route, location_ids=own),)
        )
        yield Expenses(made)


def source_ids(report: Report) -> set[str]:
    return {str(one.expense_id) for one in report}


@pytest.mark.requirement("M17", "A121")
async def test_a_bell_for_one_expense_makes_one_document_of_all_on_its_report(spent: Expenses) -> None:
    report = spent.reports()[0]
    await spent.close(report[0])
    number = f"EXPR-{report[0].report_id}"
    [made] = (await spent.documents())[number]
    assert (made.kind, made.number) == (DocumentKind.BILL, number)
    assert made.total == sum((one.amount for one in report), Decimal(0))
    assert made.tax == sum((one.tax for one in report), Decimal(0))
    assert made.document_date == max(one.spent for one in report)
    assert await spent.members(number) == source_ids(report)
    assert await spent.states(*report) == {RecordState.MAPPED: len(report)}
    assert [await spent.rung(one) for one in report] == [1] * len(report)
