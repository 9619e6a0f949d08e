from datetime import date
from types import SimpleNamespace
from uuid import uuid4

import pytest

from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.models import PurchaseOrderReference, UnpostedExpense, UnpostedInvoice, UnpostedProcurement
from ledgerwire.ingest.runs import RunRefusedError, Selection, company_of, is_selected
from ledgerwire.tenants.read import CompanyContext


def company(*locations, name="Harbourline"):
    return CompanyContext(uuid4(), name, uuid4(), uuid4(), locations)


INVOICE = UnpostedInvoice(
    id=1, billing_log_id=39005, location_id=2, invoice_number="INV-7", invoice_date_text="2026-02-10"
)
RECEIPT = UnpostedProcurement(
    id=2,
    unposted_product_id="3-PS1-purchase",
    location_id=2,
    purchase_order=PurchaseOrderReference(name="PO3"),
    vendor_invoice_number="V-77",
    purchase_date_text="2026-02-12T00:00:00Z",
)
EXPENSE = UnpostedExpense(id=3, expense_detail_id=9001, location_id=2, date_expense_text="2026-02-14")


@pytest.mark.requirement("A109")
@pytest.mark.parametrize(
    ("row", "chosen", "taken"),
    [
        (INVOICE, {}, True),
        (INVOICE, {"numbers": ("INV-7",)}, True),
        (INVOICE, {"numbers": ("INV-8",)}, False),
        (INVOICE, {"through": date(2026, 2, 10)}, True),
        (INVOICE, {"through": date(2026, 2, 9)}, False),
        (RECEIPT, {"numbers": ("V-77",), "through": date(2026, 2, 12)}, True),
        (RECEIPT, {"numbers": ("PO3",), "through": date(2026, 2, 11)}, False),
        (EXPENSE, {"numbers": ("EXP-9001",)}, True),
        (UnpostedExpense(id=4, expense_detail_id=9002, location_id=2), {"through": date(2026, 2, 9)}, False),
        (UnpostedExpense(id=4, location_id=2), {}, False),
    ],
)
def test_only_what_is_chosen_goes_out(row, chosen, taken) -> None:
    assert is_selected(row, Selection(RecordType.INVOICE, **chosen), company()) is taken


@pytest.mark.requirement("A117", "A111")
def test_a_company_takes_its_own_locations() -> None:
    assert not is_selected(INVOICE, Selection(RecordType.INVOICE), company(5))
    assert is_selected(INVOICE, Selection(RecordType.INVOICE), company(2, 5))


@pytest.mark.requirement("A117")
def test_with_several_companies_one_is_named() -> None:
    two = SimpleNamespace(companies=(company(2), company(5, name="Thames")))
    with pytest.raises(RunRefusedError, match="Harbourline, Thames"):
        company_of(two, Selection(RecordType.INVOICE))
    assert company_of(two, Selection(RecordType.INVOICE, company="thames")).location_ids == (5,)
