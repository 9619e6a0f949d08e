from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledgerwire.sandbox.quickbooks.books.header import due_date
from ledgerwire.sandbox.quickbooks.company import company_from
from ledgerwire.sandbox.quickbooks.identity import App, Identity, OAuthError
from ledgerwire.sandbox.quickbooks.query import parse
from ledgerwire.sandbox.quickbooks.refusals import RefusedError
from ledgerwire.sandbox.quickbooks.rules.shape import checked, properties
from ledgerwire.sandbox.quickbooks.rules.tax import Taxed, contained, rate_sums, spread
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.switches import Switches
from ledgerwire.sandbox.quickbooks.wire import decode, encode, number, to_xml

NOW = datetime(2026, 3, 17, tzinfo=UTC)
RATES = {
    "TaxRate": [{"Id": "1", "Name": "State", "RateValue": 6.25}, {"Id": "2", "Name": "City", "RateValue": 2}],
    "TaxCode": [
        {
            "Id": "1",
            "Name": "Austin",
            "SalesTaxRateList": {"TaxRateDetail": [{"TaxRateRef": {"value": "1"}}, {"TaxRateRef": {"value": "2"}}]},
        }
    ],
}
SIDE = "SalesTaxRateList"


def _state(**seed):
    state = QuickBooksState()
    state.load(seed)
    return state


@pytest.mark.parametrize(
    "seed",
    [{"Custommer": []}, {"switches": {"tax_ronding": "x"}}, {"switches": {"tax_rounding": "x"}}, {"Invoice": []}],
)
def test_a_misspelt_seed_is_refused(seed):
    with pytest.raises(ValueError, match=r"unknown|takes one of"):
        _state(**seed)


@pytest.mark.parametrize("values", [{"limits_enabled": 1}, {"minute_limit": "many"}, {"minute_limit": True}])
def test_switches_keep_their_kind(values):
    with pytest.raises(ValueError, match="Expected"):
        Switches.of({"second_limit": 5, **values})


def test_loading_again_forgets_everything_before():
    state = _state(Term=[{"Name": "Net 7", "DueDays": 7}])
    assert [row["Id"] for row in state.all("Term")] == ["1"]
    state.load({})
    assert list(state.all("Term")) == []
    assert state.home_currency == "AUD"


def test_names_share_their_ids_and_a_seed_counts_on_from_what_is_given():
    state = _state(Customer=[{"Id": "1", "DisplayName": "A"}, {"DisplayName": "B"}], Vendor=[{"DisplayName": "C"}])
    assert [row["Id"] for name in ("Customer", "Vendor") for row in state.all(name)] == ["1", "2", "3"]
    assert state.named(" b ") == ("Customer", "2")


def test_a_company_takes_chart_rates_items_and_names_of_another_ledger():
    ledger = {
        "organisation": {"Name": "Harbour", "CountryCode": "AU", "BaseCurrency": "AUD", "PeriodLockDate": "2026-01-31"},
        "accounts": [
            {"Code": "200", "Name": "Sales", "Type": "REVENUE"},
            {"Code": "610", "Name": "Debtors", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
            {"Code": "291", "Name": "Old", "Type": "REVENUE", "Status": "ARCHIVED"},
        ],
        "tax_rates": [{"Name": "GST", "EffectiveRate": Decimal(10), "CanApplyToExpenses": False}],
        "items": [
            {"Code": "MS", "Name": "Managed", "SalesDetails": {"AccountCode": "200"}},
            {"Code": "X", "Name": "X"},
        ],
        "tracking_categories": [{"Name": "Line", "Options": [{"Name": "Cloud"}]}],
        "contacts": [
            {"Name": "Both", "IsCustomer": True, "IsSupplier": True},
            {"Name": "Gone", "ContactStatus": "ARCHIVED", "EmailAddress": "a@b.example"},
        ],
    }
    state = _state(**company_from(ledger))
    assert state.book_close_date == date(2026, 1, 31)
    kinds = [(row["AcctNum"], row["AccountType"], row["Active"]) for row in state.all("Account") if "AcctNum" in row]
    assert kinds == [("200", "Income", True), ("610", "Accounts Receivable", True), ("291", "Income", False)]
    assert [row["IncomeAccountRef"]["name"] for row in state.all("Item")] == ["Sales", "Sales"]
    names = [row["DisplayName"] for kind in ("Customer", "Vendor") for row in state.all(kind)]
    assert names == ["Both", "Gone", "Both (supplier)"]
    assert [row["Name"] for row in state.all("Class")] == ["Cloud"]
    [code] = state.all("TaxCode")
    assert (len(code["SalesTaxRateList"]["TaxRateDetail"]), code["PurchaseTaxRateList"]) == (1, {"TaxRateDetail": []})


@pytest.mark.requirement("M11")
def test_half_cents_of_tax_go_up_on_each_line_or_once_for_each_rate():
    state = _state(**RATES)
    lines = [Taxed(Decimal("1.25"), "1")] * 2
    assert [one.tax for one in rate_sums(state, lines, SIDE).values()] == [Decimal("0.16"), Decimal("0.06")]
    state.switches.change({"tax_rounding": "per_rate"})
    assert [one.tax for one in rate_sums(state, lines, SIDE).values()] == [Decimal("0.16"), Decimal("0.05")]


def test_tax_inside_an_amount_and_an_explicit_total_are_shared_out_whole():
    state = _state(**RATES)
    tax = contained(state, Decimal("108.25"), "1", SIDE)
    assert tax == Decimal("8.25")
    sums = rate_sums(state, [Taxed(Decimal("100.00"), "1", tax)], SIDE)
    assert sum(one.tax for one in sums.values()) == tax
    spread(sums, Decimal("8.30"))
    assert [one.tax for one in sums.values()] == [Decimal("6.29"), Decimal("2.01")]
    spread({}, Decimal(0))


@pytest.mark.parametrize(
    ("dated", "term", "due"),
    [
        ("2026-03-17", {}, "2026-03-17"),
        ("2026-03-17", {"DueDays": 14}, "2026-03-31"),
        ("2026-03-17", {"DayOfMonthDue": 31}, "2026-03-31"),
        ("2026-03-17", {"DayOfMonthDue": 20, "DueNextMonthDays": 5}, "2026-04-20"),
        ("2026-12-30", {"DayOfMonthDue": 15}, "2027-01-15"),
        ("2026-01-31", {"DayOfMonthDue": 30}, "2026-02-28"),
    ],
)
def test_terms_make_due_dates(dated, term, due):
    assert due_date(date.fromisoformat(dated), term).isoformat() == due


def test_money_keeps_its_digits_on_the_wire():
    assert encode(decode(b'{"Amount":1861.080}')) == b'{"Amount":1861.080}'
    assert number("12.50") == Decimal("12.50")
    for wrong in (True, "x", [], "NaN"):
        with pytest.raises(ValueError, match="not a number"):
            number(wrong)
    with pytest.raises(ValueError, match=r"malformed|truncated"):
        decode(b"{")


def test_references_and_flags_become_attributes_and_text_in_xml():
    row = {"Id": "1", "domain": "QBO", "Active": True, "CustomerRef": {"value": "4", "name": "A & B"}, "Line": [{}, {}]}
    text = to_xml({"Invoice": row, "time": "now"}).decode()
    assert '<Invoice domain="QBO"><Id>1</Id><Active>true</Active>' in text
    assert '<CustomerRef name="A &amp; B">4</CustomerRef><Line /><Line />' in text


def test_a_sent_entity_is_read_property_by_property():
    sent = {"DocNumber": 7, "TxnDate": "2026-03-17", "DueDate": "", "PrivateNote": None, "sparse": "true"}
    assert checked("Invoice", sent) == {"DocNumber": "7", "TxnDate": "2026-03-17", "sparse": True}
    assert properties()["JournalEntryLineDetail"]["PostingType"] == "text"
    for wrong in (
        [],
        {"Line": {}},
        {"Line": [{"Amount": "ten"}]},
        {"CustomerRef": "1"},
        {"CustomerRef": {"value": 5}},
        {"LinkedTxn": [{"TxnId": "1"}]},
        {"DocNumber": {}},
        {"sparse": "maybe"},
    ):
        with pytest.raises(RefusedError):
            checked("Invoice", wrong)


def test_a_query_is_read_with_escapes_and_without_letter_case():
    query = parse(
        r"SELECT * FROM customer WHERE DisplayName = 'O\'Neill \\ Co' and Active IN (true,false) MaxResults 7;"
    )
    assert query.entity == "Customer"
    assert [(one.field, one.operator, one.values) for one in query.conditions] == [
        ("DisplayName", "=", ("O'Neill \\ Co",)),
        ("Active", "in", ("true", "false")),
    ]
    assert (query.start, query.most) == (1, 7)


def test_a_refresh_value_belongs_to_its_app():
    identity = Identity([App("a", "s"), App("b", "t")])
    tokens = identity.consent("a", NOW)
    with pytest.raises(OAuthError):
        identity.refresh(App("b", "t"), tokens["refresh_token"], NOW, NOW - NOW)
    with pytest.raises(OAuthError):
        identity.revoke(App("b", "t"), tokens["access_token"])
    identity.revoke(App("a", "s"), tokens["access_token"])
    assert identity.revoke_all() == 0
