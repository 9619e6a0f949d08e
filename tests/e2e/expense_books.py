"""What a bookkeeper would write for what members spent: a bill for each report, a line and a batch for each expense (M17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from tests.e2e.expense_order import expense_of, too_early
from tests.e2e.expense_reports import DAY, LUNCH, PARTS, PARTS_ACCOUNT, PARTS_CLASSES, Reports
from tests.e2e.vendors import Vendors, number_of

from ledgerwire.sandbox.connectwise.batches import is_complete
from ledgerwire.sandbox.connectwise.expense_desk import expense_key

EXPENSE_ACCOUNT, UNTAXED, TAXED = "310", "EXEMPTEXPENSES", "INPUT"
_PURCHASES = frozenset({"ACCPAY", "ACCPAYCREDIT"})
_CATEGORIES = ("Business Line", "Location")


@dataclass(frozen=True, slots=True)
class Spent:
    """An approved expense of a member's own money; `tax` is part of `amount`."""

    expense_id: int
    member_id: int
    report_id: int
    amount: Decimal
    on: date = DAY
    tax: Decimal = Decimal(0)
    expense_type: int = LUNCH

    @property
    def number(self) -> str:
        """The expense as people call it."""
        return f"EXP-{self.expense_id}"

    @property
    def bill(self) -> str:
        """The number of the document of its report."""
        return f"EXPR-{self.report_id}"

    @property
    def account(self) -> str:
        """The ledger account of what it was spent on."""
        return PARTS_ACCOUNT if self.expense_type == PARTS else EXPENSE_ACCOUNT

    @property
    def tax_type(self) -> str:
        """What the ledger calls its tax."""
        return TAXED if self.tax else UNTAXED

    @property
    def tracking(self) -> tuple[tuple[str, str], ...]:
        """Category and option, by the classes that ConnectWise gives what it was spent on: none to lunches."""
        return tuple(zip(_CATEGORIES, PARTS_CLASSES, strict=True)) if self.expense_type == PARTS else ()

    def enter(self, reports: Reports) -> None:
        """Put it onto its report, approved."""
        reports.enter(
            self.expense_id,
            str(self.amount),
            on=self.on,
            member=self.member_id,
            report=self.report_id,
            tax=str(self.tax),
            expense_type=self.expense_type,
        )


def purchases(vendors: Vendors) -> list[dict[str, Any]]:
    """The live documents of the ledger that suppliers and members are owed by, read from the books themselves."""
    return [row for row in vendors.documents() if row["Type"] in _PURCHASES]


def sales(vendors: Vendors) -> list[str]:
    """The numbers of the live documents that customers owe by."""
    return [number_of(row) for row in vendors.documents() if row["Type"] not in _PURCHASES]


def aside(vendors: Vendors) -> frozenset[str]:
    """Numbers of bills and names of batches that are judged here and not by the audit of invoices."""
    return frozenset({number_of(row) for row in purchases(vendors)} | set(batches_of_expenses(vendors)))


def in_documents(vendors: Vendors) -> Iterator[str]:
    """The number of an expense for each line that names it, over all bills; of a bill without lines its own number."""
    for row in purchases(vendors):
        lines = [expense_of(line) for line in row["LineItems"]]
        yield from lines or [number_of(row)]


def batches_of_expenses(vendors: Vendors) -> dict[str, set[str]]:
    """The names of the batches that hold entries of expenses, each with the numbers of these expenses."""
    state = vendors.psa.state
    found: dict[str, set[str]] = {}
    for entry_id, batch_id in state.entry_batches.items():
        key = state.entries[entry_id].record
        if key.kind == "expense":
            name = str(state.tables["batches"][batch_id]["batchIdentifier"])
            found.setdefault(name, set()).add(f"EXP-{key.id}")
    return found


def differences(vendors: Vendors, spent: Iterable[Spent]) -> list[str]:
    """Everything in which bills, contacts and batches are not what a bookkeeper would have made of these expenses."""
    wanted = sorted(spent, key=lambda one: (one.report_id, one.expense_id))
    reports = {bill: list(some) for bill, some in groupby(wanted, key=lambda one: one.bill)}
    numbers = {one.expense_id: one.number for one in wanted}
    return [
        *_bills(vendors, reports),
        *_contacts(vendors, wanted),
        *_batches(vendors, wanted),
        *too_early(vendors, numbers, purchases(vendors)),
    ]


def _bills(vendors: Vendors, reports: dict[str, list[Spent]]) -> Iterator[str]:
    live = purchases(vendors)
    for number, some in reports.items():
        rows = [row for row in live if number_of(row) == number]
        if len(rows) != 1:
            yield f"{number}: {len(rows)} bills"
        for row in rows:
            expected, found = _expected(vendors, some), _shown(vendors, row)
            yield from (
                f"{number} {name}: expected {expected[name]}, found {found[name]}"
                for name in expected
                if expected[name] != found[name]
            )
    yield from (f"{number_of(row)}: nobody spent it" for row in live if number_of(row) not in reports)


def _expected(vendors: Vendors, some: Sequence[Spent]) -> dict[str, Any]:
    amount, tax = sum((one.amount for one in some), Decimal(0)), sum((one.tax for one in some), Decimal(0))
    last = max(one.on for one in some)
    return {
        "type": "ACCPAY",
        "status": "AUTHORISED",
        "contact": _name(vendors, some[0].member_id),
        "date": last,
        "due": last,
        "currency": "AUD",
        "net": amount - tax,
        "tax": tax,
        "total": amount,
        "lines": sorted(
            (one.number, one.account, one.tax_type, one.amount - one.tax, one.tax, one.tracking) for one in some
        ),
    }


def _shown(vendors: Vendors, row: dict[str, Any]) -> dict[str, Any]:
    lines = [
        (
            expense_of(one), one["AccountCode"], one["TaxType"], one["LineAmount"], one["TaxAmount"],
            tuple(sorted((str(each["Name"]), str(each["Option"])) for each in one.get("Tracking") or [])),
        )
        for one in row["LineItems"]
    ]  # fmt: skip
    return {
        "type": row["Type"],
        "status": row["Status"],
        "contact": vendors.ledger.contacts.get(row["Contact"]["ContactID"])["Name"],
        "date": row["Date"],
        "due": row["DueDate"],
        "currency": row["CurrencyCode"],
        "net": row["SubTotal"],
        "tax": row["TotalTax"],
        "total": row["Total"],
        "lines": sorted(lines),
    }


def _contacts(vendors: Vendors, wanted: Iterable[Spent]) -> Iterator[str]:
    there = Counter(str(row["Name"]) for row in vendors.ledger.contacts if row["ContactStatus"] == "ACTIVE")
    for name in sorted({_name(vendors, one.member_id) for one in wanted}):
        if there[name] != 1:
            yield f"{name}: {there[name]} contacts"


def _batches(vendors: Vendors, wanted: Iterable[Spent]) -> Iterator[str]:
    holding = batches_of_expenses(vendors)
    for one in wanted:
        names = [name for name, numbers in holding.items() if one.number in numbers]
        if len(names) != 1 or not is_complete(vendors.psa.state, expense_key(one.expense_id)):
            yield f"{one.number}: not whole in one batch but in {names}"
    known = {one.number for one in wanted}
    for name, numbers in holding.items():
        if len(numbers) != 1 or numbers - known:
            yield f"{name}: holds {sorted(numbers)}"


def _name(vendors: Vendors, member_id: int) -> str:
    member = vendors.psa.state.tables["members"][member_id]
    return f"{member['firstName']} {member['lastName']}"
