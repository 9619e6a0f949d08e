from decimal import Decimal

import pytest
from rich.console import Console

from ledgerwire.cli.record_views import details, rows_table
from ledgerwire.mapper.status import ClerkRow


def row(record_type: str, **particulars: str) -> ClerkRow:
    return ClerkRow(
        "posted", "Acme", "N-1", None, Decimal("110.00"), "AUD", (), record_type=record_type, particulars=particulars
    )


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        pytest.param(
            row("invoice", tax="1210.00", due_date="2026-03-12"), "tax 1,210.00, due 2026-03-12",
            marks=pytest.mark.requirement("A119"),
        ),
        pytest.param(
            row("procurement", vendor_invoice_number="V-77", vendor_invoice_date="2026-02-10", description="PO 3"),
            "vendor invoice V-77 of 2026-02-10", marks=pytest.mark.requirement("A120"),
        ),
        pytest.param(
            row("procurement", vendor_invoice_number="", description="Stock count"), "Stock count",
            marks=pytest.mark.requirement("A120"),
        ),
        pytest.param(
            row("expense", member="Jane Roe", classification="Personal", payment_type="Company card", description="Taxi"),
            "Personal, Company card, Taxi", marks=pytest.mark.requirement("A121"),
        ),
        (row("invoice"), ""),
    ],
)  # fmt: skip
def test_a_list_shows_the_columns_of_each_type(shown: ClerkRow, said: str) -> None:
    assert details(shown) == said
    console = Console(width=200)
    with console.capture() as printed:
        console.print(rows_table([shown]))
    assert said in printed.get()
