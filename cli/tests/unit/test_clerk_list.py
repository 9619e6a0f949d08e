from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal

import pytest
from rich.console import Console

from ledgerwire.cli.clerk_list import counts, standing, stopped_by_cause, waiting_by_cause, warned_by_cause
from ledgerwire.cli.clerk_tables import clerk_view
from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper.status import ClerkRow, Summary, problem


def _finding(code: str, number: str, **params: str) -> Finding:
    return Finding(code, {"number": number, "customer": "Acme", "ledger": "Xero", **params})


def _row(number: str, status: str, amount: str, *findings: Finding, currency: str = "AUD") -> ClerkRow:
    return ClerkRow(
        status, f"Customer [{number}]", number, None, Decimal(amount), currency, tuple(map(problem, findings))
    )


ROWS = (
    _row("INV-1", "posted", "100.00"),
    _row("INV-2", "posted_with_warnings", "50.50", _finding("TERMS_XREF_MISSING", "INV-2", term="Net 14")),
    _row("INV-3", "stopped", "10.00", _finding("TAX_CODE_UNKNOWN", "INV-3", tax_code="GST10")),
    _row("INV-4", "stopped", "20.00", _finding("CONTACT_BILLING_MISSING", "INV-4"), currency="NZD"),
    _row("INV-5", "stopped", "30.00", _finding("GL_ENTRIES_MISSING", "INV-5", mapping="Managed")),
    _row("CM-6", "stopped", "-5.00", _finding("GL_ENTRIES_MISSING", "CM-6", mapping="Managed")),
    _row("INV-7", "posting", "1.00"),
)


@pytest.mark.requirement("M25")
def test_each_record_counts_once_and_currencies_are_never_added() -> None:
    found = counts(ROWS)

    assert {name: count.records for name, count in found.items() if count.records} == {
        "posted": 1,
        "posted_with_warnings": 1,
        "stopped": 4,
        "posting": 1,
    }
    assert found["stopped"].totals == {"AUD": Decimal("35.00"), "NZD": Decimal("20.00")}


@pytest.mark.requirement("M25")
def test_stopped_records_are_grouped_by_cause_with_their_money() -> None:
    causes = stopped_by_cause(ROWS)

    assert [(cause.code, [line.number for line in cause.lines]) for cause in causes] == [
        ("GL_ENTRIES_MISSING", ["INV-5", "CM-6"]),
        ("CONTACT_BILLING_MISSING", ["INV-4"]),
        ("TAX_CODE_UNKNOWN", ["INV-3"]),
    ]
    assert causes[0].totals == {"AUD": Decimal("25.00")}
    assert [cause.code for cause in warned_by_cause(ROWS)] == ["TERMS_XREF_MISSING"]


def test_a_cause_on_two_lines_of_one_invoice_counts_its_money_once() -> None:
    findings = [
        _finding("NONPRODUCT_ID_MISSING", "INV-8", kind="Expense", line_text=text) for text in ("taxi", "hotel")
    ]

    (cause,) = stopped_by_cause([_row("INV-8", "stopped", "80.00", *findings)])

    assert cause.totals == {"AUD": Decimal("80.00")}


@pytest.mark.requirement("M25")
def test_the_table_says_what_is_wrong_what_to_do_where_and_who() -> None:
    stdout = io.StringIO()
    Console(file=stdout, width=200).print(clerk_view(ROWS, "Harbourline"))
    text = stdout.getvalue()

    for heading in ("Customer", "Number", "Date", "Amount", "What is wrong", "What to do", "Where", "Who"):
        assert heading in text
    assert "2 records" in text
    assert "25.00 AUD" in text
    assert "Customer [INV-5]" in text
    assert "account admin" in text


@pytest.mark.requirement("A130", "M25")
def test_what_waits_is_listed_by_cause_with_customer_and_money() -> None:
    gone, draft = _finding("TOKEN_REVOKED", "INV-9"), _finding("APPROVAL_REFUSED", "INV-11", status="draft")
    rows = [
        replace(_row("INV-9", "waiting", "18000.10", gone), waits_for=(gone.cause_key,)),
        replace(_row("INV-10", "waiting", "440.00", gone), waits_for=(gone.cause_key,)),
        replace(
            _row("INV-11", "waiting", "7.00", draft, _finding("TERMS_XREF_MISSING", "INV-11", term="Net 14")),
            waits_for=(draft.cause_key,),
        ),
    ]

    causes = waiting_by_cause(rows)

    assert [(cause.code, cause.totals) for cause in causes] == [
        ("TOKEN_REVOKED", {"AUD": Decimal("18440.10")}),
        ("APPROVAL_REFUSED", {"AUD": Decimal("7.00")}),
    ]
    assert causes[0].title == "Xero is disconnected. 2 invoices (18,440.10 AUD) wait; nothing is lost."
    assert [line.customer for line in causes[0].lines] == ["Customer [INV-9]", "Customer [INV-10]"]
    stdout = io.StringIO()
    Console(file=stdout, width=200).print(clerk_view(rows, "Harbourline"))
    assert "Waiting: goes on by itself" in stdout.getvalue()


def test_a_record_that_was_given_up_stands_among_the_stopped() -> None:
    [cause] = stopped_by_cause([_row("INV-12", "dead", "5.00", _finding("INTERNAL_FAULT", "INV-12", cause="INTERNAL"))])
    assert (cause.code, cause.totals) == ("INTERNAL_FAULT", {"AUD": Decimal("5.00")})


def test_the_overview_takes_what_the_database_added_up() -> None:
    summary = Summary({"posted": 90_000}, {"posted": {"AUD": Decimal("1.50")}}, (), ())
    found = standing(summary)
    assert (found["posted"].records, found["posted"].totals) == (90_000, {"AUD": Decimal("1.50")})
    assert (found["stopped"].records, list(found)) == (0, list(counts([])))
