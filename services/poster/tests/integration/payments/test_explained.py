"""What cannot be carried over is explained with its code and nothing is written; what people answer is done."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledgerwire.common.settings import Settings
from ledgerwire.poster.payments.domain.answer import NothingToDecideError
from ledgerwire.poster.payments.domain.model import Side
from ledgerwire.sandbox.core.tls import TlsFiles
from ledgerwire.sandbox.quickbooks.books.writing import save
from ledgerwire.sandbox.quickbooks.kinds import KINDS
from ledgerwire.sandbox.xero.books.money_movements import apply_advance

from .conftest import Both, both_systems


async def told(both: Both) -> dict[str, list[str]]:
    return both.told(await both.look())


@pytest.mark.requirement("M25", "F1: PAYMENT_OVER_BALANCE")
async def test_more_than_is_open_is_written_nowhere(on_xero: Both):
    """Paid in full in the ledger, and meanwhile a credit on the same invoice in ConnectWise: together more than there is."""
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("CM-1", "-40.00")
    await both.pay({"INV-1": "100.00"})
    [row] = both.apply_in_psa("CM-1", {"INV-1": "30.00"})
    before = both.writes()
    assert (await told(both))["INV-1"] == ["PAYMENT_OVER_BALANCE"]
    assert both.writes() == before
    assert both.rows("INV-1") == [(30, "CM-1")]
    both.take_away_in_psa("INV-1", row)
    assert await told(both) == {}
    assert await both.agree()


@pytest.mark.requirement("F1: PAYMENT_UNMATCHED", "F1: NUMBER_AND_REFERENCE_BOTH_MATCH", "M18")
async def test_documents_of_others_are_matched_by_exact_number_or_told(on_xero: Both):
    both = on_xero
    await both.post("0A-1042", "100.00", in_psa=False, ours=False)
    await both.post("INV-7", "100.00", ours=False)
    await both.post("INV-8", "100.00", ours=False)
    both.close("A1042", Decimal(100))
    both.close("PO 77", Decimal(100))  # the reference of every document here
    both.totals.clear()
    await both.pay({"0A-1042": "10.00", "INV-7": "20.00"})
    outcome = await both.look()
    assert both.told(outcome) == {
        "0A-1042": ["PAYMENT_UNMATCHED"],
        "INV-7": ["NUMBER_AND_REFERENCE_BOTH_MATCH"],
    }
    assert outcome.told["0A-1042"][0].params["near"] == "A1042"
    assert outcome.written == 0
    other = next(row for row in both.psa.state.tables["invoices"].values() if row["invoiceNumber"] == "PO 77")
    other["invoiceNumber"] = "PO 78"
    assert await told(both) == {"0A-1042": ["PAYMENT_UNMATCHED"]}
    assert both.rows("INV-7") == [(20, None)]
    rows = await both.execute("SELECT number, matched_by FROM poster.settlement WHERE invoice_id IS NOT NULL")
    assert [tuple(row) for row in rows] == [("INV-7", "number")]


@pytest.mark.requirement("M18", "F1: PAYMENT_ON_ANOTHER_DOCUMENT")
async def test_money_on_a_second_document_of_the_number_does_not_settle_the_first(settings: Settings, tls: TlsFiles):
    """QuickBooks does not keep numbers unique."""
    async with both_systems("quickbooks", settings, tls) as both:
        await both.post("INV-1", "100.00")
        await both.post("INV-2", "100.00", in_psa=False, ours=False)
        await both.pay({"INV-2": "60.00"})
        both.books._server.state.amend("Invoice", both.ledger_ids["INV-2"], {"DocNumber": "INV-1"})  # type: ignore[attr-defined]
        assert await told(both) == {"INV-1": ["PAYMENT_ON_ANOTHER_DOCUMENT"]}
        assert both.rows("INV-1") == []


@pytest.mark.requirement("D15", "F1: PAYMENT_MULTI_INVOICE_CREDIT")
async def test_a_credit_that_connectwise_takes_no_row_for_is_explained(on_xero: Both):
    both = on_xero
    both.psa.state.switches.change({"payment_rows": "one"})
    for number in ("INV-1", "INV-2"):
        await both.post(number, "100.00")
    await both.post("CM-1", "-60.00")
    await both.pay({"INV-1": "50.00"})
    await both.look()
    await both.apply_in_ledger("CM-1", {"INV-1": "20.00", "INV-2": "40.00"})
    outcome = await both.look()
    assert both.told(outcome) == {"INV-1": ["PAYMENT_MULTI_INVOICE_CREDIT"]}
    assert "20.00 of credit CM-1 is applied to INV-1" in outcome.told["INV-1"][0].message
    assert both.rows("INV-2") == [(40, "CM-1")]
    both.psa.state.switches.change({"payment_rows": "many"})
    assert await told(both) == {}
    assert await both.agree()


@pytest.mark.requirement("D15", "F1: PAYMENT_CREDIT_NOT_IN_CONNECTWISE", "F1: PAYMENT_CREDIT_NOT_IN_LEDGER")
async def test_a_credit_that_one_side_lacks_is_explained_and_carried_over_once_it_is_there(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("CN-5", "-30.00", in_psa=False, ours=False)
    await both.apply_in_ledger("CN-5", {"INV-1": "30.00"})
    assert (await told(both))["INV-1"] == ["PAYMENT_CREDIT_NOT_IN_CONNECTWISE"]
    both.invoice_ids["CN-5"] = both.close("CN-5", Decimal(-30))
    assert await told(both) == {}
    assert await both.agree()
    both.invoice_ids["CM-9"] = both.close("CM-9", Decimal(-10))
    both.apply_in_psa("CM-9", {"INV-1": "10.00"})
    assert await told(both) == {"INV-1": ["PAYMENT_CREDIT_NOT_IN_LEDGER"]}
    assert both.rows("INV-1") == [(30, "CN-5"), (10, "CM-9")]


@pytest.mark.requirement("D15", "M18", "F1: PAYMENT_CREDIT_NOT_IN_CONNECTWISE")
async def test_what_settles_an_invoice_and_is_no_payment_and_no_credit_note_is_told(on_xero: Both):
    """An overpayment, a prepayment, and something that the ledger does not name at all."""
    both = on_xero
    for number in ("INV-1", "INV-2", "INV-3"):
        await both.post(number, "100.00")
    await both.pay({"INV-2": "30.00"})
    desk, ids = both.books._desk(), both.ledger_ids  # type: ignore[attr-defined]
    apply_advance(desk, ids["INV-1"], "Overpayment", Decimal(100), desk.today)
    apply_advance(desk, ids["INV-2"], "Prepayment", Decimal(50), desk.today)
    desk.state.amend("invoices", ids["INV-3"], {"AmountDue": Decimal(60), "UpdatedDateUTC": desk.now})
    outcome = await both.look()
    assert both.told(outcome) == {number: ["PAYMENT_CREDIT_NOT_IN_CONNECTWISE"] for number in both.totals}
    assert "100.00 of credit overpayment of 17 Mar is applied to INV-1" in outcome.told["INV-1"][0].message
    assert "50.00 of credit prepayment of 17 Mar is applied to INV-2" in outcome.told["INV-2"][0].message
    assert "40.00 of credit without a name is applied to INV-3" in outcome.told["INV-3"][0].message
    assert (both.rows("INV-1"), both.rows("INV-2"), both.rows("INV-3")) == ([], [(30, None)], [])
    assert both.told(await both.look()) == both.told(outcome)


@pytest.mark.requirement("D15", "M18", "F1: PAYMENT_CREDIT_NOT_IN_CONNECTWISE")
async def test_a_write_off_by_a_journal_is_told_and_is_no_money(settings: Settings, tls: TlsFiles):
    """QuickBooks applies a journal's credit by a payment of nothing that links both."""
    async with both_systems("quickbooks", settings, tls) as both:
        await both.post("INV-1", "100.00")
        payment = await both.pay({"INV-1": "100.00"})
        state = both.books._server.state  # type: ignore[attr-defined]
        lines = state.get("Payment", payment)["Line"]
        journal = {"Amount": Decimal(100), "LinkedTxn": [{"TxnId": "57", "TxnType": "JournalEntry"}]}
        state.amend("Payment", payment, {"TotalAmt": Decimal(0), "Line": [*lines, journal]})
        outcome = await both.look()
        assert both.told(outcome) == {"INV-1": ["PAYMENT_CREDIT_NOT_IN_CONNECTWISE"]}
        assert "100.00 of credit JournalEntry with id 57 is applied to INV-1" in outcome.told["INV-1"][0].message
        assert both.rows("INV-1") == []


@pytest.mark.requirement("D15", "F1: PAYMENT_CREDIT_CHANGED_IN_BOTH", "F1: PAYMENT_CHANGED_IN_BOTH")
async def test_what_changed_on_both_sides_waits_for_an_answer(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("CM-1", "-80.00")
    await both.apply_in_ledger("CM-1", {"INV-1": "30.00"})
    await both.pay({"INV-1": "10.00"})
    await both.look()
    await both.apply_in_ledger("CM-1", {"INV-1": "10.00"})
    await both.pay({"INV-1": "5.00"})
    for row in both.screen.rows(both.invoice_ids["INV-1"]):
        both.screen.change(both.invoice_ids["INV-1"], row["id"], {"amount": row["amount"] + 1}, 152)
    before = both.writes()
    assert (await told(both))["INV-1"] == ["PAYMENT_CHANGED_IN_BOTH", "PAYMENT_CREDIT_CHANGED_IN_BOTH"]
    assert both.writes() == before
    await both.answer("INV-1", Side.CONNECTWISE)
    assert (await told(both))["INV-1"] == ["PAYMENT_CHANGED_IN_BOTH"], "money is never entered in the ledger"
    assert (await both.in_ledger())["CM-1"] == 80 - 31
    with pytest.raises(NothingToDecideError, match="answer ledger"):
        await both.answer("INV-1", Side.CONNECTWISE)
    await both.answer("INV-1", Side.LEDGER)
    assert await told(both) == {}
    assert await both.agree()
    assert both.in_psa()["INV-1"] == 100 - 31 - 15
    with pytest.raises(NothingToDecideError, match="agree"):
        await both.answer("INV-1", Side.LEDGER)


@pytest.mark.requirement("D14", "F1: PERIOD_LOCKED")
async def test_a_credit_dated_in_a_closed_period_is_not_applied_in_the_ledger(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("CM-1", "-30.00")
    both.apply_in_psa("CM-1", {"INV-1": "30.00"})
    both.books.lock(both.books.now().date())
    outcome = await both.look()
    assert both.told(outcome) == {"INV-1": ["PERIOD_LOCKED"]}
    assert "?" not in outcome.told["INV-1"][0].message
    assert (await both.in_ledger())["INV-1"] == 100


@pytest.mark.requirement("D15", "F1: PAYMENT_MULTI_INVOICE_CREDIT")
async def test_one_payment_that_holds_cash_and_a_credit_for_several_invoices_is_carried_over(
    settings: Settings, tls: TlsFiles
):
    """QuickBooks knows such payments; both kinds arrive apart, and undoing it undoes both."""
    async with both_systems("quickbooks", settings, tls) as both:
        for number in ("INV-1", "INV-2"):
            await both.post(number, "100.00")
        await both.post("CM-1", "-50.00")
        desk, kinds = both.books._desk(), {"INV-1": "Invoice", "INV-2": "Invoice", "CM-1": "CreditMemo"}  # type: ignore[attr-defined]
        amounts = {"INV-1": "100.00", "INV-2": "30.00", "CM-1": "50.00"}
        lines = [
            {"Amount": amount, "LinkedTxn": [{"TxnId": both.ledger_ids[number], "TxnType": kinds[number]}]}
            for number, amount in amounts.items()
        ]
        both.passes()
        sent = {"CustomerRef": {"value": "61"}, "CurrencyRef": {"value": "AUD"}, "TotalAmt": "80.00", "Line": lines}
        payment = save(desk, KINDS["Payment"], sent)["Id"]
        assert await told(both) == {}
        assert both.in_psa() == {"INV-1": 0, "INV-2": 70, "CM-1": 0}
        assert await both.agree()
        await both.undo(payment)
        assert await told(both) == {}
        assert both.in_psa() == {"INV-1": 100, "INV-2": 100, "CM-1": 50}


@pytest.mark.requirement("M18", "F1: PAYMENT_ROW_FIXED")
async def test_a_row_that_is_in_a_batch_is_left_as_it_is(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    paid = await both.pay({"INV-1": "60.00"})
    await both.look()
    [row] = both.psa.state.tables["payments"].values()
    row["glBatchID"] = "PAY-1"
    await both.undo(paid)
    assert await told(both) == {"INV-1": ["PAYMENT_ROW_FIXED"]}
    assert both.rows("INV-1") == [(60, None)]
