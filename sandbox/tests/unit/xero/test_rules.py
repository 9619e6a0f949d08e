from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.sandbox.xero.rules.contacts import clash_problems, fold, shape_problems
from ledgerwire.sandbox.xero.rules.lines import NotANumberError, merge_lines, number
from ledgerwire.sandbox.xero.rules.locks import Locks
from ledgerwire.sandbox.xero.rules.reference import account_class, resolve_tracking, tax_problem
from ledgerwire.sandbox.xero.rules.status import document_problem, is_removed, journal_problem


@pytest.mark.parametrize(
    ("current", "wanted", "settled", "fine"),
    [
        (None, "DRAFT", False, True),
        (None, "SUBMITTED", False, True),
        (None, "AUTHORISED", False, True),
        (None, "PAID", False, False),
        (None, "NONSENSE", False, False),
        ("DRAFT", "AUTHORISED", False, True),
        ("DRAFT", "DELETED", False, True),
        ("DRAFT", "VOIDED", False, False),
        ("SUBMITTED", "DRAFT", False, True),
        ("AUTHORISED", "AUTHORISED", False, True),
        ("AUTHORISED", "VOIDED", False, True),
        ("AUTHORISED", "DRAFT", False, False),
        ("AUTHORISED", "DELETED", False, False),
        ("AUTHORISED", "VOIDED", True, False),
        ("PAID", "AUTHORISED", False, False),
        ("PAID", "VOIDED", False, False),
        ("VOIDED", "AUTHORISED", False, False),
        ("DELETED", "DRAFT", False, False),
    ],
)
def test_a_document_moves_only_forward(current, wanted, settled, fine):
    assert (document_problem("Invoice", current, wanted, settled=settled) is None) is fine


@pytest.mark.parametrize(
    ("current", "wanted", "fine"),
    [
        (None, "POSTED", True),
        (None, "VOIDED", False),
        ("DRAFT", "DELETED", True),
        ("POSTED", "VOIDED", True),
        ("POSTED", "DRAFT", False),
        ("VOIDED", "POSTED", False),
    ],
)
def test_a_journal_moves_only_forward(current, wanted, fine):
    assert (journal_problem(current, wanted) is None) is fine


def test_removed_documents_give_their_number_back():
    assert [is_removed(status) for status in ("VOIDED", "DELETED", "PAID", "DRAFT")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("locks", "dated", "words"),
    [
        (Locks(period=date(2026, 2, 28)), date(2026, 2, 28), "period lock date, currently set at 28 February 2026"),
        (Locks(period=date(2026, 2, 28)), date(2026, 3, 1), None),
        (
            Locks(end_of_year=date(2025, 6, 30)),
            date(2025, 6, 30),
            "end of year lock date, currently set at 30 June 2025",
        ),
        (Locks(date(2026, 2, 28), date(2025, 6, 30), adviser=True), date(2026, 2, 1), None),
        (Locks(date(2026, 2, 28), date(2025, 6, 30), adviser=True), date(2025, 6, 1), "end of year"),
        (Locks(), date(1999, 1, 1), None),
    ],
)
def test_a_lock_date_refuses_its_own_day_and_earlier(locks, dated, words):
    problem = locks.problem(dated)
    assert problem is None if words is None else words in (problem or "")


@pytest.mark.parametrize(
    ("account_type", "expected"),
    [
        ("SALES", "REVENUE"),
        ("DIRECTCOSTS", "EXPENSE"),
        ("BANK", "ASSET"),
        ("INVENTORY", "ASSET"),
        ("CURRLIAB", "LIABILITY"),
        ("EQUITY", "EQUITY"),
    ],
)
def test_an_account_type_belongs_to_a_class(account_type, expected):
    assert account_class(account_type) == expected


def test_a_tax_type_fits_the_class_of_the_account():
    rate = {"TaxType": "OUTPUT", "CanApplyToRevenue": True, "CanApplyToExpenses": False}
    assert tax_problem("OUTPUT", rate, {"Code": "200", "Class": "REVENUE"}) is None
    assert tax_problem("OUTPUT", rate, {"Code": "310", "Class": "EXPENSE"}) == (
        "The TaxType code 'OUTPUT' cannot be used with account code '310'."
    )
    assert "does not exist" in str(tax_problem("OUTPUT", {**rate, "Status": "DELETED"}, None))


CATEGORIES = [
    {
        "TrackingCategoryID": "c1",
        "Name": "Location",
        "Options": [
            {"TrackingOptionID": "o1", "Name": "Sydney"},
            {"TrackingOptionID": "o2", "Name": "Shut", "Status": "ARCHIVED"},
        ],
    },
    {"TrackingCategoryID": "c2", "Name": "Old", "Status": "ARCHIVED", "Options": []},
]


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ([{"Name": "location", "Option": "SYDNEY"}], "Sydney"),
        ([{"TrackingCategoryID": "C1", "TrackingOptionID": "O1"}], "Sydney"),
        ([{"Name": "Location", "Option": "Shut"}], None),
        ([{"Name": "Old", "Option": "x"}], None),
        ([{"Name": "Location"}], None),
        ([{"Name": "Location", "Option": "Sydney"}] * 2, None),
    ],
)
def test_tracking_is_found_by_name_or_id_while_active(given, option):
    resolved, problems = resolve_tracking(given, CATEGORIES)
    if option is None:
        assert problems
    else:
        assert ([entry["Option"] for entry in resolved], problems) == ([option], [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(Decimal("1.10"), "1.10"), ("2.5", "2.5"), (3, "3"), (None, None), ("", None)],
)
def test_amounts_are_numbers_or_numeric_strings(value, expected):
    assert number(value) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("value", ["two", True, [], "NaN", "Infinity"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(NotANumberError):
        number(value)


def test_a_changed_price_makes_amount_and_tax_anew_and_a_text_does_not():
    old = [{"LineItemID": "l1", "Quantity": 1, "UnitAmount": 5, "LineAmount": 5, "TaxAmount": 1, "Description": "a"}]
    (repriced,), _ = merge_lines([{"LineItemID": "L1", "UnitAmount": 6}], old)
    (renamed,), _ = merge_lines([{"LineItemID": "l1", "Description": "b"}], old)
    assert "LineAmount" not in repriced
    assert "TaxAmount" not in repriced
    assert (renamed["LineAmount"], renamed["TaxAmount"], renamed["Description"]) == (5, 1, "b")


def test_names_are_compared_without_case_and_accents():
    assert fold("Élan  Café") == fold("elan  cafe")
    others = [{"Name": "ELAN", "ContactStatus": "ACTIVE"}, {"Name": "Gone", "ContactStatus": "ARCHIVED"}]
    assert clash_problems({"Name": "Élan"}, others)
    assert not clash_problems({"Name": "Gone"}, others)


def test_an_address_must_be_one():
    assert shape_problems({"Name": "A", "EmailAddress": "nobody"}) == ["Email address must be valid."]
    assert shape_problems({"Name": "A", "EmailAddress": "a@b.example"}) == []
