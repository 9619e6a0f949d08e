"""Expenses on one report of one member, as a person enters them, and what became of them in both systems."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.e2e.processes import IN_TIME
from tests.e2e.vendors import COORDINATOR
from tests.e2e.world import World, open_world

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.mapper.bootstrap import SCHEMA
from ledgerwire.mapper.handlers import MAP, work_key
from ledgerwire.poster.reconciliation.bootstrap import open_reconciliation
from ledgerwire.poster.reconciliation.domain.model import Report
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.gl_mapping import mapped_type

MEMBER, REPORT = 152, 77
DAY = date(2026, 2, 12)
OWN_MONEY, COMPANY_CARD = 1, 2
LUNCH, PARTS = 1, 2
"""Types of expenses: ConnectWise gives parts an account and classes of their own."""
PARTS_ACCOUNT, PARTS_CLASSES = "630", ("Hardware", "Sydney")
GST = 1
"""The tax code of what was taxed."""
PER_REPORT = {"enabled": True, "untaxed_type": "EXEMPTEXPENSES", "document_per": "report"}
TAXED_PER_REPORT = PER_REPORT | {"tax_inclusive": True, "taxed_links": {"GST": "INPUT"}}
PER_EXPENSE = PER_REPORT | {"document_per": "expense"}


def account(expenses: dict[str, Any]) -> dict[str, Any]:
    """The part of the account file that these stories change."""
    return {"mapping": {"expenses": expenses, "tracking": {"on_missing": "warn"}}}


@dataclass(frozen=True, slots=True)
class Reports:
    """The member's expenses in a world; `location` routes them to a company that names it."""

    world: World
    location: int | None = None

    def set_up(self) -> None:
        """Give expenses their accounts in ConnectWise's GL table."""
        table = self.world.psa.state.tables["gl_accounts"]
        for row, (gl_type, account) in enumerate(
            (("EE", "310"), ("EI", "310"), ("EO", "800"), ("ET", "820")), start=9001
        ):
            owner = {"mappedRecord": {"id": 1, "name": "Owner"}}
            record = {"id": row, "glType": gl_type, "mappedType": mapped_type(gl_type, "Corporate")}
            table[row] = record | owner | {"segment1": account}
        parts = {"id": 9012, "glType": "EI", "mappedType": mapped_type("EI", "Expense Type")}
        values = dict(zip(("segment1", "segment2", "segment3"), (PARTS_ACCOUNT, *PARTS_CLASSES), strict=True))
        table[9012] = parts | {"mappedRecord": {"id": PARTS, "name": "Parts"}} | values

    def enter(
        self,
        number: int,
        amount: str,
        *,
        status: Any = "ApprovedByTierTwo",
        on: date = DAY,
        member: int = MEMBER,
        report: int = REPORT,
        tax: str = "0",
        expense_type: int = LUNCH,
    ) -> int:
        """An expense of a member's own money on a report; `tax` is part of `amount`."""
        taxed = bool(Decimal(tax))
        spent = Expense(
            expense_id=number, member_id=member, spent=on, amount=Decimal(amount), expense_type_id=expense_type,
            payment_method_id=OWN_MONEY, report_id=report, status=status,
            location_id=self.location,
            tax_by_level=(Decimal(tax),) if taxed else (), tax_code_id=GST if taxed else None,
        )  # fmt: skip
        self.world.psa.expenses.enter(spent)
        return number

    def record(self, number: int) -> UUID:
        ids = AccountId(self.world.account_id), ConnectionId(self.world.psa_connection)
        return record_id(*ids, "expense", str(number))

    async def look(self, *numbers: int, found_by: str = "sweep") -> None:
        """Mapper is rung for these expenses, as by a sweep."""
        bells = [
            Doorbell(
                account_id=self.world.account_id,
                connection_id=self.world.psa_connection,
                work_key=work_key(self.record(number)),
                kind=MAP,
                priority=Priority.URGENT,
                correlation_id=f"expense-{number}",
                causation_id=None,
                found_by=found_by,
                payload={
                    "record_id": str(self.record(number)),
                    "source_id": str(number),
                    "record_type": "expense",
                },
            )
            for number in numbers
        ]
        database = open_database(self.world.settings, SCHEMA.name)
        try:
            async with database.account(self.world.account_id) as unit:
                await WorkStore(SCHEMA).ring(unit, bells)
        finally:
            await database.close()

    async def standing(self, number: int) -> tuple[str, str | None, list[str]]:
        """Mapper's state, what poster told, and the codes of what stops it by either."""
        rows = await self.world.rows(
            "SELECT state, settled_outcome, findings, settled_findings FROM mapper.record WHERE record_id = $1",
            self.record(number),
        )
        if not rows:
            return "unknown", None, []
        [row] = rows
        told = [*_loaded(row["findings"]), *_loaded(row["settled_findings"])]
        return row["state"], row["settled_outcome"], [item["code"] for item in told if item["severity"] == "stop"]

    async def until(self, numbers: Sequence[int], state: str, outcome: str | None, *codes: str) -> None:
        """Wait until all of these stand so."""

        async def all_stand() -> bool:
            return [await self.standing(one) for one in numbers] == [(state, outcome, list(codes))] * len(numbers)

        await self.world._explained(all_stand, f"{numbers} {state} {outcome} {codes}", IN_TIME)

    async def settled(self, *numbers: int) -> None:
        """Wait until poster has told mapper that all of these are batched."""
        await self.until(numbers, "mapped", "batched")

    async def batch_begun(self, number: int) -> None:
        """Wait until poster has tried to batch an expense and waits."""
        query = (
            "SELECT 1 FROM poster.batch b JOIN poster.work w ON w.work_key = b.record_id::text WHERE b.record_id = $1"
        )

        async def tried() -> bool:
            return bool(await self.world.rows(f"{query} AND w.attempts > 0", self.record(number)))

        await self.world._explained(tried, f"a batch for EXP-{number} tried", IN_TIME)

    async def delete_batch(self, number: int) -> None:
        """A person deletes an expense's batch in ConnectWise."""
        rows = self.world.psa.state.tables["batches"].values()
        [batch] = [row["id"] for row in rows if row["batchIdentifier"].startswith(f"EXP-EXP-{number}-")]
        await self.world.as_person("DELETE", f"/finance/accounting/batches/{batch}")

    async def batch_gone(self, number: int) -> None:
        """Wait until poster has seen that an expense's batch is not there any more."""
        query = "SELECT 1 FROM poster.timeline WHERE record_id = $1 AND step = 'batch_gone'"

        async def seen() -> bool:
            return bool(await self.world.rows(query, self.record(number)))

        await self.world._explained(seen, f"the batch of EXP-{number} seen to be gone", IN_TIME)

    async def document_stands_for(self, *numbers: int) -> None:
        """Wait until the report's document is posted and stands for these."""
        query = (
            "SELECT d.record_id FROM poster.posting p JOIN poster.document_record d USING (account_id, posting_id)"
            " WHERE p.number = $1 AND p.state = 'posted'"
        )

        async def stands() -> bool:
            rows = await self.world.rows(query, f"EXPR-{REPORT}")
            return {row["record_id"] for row in rows} == {self.record(number) for number in numbers}

        await self.world._explained(stands, f"EXPR-{REPORT} stands for {numbers}", IN_TIME)

    def pay(self, number: str) -> None:
        """A document is paid in full in the ledger."""
        [row] = self.world.documents(number)
        paid = {**row, "Status": "PAID", "AmountPaid": row["Total"], "AmountDue": Decimal(0)}
        self.world.ledger.collections["invoices"].put(paid)

    def unpay(self, number: str) -> None:
        """The payment of a document is taken back."""
        [row] = self.world.documents(number)
        owed = {**row, "Status": "AUTHORISED", "AmountPaid": Decimal(0), "AmountDue": row["Total"]}
        self.world.ledger.collections["invoices"].put(owed)

    def void(self, number: str) -> None:
        """A bookkeeper voids a document, whatever was paid."""
        [row] = self.world.documents(number)
        self.world.ledger.collections["invoices"].put({**row, "Status": "VOIDED", "AmountDue": Decimal(0)})

    def name_the_card(self) -> None:
        """ConnectWise has two payment types: the member's own money and the company's card."""
        types = self.world.psa.state.tables["payment_types"]
        types[OWN_MONEY] = {"id": OWN_MONEY, "name": "Own money", "companyFlag": False}
        types[COMPANY_CARD] = {"id": COMPANY_CARD, "name": "Company card", "companyFlag": True}

    async def correct_to_card(self, number: int) -> None:
        """An expense whose batch was deleted turns out to have been paid by the company's card."""
        self.pay_with(number, COMPANY_CARD)
        await self.look(number)

    def pay_with(self, number: int, payment_type: int) -> None:
        """An expense whose batch was deleted is given another payment type and approved again."""
        desk = self.world.psa.expenses
        desk.set_status(number, "Rejected", COORDINATOR)
        desk.change(replace(desk.expense(number), payment_method_id=payment_type), COORDINATOR)
        desk.set_status(number, "ApprovedByTierTwo", COORDINATOR)
        desk.reload(number)

    async def due_at_once(self, number: int) -> None:
        """What poster put off about an expense is due now, as after a while."""
        await self.world.rows("UPDATE poster.work SET due_at = now() WHERE work_key = $1", str(self.record(number)))

    def bills(self) -> list[dict[str, Any]]:
        """The live bills of expenses in the ledger, by number."""
        return sorted(
            (row for row in self.world.documents() if row["Type"] == "ACCPAY"), key=lambda row: row["InvoiceNumber"]
        )

    def totals(self) -> dict[str, Decimal]:
        """The totals of the live bills, by number."""
        return {row["InvoiceNumber"]: row["Total"] for row in self.bills()}

    async def reconciled(self) -> Report:
        """What a reconciliation of the month finds."""
        desk = open_reconciliation(self.world.settings)
        try:
            return await desk.reconcile(self.world.account_id, DAY.replace(day=1), DAY.replace(day=28))
        finally:
            await desk.close()

    def batches(self) -> list[str]:
        """The names of the batches of expenses, without the record's hex."""
        return sorted(name for name in self.world.batches() if name.startswith("EXP-"))


@asynccontextmanager
async def open_reports(settings: Settings, directory: Path, expenses: dict[str, Any]) -> AsyncIterator[Reports]:
    """The member's expenses in a world of their own, whose account makes `expenses` into documents."""
    async with open_world(settings, directory, services=("mapper", "poster"), account=account(expenses)) as world:
        reports = Reports(world)
        reports.set_up()
        yield reports


def _loaded(value: Any) -> list[Any]:
    found: list[Any] = json.loads(value) if isinstance(value, str) else value
    return found
