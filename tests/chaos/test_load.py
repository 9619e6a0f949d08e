"""The expenses of the load: in the history line by line and batch by batch, and their bills compared to the cent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import groupby, islice, product
from typing import Any, cast

import pytest
from tests.chaos.facts import history
from tests.chaos.history import Verdict, check
from tests.chaos.load import USUAL_SHARE, Load, expenses
from tests.e2e.expense_books import Spent, aside, differences
from tests.e2e.expense_reports import Reports
from tests.e2e.vendors import COORDINATOR, Vendors
from tests.e2e.world import World

from ledgerwire.sandbox.connectwise.batches import batch_records, create_batch, delete_batch
from ledgerwire.sandbox.connectwise.expense_desk import expense_key
from ledgerwire.sandbox.server import Sandbox

SEED = 11
"""Its second report has two expenses, of which the first was spent on the later day."""


class Office(Vendors):
    """Both vendors with three expenses on two reports, posted and batched by hand."""

    load: Load

    def approve(self, count: int) -> list[Spent]:
        """Expenses on a report of their own, in neither system's books yet."""
        report = max(one.report_id for one in self.load.spent) + 1
        made = [Spent(60_000 + 10 * report + each, 152, report, Decimal(11)) for each in range(count)]
        for one in made:
            self.load._approve(Reports(cast("World", self)), one)
        return made

    def post(self, bill: str, some: list[Spent], *, fault: str | None = None, **changes: Any) -> None:
        """A bill of these expenses in the ledger, told to who asked unless by `fault`."""
        member = self.psa.state.tables["members"][some[0].member_id]
        contact = {"ContactID": f"c-{some[0].member_id}", "ContactStatus": "ACTIVE"}
        self.ledger.contacts.put(contact | {"Name": f"{member['firstName']} {member['lastName']}"})
        amount, tax = sum((one.amount for one in some), Decimal(0)), sum((one.tax for one in some), Decimal(0))
        last = max(one.on for one in some)
        row = {
            "Type": "ACCPAY", "InvoiceID": f"guid-{len(self.ledger.collections['invoices'])}", "InvoiceNumber": bill,
            "Status": "AUTHORISED", "Contact": contact, "CurrencyCode": "AUD", "Date": last, "DueDate": last,
            "SubTotal": amount - tax, "TotalTax": tax, "Total": amount,
            "LineItems": [
                {
                    "Description": f"{one.number}: lunch", "AccountCode": one.account, "TaxType": one.tax_type,
                    "LineAmount": one.amount - one.tax, "TaxAmount": one.tax,
                    "Tracking": [{"Name": name, "Option": option} for name, option in one.tracking],
                }
                for one in some
            ],
        }  # fmt: skip
        self.ledger.collections["invoices"].put(row | changes)
        self.told(row | changes, fault)

    def told(self, row: dict[str, Any], fault: str | None = None) -> None:
        """The ledger answers a call with this bill."""
        body = json.dumps({"Invoices": [row]}, default=str).encode()
        self.sandbox.world.journal.record("xero", "PUT", "/api.xro/2.0/Invoices", "", [], b"", 200, body, fault, 0.0)

    def batch(self, one: Spent, name: str) -> None:
        batch_records(self.psa.state, [expense_key(one.expense_id)], name, COORDINATOR)

    def verdict(self) -> Verdict:
        return check(self.load.with_expenses(history(self, [], [one.number for one in self.load.spent])))

    def differences(self) -> list[str]:
        return differences(self, self.load.spent)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with Sandbox.start() as sandbox:
        made = Office(sandbox)
        world = cast("World", made)
        reports = Reports(world)
        reports.set_up()
        made.load = Load(world, 3, 1.0, SEED)
        for one in islice(expenses((1, 2), SEED), 3):
            made.load._approve(reports, one)
        alone, *shared = made.load.spent
        made.post(alone.bill, [alone])
        made.post(shared[0].bill, shared)
        for one in made.load.spent:
            made.batch(one, f"EXP-{one.number}")
        yield made


def test_expenses_in_order_are_sound_and_nothing_differs(office: Office) -> None:
    verdict = office.verdict()
    assert verdict.sound, verdict.examples
    assert (verdict.attempted, verdict.ok, verdict.recovered) == (3, 3, 0)
    assert office.differences() == []
    assert aside(office) == {"EXPR-701", "EXPR-702", "EXP-EXP-50001", "EXP-EXP-50002", "EXP-EXP-50003"}


def test_a_second_bill_of_the_same_number_is_seen_though_the_ledger_takes_it(office: Office) -> None:
    shared = office.load.spent[1:]
    office.post(shared[0].bill, shared)
    assert office.verdict().examples["duplicated"] == tuple(one.number for one in shared)
    assert office.differences() == ["EXPR-702: 2 bills"]


def test_an_expense_that_its_bill_leaves_out_is_lost(office: Office) -> None:
    row = office.documents("EXPR-702")[0]
    office.ledger.collections["invoices"].put({**row, "LineItems": row["LineItems"][:1]})
    assert office.verdict().examples["lost"] == ("EXP-50003",)
    assert [one.partition(":")[0] for one in office.differences()] == ["EXPR-702 lines", "EXP-50003"]


def test_a_cent_too_much_is_told(office: Office) -> None:
    row = office.documents("EXPR-701")[0]
    office.ledger.collections["invoices"].put({**row, "Total": row["Total"] + Decimal("0.01")})
    assert [one.partition(":")[0] for one in office.differences()] == ["EXPR-701 total"]


@pytest.mark.parametrize("name", ["date", "due"])
def test_a_bill_has_the_day_of_the_last_of_its_expenses(office: Office, name: str) -> None:
    row = office.documents("EXPR-702")[0]
    days = [one.on for one in office.load.spent[1:]]
    assert days[0] > days[1], "the last day is not that of the last expense"
    office.ledger.collections["invoices"].put({**row, {"date": "Date", "due": "DueDate"}[name]: days[1]})
    assert office.differences() == [f"EXPR-702 {name}: expected {days[0]}, found {days[1]}"]


def test_a_bill_emptied_in_the_books_is_told_though_its_header_stands(office: Office) -> None:
    row = office.documents("EXPR-701")[0]
    office.ledger.collections["invoices"].put({**row, "LineItems": []})
    assert [one.partition(":")[0] for one in office.differences()] == ["EXPR-701 lines", "EXP-50001"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("AccountCode", "800"),
        ("TaxType", "BASEXCLUDED"),
        ("TaxAmount", Decimal("0.01")),
        ("Tracking", [{"Name": "Location", "Option": "Melbourne"}]),
    ],
)
def test_a_line_of_a_bill_is_compared_in_every_part(office: Office, field: str, value: Any) -> None:
    row = office.documents("EXPR-702")[0]
    first, *rest = row["LineItems"]
    office.ledger.collections["invoices"].put({**row, "LineItems": [{**first, field: value}, *rest]})
    assert [one.partition(":")[0] for one in office.differences()] == ["EXPR-702 lines"]


def test_a_batch_that_came_before_the_bill_is_told_by_the_order_of_the_journal(office: Office) -> None:
    [late] = office.approve(1)
    office.batch(late, "EXP-early")
    office.post(late.bill, [late])
    assert office.verdict().sound
    assert office.differences() == [f"{late.number}: EXP-early came before its bill"]


def test_an_expense_that_joins_a_bill_may_be_batched_only_once_the_bill_names_it(office: Office) -> None:
    [first, second] = office.approve(2)
    office.post(first.bill, [first])
    office.batch(first, "EXP-first")
    office.batch(second, "EXP-early")
    [row] = office.documents(first.bill)
    office.post(first.bill, [first, second], InvoiceID=row["InvoiceID"])
    assert office.verdict().sound
    assert office.differences() == [f"{second.number}: EXP-early came before its bill"]


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_a_bill_that_is_no_live_one_yet_does_not_let_its_expense_be_batched(office: Office, status: str) -> None:
    [late] = office.approve(1)
    office.post(late.bill, [late], InvoiceID="guid-late", Status=status)
    office.batch(late, "EXP-early")
    office.post(late.bill, [late], InvoiceID="guid-late")
    assert office.differences() == [f"{late.number}: EXP-early came before its bill"]


@pytest.mark.parametrize("fault", ["timeout_after_commit", "500_after", "half_body", "html_page"])
def test_an_answer_that_nobody_could_read_does_not_let_an_expense_be_batched(office: Office, fault: str) -> None:
    [blind, seen] = [*office.approve(1), *office.approve(1)]
    for one in (blind, seen):
        office.post(one.bill, [one], fault=fault)
    office.batch(blind, "EXP-blind")
    for one in (blind, seen):
        office.told(office.documents(one.bill)[0])
    office.batch(seen, "EXP-seen")
    assert office.differences() == [f"{blind.number}: EXP-blind came before its bill"]


def test_a_seed_gives_its_own_expenses_and_they_differ_in_day_tax_and_account() -> None:
    one, again, other = (list(islice(expenses(USUAL_SHARE.sizes, seed), 40)) for seed in (7, 7, 8))
    assert one == again != other
    assert len({spent.on for spent in one}) == 3
    assert {spent.account for spent in one} == {"310", "630"}
    assert {(spent.account, spent.tax_type) for spent in one} == set(
        product(("310", "630"), ("INPUT", "EXEMPTEXPENSES"))
    )
    reports = [list(some) for _, some in groupby(one, key=lambda spent: spent.report_id)]
    assert all(max(spent.on for spent in some) == some[0].on for some in reports)
    assert any(some[0].on > some[-1].on for some in reports)


def test_a_bill_and_a_batch_of_what_nobody_spent_are_unexpected(office: Office) -> None:
    stranger = Spent(59_999, 152, 799, Decimal(5))
    office.post(stranger.bill, [stranger])
    assert office.verdict().examples["unexpected"] == ("EXP-59999",)
    assert office.differences() == ["EXPR-799: nobody spent it"]


def test_half_an_expense_in_a_batch_is_not_batched(office: Office) -> None:
    state, one = office.psa.state, office.load.spent[0]
    [batch] = [row["id"] for row in state.tables["batches"].values() if row["batchIdentifier"].endswith(one.number)]
    first, *_ = state.entries_of(expense_key(one.expense_id))
    delete_batch(state, batch, COORDINATOR)
    create_batch(state, {"batchIdentifier": "half", "processedRecordIds": [first.id]}, COORDINATOR)
    assert office.verdict().examples["lost"] == (one.number,)
    assert office.differences() == [f"{one.number}: not whole in one batch but in ['half']"]


def test_two_contacts_of_one_member_are_told(office: Office) -> None:
    [row] = [one for one in office.ledger.contacts if one["ContactID"] == "c-152"]
    office.ledger.contacts.put({**row, "ContactID": "another"})
    assert office.differences() == [f"{row['Name']}: 2 contacts"]
