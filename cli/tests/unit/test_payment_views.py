"""What a person reads about payments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from rich.console import Console, RenderableType

from ledgerwire.cli import payment_views
from ledgerwire.common.catalogue import Finding
from ledgerwire.poster.payments.views import Looked, Month, PaymentView, Planned, Told

TOLD = Told.of(
    Finding("PAYMENT_ONLY_IN_CONNECTWISE", {"number": "INV-1", "ledger": "Xero", "here": "0.00", "there": "60.00"})
)


def words(shown: RenderableType) -> str:
    console = Console(width=300, record=True)
    console.print(shown)
    return console.export_text()


@pytest.mark.requirement("M25")
def test_a_dry_run_says_what_would_be_carried_over_and_what_is_to_be_known():
    step = Planned("INV-1", "credit CM-1", Decimal("1204.50"), "ledger")
    said = words(payment_views.looked(Looked("Sydney", True, 3, 0, 2, (step,), (TOLD,))))
    assert "Sydney: looked at 3, 1 would be carried over, 2 from before the onboarding date left alone." in said
    assert "credit CM-1" in said
    assert "1,204.50" in said
    assert "PAYMENT_ONLY_IN_CONNECTWISE ConnectWise shows 60.00 paid on INV-1, Xero 0.00." in said


@pytest.mark.requirement("A122")
def test_a_settled_document_shows_both_sides():
    row = PaymentView(
        company="Sydney",
        number="INV-1",
        kind="sales_invoice",
        currency="AUD",
        total=Decimal(100),
        cash=Decimal(60),
        credited=Decimal(0),
        ledger_balance=Decimal(40),
        connectwise_balance=Decimal(39),
        paid_on=date(2026, 3, 1),
        state="stopped",
        onboarding=True,
        told=(TOLD,),
    )
    said = words(payment_views.table([row]))
    for part in ("100.00 AUD", "60.00", "40.00", "39.00", "stopped (onboarding)", "ConnectWise shows 60.00"):
        assert part in said


@pytest.mark.requirement("A078", "A079")
def test_a_months_four_types_add_up_to_its_total_and_onboarding_is_counted_apart():
    month = Month("2026-03", "Sydney", invoices=4, payments=3, procurements=2, expenses=1, onboarding=9)
    assert payment_views.month_value(month)["total"] == 10
    row = words(payment_views.months([month])).split("2026-03")[1]
    assert row.split() == ["Sydney", "4", "3", "2", "1", "10", "9"]
