from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord, finding_from, finding_row
from ledgerwire.mapper.status import Caused, Standing, clerk_row, status_of, summed

BASE = {"number": "INV-1042", "customer": "Acme", "ledger": "Xero"}
EXPENSE = Finding("NONPRODUCT_ID_MISSING", {**BASE, "kind": "Expense"}, 0)
BILLING = Finding("CONTACT_BILLING_MISSING", BASE)
ROUNDED = Finding("ROUNDING_APPLIED", {**BASE, "item": "CAT6"}, 0)


def record(state=RecordState.STOPPED, *findings, total="110.00", number="INV-1042", **more):
    made = StoredRecord(
        account_id=uuid4(), record_id=uuid4(), connection_id=uuid4(), source_id="39001", correlation_id="c",
        state=state, number=number, customer="Acme", record_date=date(2026, 2, 1), total=Decimal(total),
        currency="AUD", revision=1, findings=findings,
    )  # fmt: skip
    return replace(made, **more)


BATCHED = {"settled_outcome": "batched", "settled_revision": 1}


@pytest.mark.requirement("A124", "A131")
@pytest.mark.parametrize(
    ("given", "status"),
    [
        (record(RecordState.STOPPED, BILLING), "stopped"),
        (record(RecordState.MAPPED), "posting"),
        (record(RecordState.NO_EFFECT), "posting"),
        (record(RecordState.MAPPED, **BATCHED), "posted"),
        (record(RecordState.MAPPED, ROUNDED, **BATCHED), "posted_with_warnings"),
        (record(RecordState.NO_EFFECT, **BATCHED), "no_effect"),
        (record(RecordState.MAPPED, settled_outcome="stopped", settled_revision=1), "stopped"),
        (record(RecordState.MAPPED, settled_outcome="batched", settled_revision=0), "posting"),
        (record(RecordState.MAPPED, settled_outcome="waiting", settled_revision=1), "waiting"),
        (record(RecordState.MAPPED, settled_outcome="draft", settled_revision=1), "waiting"),
        (record(RecordState.OPEN), "open"),
        (record(RecordState.HELD), "held"),
    ],
)
def test_one_word_says_where_a_record_stands(given, status):
    assert status_of(given) == status


@pytest.mark.requirement("M25")
def test_a_clerk_sees_customer_number_date_amount_what_is_wrong_what_to_do_where_and_who():
    row = clerk_row(record(RecordState.STOPPED, BILLING))
    assert (row.customer, row.number, row.date, row.amount) == ("Acme", "INV-1042", date(2026, 2, 1), Decimal("110.00"))
    [problem] = row.problems
    assert (problem.what, problem.action) == ("Acme has no billing contact.", "Set one on the company, then Retry.")
    assert problem.where.startswith("ConnectWise: ")
    assert problem.who == "clerk"


def caused(finding, total, *numbers, status="stopped", currency="AUD"):
    return Caused(status, finding, currency, len(numbers), Decimal(total), numbers)


@pytest.mark.requirement("A126", "M25")
def test_stops_are_grouped_by_cause_with_money_totals():
    summary = summed(
        [
            Standing("stopped", "AUD", 3, Decimal("31.50")),
            Standing("stopped", "NZD", 1, Decimal("7.00")),
            Standing("posted_with_warnings", "AUD", 1, Decimal("5.00")),
        ],
        [
            caused(BILLING, "1.00", "C"),
            caused(EXPENSE, "30.50", "A", "B"),
            caused(EXPENSE, "7.00", "E", currency="NZD"),
            caused(ROUNDED, "5.00", "D", status="posted_with_warnings"),
        ],
    )
    assert [(group.code, group.count, group.totals, group.numbers) for group in summary.stopped] == [
        ("NONPRODUCT_ID_MISSING", 3, {"AUD": Decimal("30.50"), "NZD": Decimal("7.00")}, ("A", "B", "E")),
        ("CONTACT_BILLING_MISSING", 1, {"AUD": Decimal("1.00")}, ("C",)),
    ]
    assert [group.code for group in summary.warned] == ["ROUNDING_APPLIED"]
    assert summary.counts == {"stopped": 4, "posted_with_warnings": 1}
    assert summary.totals["stopped"] == {"AUD": Decimal("31.50"), "NZD": Decimal("7.00")}


def test_a_finding_survives_storage_with_its_severity():
    warned = Finding("TRACKING_MISSING", BASE, 3, warned=True)
    assert finding_from(finding_row(warned)) == warned
    assert finding_row(warned)["severity"] == "warning"


@pytest.mark.requirement("A130", "M25")
def test_a_closed_connection_says_how_much_waits():
    revoked = Finding("TOKEN_REVOKED", {"ledger": "Xero", "count": "1", "amount": "440.00"})
    [group] = summed([], [caused(revoked, "18440.10", "A", "B", status="waiting")]).waiting
    assert group.what == "Xero is disconnected. 2 invoices (18,440.10) wait; nothing is lost."


@pytest.mark.requirement("A130", "M25")
def test_a_waiting_record_says_what_it_waits_for_before_anything_else():
    revoked = Finding("TOKEN_REVOKED", {"ledger": "Xero"})
    reported = {"settled_outcome": "waiting", "settled_revision": 1, "settled_findings": (revoked,)}
    row = clerk_row(record(RecordState.MAPPED, ROUNDED, **reported))
    assert [item.code for item in row.problems] == ["TOKEN_REVOKED", "ROUNDING_APPLIED"]
    assert row.problems[0].what == "Xero is disconnected. 1 invoices (110.00) wait; nothing is lost."
    assert row.waits_for == (revoked.cause_key,)
