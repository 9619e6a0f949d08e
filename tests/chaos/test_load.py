"""The expenses of the load: in the history line by line and batch by batch, and their bills compared to the cent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import islice
from typing import Any, cast

import pytest
from tests.chaos.facts import history
from tests.chaos.history import Verdict, check
from tests.chaos.load import Load, expenses
from tests.e2e.expense_books import EXPENSE_ACCOUNT, UNTAXED, Spent, aside, differences
from tests.e2e.expense_reports import Reports
from tests.e2e.vendors import COORDINATOR, Vendors
from tests.e2e.world import World

from ledgerwire.sandbox.connectwise.batches import batch_records, create_batch, delete_batch
from ledgerwire.sandbox.connectwise.expense_desk import expense_key
from ledgerwire.sandbox.server import Sandbox


class Office(Vendors):
    """Both vendors with three expenses on two reports, posted and batched by hand."""

    load: Load

    def post(self, bill: str, some: list[Spent], **changes: Any) -> None:
        """A bill of these expenses in the ledger."""
        member = self.psa.state.tables["members"][some[0].member_id]
        contact = {"ContactID": f"c-{some[0].member_id}", "ContactStatus": "ACTIVE"}
        self.ledger.contacts.put(contact | {"Name": f"{member['firstName']} {member['lastName']}"})
        amount = sum((one.amount for one in some), Decimal(0))
        row = {
            "Type": "ACCPAY", "InvoiceID": f"guid-{len(self.ledger.collections['invoices'])}", "InvoiceNumber": bill,
            "Status": "AUTHORISED", "Contact": contact, "CurrencyCode": "AUD", "Date": some[0].on, "DueDate": some[0].on,
            "SubTotal": amount, "TotalTax": Decimal(0), "Total": amount,
            "LineItems": [
                {
                    "Description": f"{one.number}: lunch", "AccountCode": EXPENSE_ACCOUNT, "TaxType": UNTAXED,
                    "LineAmount": one.amount, "TaxAmount": Decimal(0),
                }
                for one in some
            ],
        }  # fmt: skip
        self.ledger.collections["invoices"].put(row | changes)

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
        made.load = Load(world, 3, 1.0)
        for one in islice(expenses((1, 2)), 3):
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
    assert [one.partition(":")[0] for one in office.differences()] == ["EXPR-702 lines"]


def test_a_cent_too_much_is_told(office: Office) -> None:
    row = office.documents("EXPR-701")[0]
    office.ledger.collections["invoices"].put({**row, "Total": row["Total"] + Decimal("0.01")})
    assert [one.partition(":")[0] for one in office.differences()] == ["EXPR-701 total"]


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
