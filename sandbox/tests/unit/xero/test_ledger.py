from decimal import Decimal

from ledgerwire.sandbox.xero.ledger import control_accounts_of, imbalance, ledger_lines

D = Decimal
CHART = [{"Code": "610", "SystemAccount": "DEBTORS"}, {"Code": "800", "SystemAccount": "CREDITORS"}, {"Code": "200"}]


def _document(kind="ACCREC", status="AUTHORISED", **changes):
    return {
        "Type": kind,
        "InvoiceID": "i1",
        "InvoiceNumber": "INV-1",
        "Status": status,
        "DateString": "2026-03-17T00:00:00",
        "Contact": {"ContactID": "c1"},
        "CurrencyCode": "AUD",
        "LineAmountTypes": "Exclusive",
        "LineItems": [
            {
                "AccountCode": "200",
                "TaxType": "OUTPUT",
                "LineAmount": D("100.00"),
                "TaxAmount": D("10.00"),
                "Tracking": [{"Name": "Location", "Option": "Sydney"}],
            }
        ],
        "Total": D("110.00"),
        **changes,
    }


def test_a_sales_invoice_credits_its_lines_and_debits_receivables():
    line, control = ledger_lines([_document()], control_accounts_of(CHART))
    assert (line.account_code, line.net, line.tax, line.tax_type) == ("200", D(-100), D(-10), "OUTPUT")
    assert line.tracking == (("Location", "Sydney"),)
    assert (control.role, control.account_code, control.net) == ("control", "610", D(110))
    assert line.dated.isoformat() == "2026-03-17"


def test_credit_notes_and_bills_go_the_other_way():
    for kind, line_net, control in (
        ("ACCRECCREDIT", 100, "610"),
        ("ACCPAY", 100, "800"),
        ("ACCPAYCREDIT", -100, "800"),
    ):
        line, other = ledger_lines([_document(kind)], control_accounts_of(CHART))
        assert (line.net, other.account_code) == (D(line_net), control)
        assert other.net == -D(line_net) * D("1.1")


def test_only_live_documents_count():
    statuses = ("DRAFT", "SUBMITTED", "VOIDED", "DELETED", "PAID", "AUTHORISED")
    counted = [status for status in statuses if ledger_lines([_document(status=status)])]
    assert counted == ["PAID", "AUTHORISED"]


def test_inclusive_lines_are_shown_net_of_their_tax():
    line, _ = ledger_lines([_document(LineAmountTypes="Inclusive", Total=D("100.00"))])
    assert (line.net, line.tax) == (D(-90), D(-10))


def test_journals_keep_their_signs_and_have_no_control_line():
    journal = {
        "ManualJournalID": "j1",
        "Status": "POSTED",
        "Narration": "COGS",
        "Date": "/Date(1773705600000+0000)/",
        "JournalLines": [
            {"AccountCode": "310", "LineAmount": D("80.00"), "TaxAmount": D(0), "TaxType": "NONE"},
            {"AccountCode": "600", "LineAmount": D("-80.00"), "TaxAmount": D(0), "TaxType": "NONE"},
        ],
    }
    assert [(line.account_code, line.net) for line in ledger_lines([journal])] == [("310", D(80)), ("600", D(-80))]


def test_a_total_that_is_not_the_sum_of_its_lines_is_found():
    sound, wrong = _document(), _document(InvoiceID="i2", Total=D("110.01"))
    assert imbalance(ledger_lines([sound, wrong])) == {"i2": D("0.01")}
