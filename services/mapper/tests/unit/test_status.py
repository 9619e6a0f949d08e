from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord, finding_from, finding_row
from ledgerwire.mapper.status import clerk_row, status_of, summarise

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


@pytest.mark.requirement("A126", "M25")
def test_stops_are_grouped_by_cause_with_money_totals():
    summary = summarise(
        [
            record(RecordState.STOPPED, EXPENSE, replace(EXPENSE, line=1), total="10.00", number="A"),
            record(RecordState.STOPPED, EXPENSE, total="20.50", number="B"),
            record(RecordState.STOPPED, BILLING, total="1.00", number="C"),
            record(RecordState.MAPPED, ROUNDED, total="5.00", number="D", **BATCHED),
        ]
    )
    assert [(group.code, group.count, group.totals, group.numbers) for group in summary.stopped] == [
        ("NONPRODUCT_ID_MISSING", 2, {"AUD": Decimal("30.50")}, ("A", "B")),
        ("CONTACT_BILLING_MISSING", 1, {"AUD": Decimal("1.00")}, ("C",)),
    ]
    assert [group.code for group in summary.warned] == ["ROUNDING_APPLIED"]
    assert summary.counts == {"stopped": 3, "posted_with_warnings": 1}
    assert summary.totals["stopped"] == {"AUD": Decimal("31.50")}


def test_a_finding_survives_storage_with_its_severity():
    warned = Finding("TRACKING_MISSING", BASE, 3, warned=True)
    assert finding_from(finding_row(warned)) == warned
    assert finding_row(warned)["severity"] == "warning"


@pytest.mark.requirement("A130", "M25")
def test_a_closed_connection_says_how_much_waits():
    revoked = Finding("TOKEN_REVOKED", {"ledger": "Xero"})
    waiting = [record(RecordState.WAITING, revoked, total=total) for total in ("18000.10", "440.00")]
    [group] = summarise(waiting).waiting
    assert group.what == "Xero is disconnected. 2 invoices (18,440.10) wait; nothing is lost."
