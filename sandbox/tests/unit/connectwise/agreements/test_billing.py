"""The billing run by its worked figures."""

from decimal import Decimal

import pytest

from ledgerwire.sandbox.connectwise.agreements.charges import columns
from ledgerwire.sandbox.connectwise.errors import ApiError

from .conftest import PERSON, Office


def d(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.requirement("M20")
def test_a_seat_added_after_the_months_invoice_is_on_the_next_one_with_its_part_of_the_month(office: Office) -> None:
    agreement = office.agreement(nextInvoiceDate="2026-04-01T00:00:00Z")
    office.add(agreement, "1", "2026-03-15")
    assert office.bill("2026-04-01") == [("2026-04-01", d("34.06"))]  # 22 x (1 + 17/31)
    assert office.bill("2026-05-01") == [("2026-05-01", d("22.00"))]


@pytest.mark.requirement("M20")
def test_late_seats_in_advance_cost_the_difference_for_the_days_left(office: Office) -> None:
    agreement = office.agreement()
    old = office.add(agreement, "10", "2026-03-01")
    assert office.bill("2026-03-17") == [("2026-03-01", d("220.00"))]
    office.state.tables["additions"][old]["cancelledDate"] = "2026-03-31T00:00:00Z"
    office.add(agreement, "12", "2026-04-01")
    office.add(agreement, "2", "2026-03-17", "2026-03-31")
    assert office.bill("2026-04-01") == [("2026-04-01", d("285.29"))]  # 264.00 + 2 x 22 x 15/31
    assert office.bill("2026-05-01") == [("2026-05-01", d("264.00"))]


@pytest.mark.requirement("M20")
def test_in_arrears_the_segments_of_a_month_meet_on_its_invoice(office: Office) -> None:
    agreement = office.agreement(periodType="Current", nextInvoiceDate="2026-04-01T00:00:00Z")
    office.add(agreement, "10", "2026-03-01", "2026-03-16")
    office.add(agreement, "12", "2026-03-17")
    assert office.bill("2026-04-01") == [("2026-04-01", d("241.29"))]
    assert office.lines(agreement) == [d("113.55"), d("127.74")]  # 220 x 16/31, 264 x 15/31


@pytest.mark.requirement("M20")
def test_an_arrears_invoice_dated_on_the_last_day_bills_the_month_that_ends(office: Office) -> None:
    agreement = office.agreement(periodType="Current", nextInvoiceDate="2026-01-31T00:00:00Z")
    office.add(agreement, "1", "2026-01-01")
    assert [day for day, _ in office.bill("2026-04-30")] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert office.lines(agreement) == [d("22.00")] * 4


def test_ten_seats_from_the_18th_of_june_are_thirteen_thirtieths(office: Office) -> None:
    agreement = office.agreement(nextInvoiceDate="2026-06-01T00:00:00Z")
    office.add(agreement, "10", "2026-06-18", unitPrice=d("10.08"))
    assert office.bill("2026-06-01") == [("2026-06-01", d("43.68"))]


def test_a_change_in_the_month_bills_both_segments_by_their_days(office: Office) -> None:
    agreement = office.agreement(nextInvoiceDate="2026-06-01T00:00:00Z")
    office.add(agreement, "10", "2026-06-18", "2026-06-19", unitPrice=d("10.08"))
    office.add(agreement, "12", "2026-06-20", unitPrice=d("10.08"))
    assert office.bill("2026-06-01") == [("2026-06-01", d("51.07"))]  # 10.08 x (2 x 10 + 11 x 12) / 30


@pytest.mark.requirement("M24")
@pytest.mark.parametrize(("switch", "total"), [("inclusive", "6.50"), ("exclusive", "3.25")])
def test_whether_the_cancelled_date_is_billed_is_a_switch(office: Office, switch: str, total: str) -> None:
    office.state.switches.change({"addition_last_day": switch})
    agreement = office.agreement(nextInvoiceDate="2026-07-01T00:00:00Z")
    office.add(agreement, "10", "2026-07-15", "2026-07-16", unitPrice=d("10.08"))
    assert office.bill("2026-07-01") == [("2026-07-01", d(total))]


def test_a_row_ended_on_its_first_day_with_no_quantity_is_on_no_invoice(office: Office) -> None:
    office.add(office.agreement(), "0", "2026-03-05", "2026-03-05")
    assert office.bill("2026-06-01") == []


@pytest.mark.requirement("A205")
def test_without_prorating_a_late_addition_is_billed_whole(office: Office) -> None:
    agreement = office.agreement(prorateFlag=False)
    office.add(agreement, "1", "2026-03-15")
    assert office.bill("2026-03-01") == [("2026-03-01", d("22.00"))]


@pytest.mark.requirement("M22")
def test_days_before_the_period_are_lost_where_prorated_additions_are_not_invoiced(office: Office) -> None:
    agreement = office.agreement(nextInvoiceDate="2026-04-01T00:00:00Z", invoiceProratedAdditionsFlag=False)
    office.add(agreement, "1", "2026-03-15")
    office.add(agreement, "2", "2026-03-17", "2026-03-31")
    assert office.bill("2026-05-01") == [("2026-04-01", d("22.00")), ("2026-05-01", d("22.00"))]


@pytest.mark.requirement("M22", "A207")
def test_a_one_time_agreement_bills_once_and_whole_and_never_again(office: Office) -> None:
    agreement = office.one_time(nextInvoiceDate="2026-03-10T00:00:00Z")
    office.add(agreement, "10", "2026-03-18", "2027-03-17", unitPrice=d("120.96"))
    assert office.bill("2026-03-31") == [("2026-03-10", d("1209.60"))]
    assert "nextInvoiceDate" not in office.state.tables["agreements"][agreement]
    office.add(agreement, "1", "2026-04-01", unitPrice=d("120.63"))
    assert office.bill("2027-12-31") == []
    with pytest.raises(ApiError):
        office.billing.invoice(agreement, PERSON)


def test_a_one_time_agreement_waits_for_something_to_bill(office: Office) -> None:
    agreement = office.one_time()
    assert office.bill("2026-03-31") == []
    office.add(agreement, "1", "2026-04-01", unitPrice=d("120.63"))
    assert office.bill("2026-04-30") == [("2026-03-01", d("120.63"))]


@pytest.mark.requirement("A204")
def test_contract_periods_count_from_the_start_of_the_agreement(office: Office) -> None:
    agreement = office.agreement(
        invoicingCycle="ContractYear", startDate="2026-01-31T00:00:00Z", nextInvoiceDate="2026-02-28T00:00:00Z"
    )
    office.add(agreement, "1", "2026-03-17")
    assert office.bill("2026-02-28") == [("2026-02-28", d("9.94"))]  # 14 of the 31 days from 28 February to 30 March


@pytest.mark.requirement("A203")
def test_a_quarter_is_billed_by_the_quarter(office: Office) -> None:
    agreement = office.agreement(billingCycle={"id": 2, "name": "Quarterly"}, nextInvoiceDate="2026-01-01T00:00:00Z")
    office.add(agreement, "1", "2026-01-01", unitPrice=d("90.00"))
    assert office.bill("2026-06-30") == [("2026-01-01", d("90.00")), ("2026-04-01", d("90.00"))]


def test_nothing_is_billed_past_the_end_of_the_agreement(office: Office) -> None:
    agreement = office.agreement(noEndingDateFlag=False, endDate="2026-04-15T00:00:00Z")
    office.add(agreement, "1", "2026-03-01")
    assert office.bill("2026-12-31") == [("2026-03-01", d("22.00")), ("2026-04-01", d("11.00"))]


def test_what_is_not_billable_is_not_billed_and_what_is_included_is_taken_off(office: Office) -> None:
    agreement = office.agreement()
    office.add(agreement, "5", "2026-03-01", billCustomer="DoNotBill")
    office.add(agreement, "5", "2026-03-01", billCustomer="NoCharge")
    office.add(agreement, "5", "2026-03-01", lessIncluded=d("2"))
    office.add(agreement, "-1", "2026-03-01")
    office.bill("2026-03-01")
    assert office.lines(agreement) == [d("0.00"), d("66.00"), d("-22.00")]


@pytest.mark.requirement("M24")
def test_the_prorated_columns_say_what_the_next_invoice_will(office: Office) -> None:
    agreement = office.agreement(nextInvoiceDate="2026-04-01T00:00:00Z")
    office.add(agreement, "2", "2026-03-15")
    row = next(iter(office.state.tables["additions"].values()))
    shown = columns(office.state, office.state.tables["agreements"][agreement], row)
    assert (shown["billedQuantity"], shown["extPrice"], shown["extendedProratePrice"]) == (2, d("44.00"), d("68.13"))
    assert office.bill("2026-04-01") == [("2026-04-01", shown["extendedProratePrice"])]


def test_an_agreement_invoice_is_taxed_closes_with_entries_and_says_when_the_next_one_is(office: Office) -> None:
    agreement = office.agreement(taxCode={"id": 1, "name": "GST"}, billAmount=d("100.00"))
    office.add(agreement, "3", "2026-03-17", taxableFlag=True)
    [(_, total)] = office.bill("2026-03-01")
    number, row = next(iter(office.state.tables["invoices"].items()))
    assert (row["subtotal"], row["salesTax"], total) == (d("131.94"), d("13.19"), d("145.13"))
    assert (row["type"], row["dueDate"][:10]) == ("Agreement", "2026-03-15")
    office.desk.set_status(number, {"name": "Closed"}, PERSON)
    entries = [(entry.gl_type, entry.amount) for entry in office.state.gl_entries[number]]
    assert entries == [("AR", total), ("RA", d("-100.00")), ("AP", d("-31.94")), ("ST", d("-13.19"))]
    assert office.state.tables["agreements"][agreement]["nextInvoiceDate"][:10] == "2026-04-01"
