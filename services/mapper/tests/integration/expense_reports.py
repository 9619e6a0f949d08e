"""A member's expenses on one report, what mapper makes of them, and poster's word on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from ledgerwire.common.contracts.document_settled_v1 import DocumentSettledV1
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Unit
from ledgerwire.common.ids import AccountId, record_id
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.mapper import repository
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import DocumentPer, ExpenseSettings, OnMissing
from ledgerwire.mapper.records import StoredRecord, decode_documents
from ledgerwire.mapper.settling import closed_record, settled_document
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.gl_mapping import mapped_type

from .conftest import PERSON, Office

REPORT, MEMBER = 77, 152
DAY = date(2026, 2, 12)
OWN_MONEY, COMPANY_CARD = 1, 2


class Expenses:
    """An account that makes one document of a report, and a member who spends."""

    def __init__(self, office: Office) -> None:
        self.office = office

    @property
    def psa(self) -> Any:
        return self.office.sandbox.world.connectwise.expenses

    def setting(self, **changes: Any) -> None:
        mapping = self.office.account.mappings[0].settings
        self.office.change(mapping=replace(mapping, expenses=replace(mapping.expenses, **changes)))

    def enter(
        self, number: int, amount: str, *, on: date = DAY, card: bool = False, report: int = REPORT, **more: Any
    ) -> int:
        spent = Expense(
            expense_id=number, member_id=MEMBER, spent=on, amount=Decimal(amount), expense_type_id=1,
            payment_method_id=COMPANY_CARD if card else OWN_MONEY, report_id=report, **more,
        )  # fmt: skip
        self.psa.enter(spent)
        return number

    def status(self, number: int, status: str) -> None:
        self.psa.set_status(number, status, PERSON)

    def edited(self, number: int, amount: str) -> None:
        """Rejected, corrected and approved again."""
        self.status(number, "Rejected")
        self.psa.change(replace(self.psa.expense(number), amount=Decimal(amount)), PERSON)
        self.status(number, "ApprovedByTierTwo")
        self.psa.reload(number)

    def to_card(self, number: int) -> None:
        """Rejected, corrected to what the company's card paid, and approved again."""
        self.status(number, "Rejected")
        self.psa.change(replace(self.psa.expense(number), payment_method_id=COMPANY_CARD), PERSON)
        self.status(number, "ApprovedByTierTwo")
        self.psa.reload(number)

    def key(self, number: int) -> UUID:
        office = self.office
        return record_id(AccountId(office.account_id), office.connection_id, "expense", str(number))

    async def look(self, *numbers: int, found_by: str = "sweep") -> None:
        bells = []
        for number in numbers:
            data = RecordClosedV1(
                record_id=self.key(number), connection_id=self.office.connection_id, record_type="expense",
                source_id=str(number), found_by=found_by,
            )  # fmt: skip
            bells += closed_record(self._envelope(data), data)
        await self._ring(bells)

    async def told(self, number: int, outcome: str, *codes: str) -> None:
        """Poster reports about an expense."""
        record = await self.record(number)
        data = DocumentSettledV1(
            record_id=record.record_id, connection_id=self.office.connection_id, source_id=record.source_id,
            revision=record.revision, outcome=outcome,
            findings=[{"code": code, "params": {"number": record.number or ""}} for code in codes],
        )  # fmt: skip
        await self._ring(settled_document(self._envelope(data), data))

    async def batched(self, number: int) -> None:
        """Poster has batched an expense in ConnectWise, and reports it."""
        await self.batched_by_hand(number)
        await self.told(number, "batched")

    async def batched_by_hand(self, number: int) -> None:
        """A person has batched an expense in ConnectWise; poster knows nothing of it."""
        ids = await self.rows(
            "SELECT processed_record_ids FROM mapper.revision WHERE record_id = :id", id=self.key(number)
        )
        body = {"batchIdentifier": f"EXP-{number}", "processedRecordIds": list(ids[-1][0])}
        psa = self.office.sandbox.world.connectwise
        answer = await psa.as_person(PERSON, "POST", "/finance/accounting/batches", body)
        assert not answer.is_error, answer.text

    def _envelope(self, data: Any) -> Any:
        return new_message(
            data, account_id=self.office.account_id, subject=str(data.record_id), correlation_id="c", source="test"
        )

    async def _ring(self, bells: Any) -> None:
        async with self.office.database.account(self.office.account_id) as unit:
            await self.office.worker.store.ring(unit, bells)
        self.office.worker.wake.set()
        await self.office.idle()

    async def sent(self, *numbers: int, group: str = "EXPR-77") -> None:
        """Poster has the document in the ledger; it stands for these."""
        found = await self.rows("SELECT group_id FROM mapper.expense_group WHERE number = :number", number=group)
        database = open_database(self.office.settings, "poster")
        try:
            async with database.account(self.office.account_id) as unit:
                await self.posting(unit, found[0].group_id, group, *numbers)
        finally:
            await database.close()

    async def posting(self, unit: Unit, owner: UUID, document: str, *numbers: int) -> None:
        """The rows of a document that poster has sent for an owner; it stands for these expenses."""
        await unit.execute(
            text(
                "INSERT INTO poster.posting (account_id, posting_id, record_id, connection_id, ordinal, kind, number,"
                " revision, document, document_hash, state, ledger_id, correlation_id) VALUES (:account, :id, :id,"
                " :connection, 0, 'bill', :number, 1, '', '', 'posted', :ledger, 'c')"
            ),
            {"account": self.office.account_id, "id": owner, "connection": uuid4(), "number": document,
             "ledger": str(owner)},
        )  # fmt: skip
        for number in numbers:
            await unit.execute(
                text("INSERT INTO poster.document_record VALUES (:account, :id, :record)"),
                {"account": self.office.account_id, "id": owner, "record": self.key(number)},
            )

    async def taken_out(self, group: str = "EXPR-77") -> None:
        """Poster has found that the document is not in the ledger any more."""
        await self.poster(
            "UPDATE poster.posting SET state = 'void', ledger_id = NULL WHERE number = :number", number=group
        )

    async def asked_of_poster(self, *numbers: int) -> list[tuple[str, str | None, list[tuple[str, Decimal]]]]:
        """What poster reads of each: its state, whose document it shares, and the documents that are to be in the ledger."""
        rows = await self.poster(
            "SELECT r.record_id, r.record_state, r.documents, g.number FROM mapper.revisions_for_poster r"
            " LEFT JOIN (SELECT DISTINCT group_id, number FROM mapper.expense_groups_for_poster) g USING (group_id)"
        )
        found = {row.record_id: row for row in rows}
        return [
            (row.record_state, row.number, [(each.number, each.total) for each in decode_documents(row.documents)])
            for row in (found[self.key(number)] for number in numbers)
        ]

    async def poster(self, sql: str, **params: Any) -> list[Any]:
        """One statement as poster."""
        database = open_database(self.office.settings, "poster")
        try:
            async with database.account(self.office.account_id) as unit:
                result = await unit.execute(text(sql), params)
                return list(result) if result.returns_rows else []
        finally:
            await database.close()

    async def record(self, number: int) -> StoredRecord:
        async with self.office.database.account(self.office.account_id) as unit:
            return (await repository.records(unit, [self.key(number)]))[self.key(number)]

    async def standing(self, *numbers: int) -> list[tuple[RecordState, list[str]]]:
        """State and codes that stop, of each."""
        found = [await self.record(number) for number in numbers]
        return [(each.state, [item.code for item in each.findings if item.stops]) for each in found]

    async def rows(self, sql: str, **params: Any) -> list[Any]:
        async with self.office.database.account(self.office.account_id) as unit:
            return list(await unit.execute(text(sql), params))

    async def documents(self) -> dict[str, list[tuple[str, Decimal]]]:
        """Line texts and amounts of every group's document."""
        rows = await self.rows("SELECT number, documents FROM mapper.expense_group ORDER BY number")
        return {row.number: lines_of(decode_documents(row.documents)) for row in rows}

    async def group(self, number: str = "EXPR-77") -> tuple[int, set[str]]:
        """Revision of a group, and the expenses that it stands for."""
        [row] = await self.rows("SELECT group_id, revision FROM mapper.expense_group WHERE number = :n", n=number)
        members = await self.rows(
            "SELECT source_id FROM mapper.expense_group_member m JOIN mapper.record r USING (account_id, record_id)"
            " WHERE group_id = :id",
            id=row.group_id,
        )
        return row.revision, {each.source_id for each in members}

    async def rung(self, *numbers: int) -> list[int]:
        """How often poster was told of each."""
        sql = "SELECT count(*) AS n FROM mapper.outbox WHERE type = 'document.ready.v1' AND subject = :subject"
        return [(await self.rows(sql, subject=str(self.key(number))))[0].n for number in numbers]

    async def words(self, number: int) -> str:
        [shown] = await self.office.desk.show(self.office.account_id, f"EXP-{number}")
        return " ".join(shown.words)


def lines_of(documents: tuple[LedgerDocument, ...]) -> list[tuple[str, Decimal]]:
    return [(line.description.split(":")[0], line.net) for document in documents for line in document.lines]


def per_report(office: Office) -> Expenses:
    """Expenses of an account that makes one document of a report; the GL table and the payment types have what they need."""
    table = office.sandbox.world.connectwise.state.tables["gl_accounts"]
    for row, gl_type in enumerate(("EE", "EI", "EO"), start=9001):
        owner = {"mappedRecord": {"id": 1, "name": "Owner"}}
        table[row] = {"id": row, "glType": gl_type, "mappedType": mapped_type(gl_type, "Corporate")} | owner
        table[row]["segment1"] = "800" if gl_type == "EO" else "310"
    mapping = office.account.mappings[0].settings
    expenses = ExpenseSettings(
        enabled=True,
        untaxed_type="EXEMPTEXPENSES",
        document_per=DocumentPer.REPORT,
        company_paid_types=("Company card",),
        clearing_contact="Westpac Cards",
    )
    tracking = replace(mapping.tracking, on_missing=OnMissing.WARN)
    office.change(mapping=replace(mapping, expenses=expenses, tracking=tracking))
    types = office.sandbox.world.connectwise.state.tables["payment_types"]
    types[OWN_MONEY] = {"id": OWN_MONEY, "name": "Own money", "companyFlag": False}
    types[COMPANY_CARD] = {"id": COMPANY_CARD, "name": "Company card", "companyFlag": True}
    return Expenses(office)


async def sent_report(office: Office, *, on: date = DAY) -> Expenses:
    """A report of two expenses, 41.80 and 12.05, whose one document is in the ledger, and whose batches are still to be made."""
    made = per_report(office)
    made.enter(9301, "41.80", on=on), made.enter(9302, "12.05", on=on)
    await made.look(9301, 9302)
    await made.sent(9301, 9302)
    return made
