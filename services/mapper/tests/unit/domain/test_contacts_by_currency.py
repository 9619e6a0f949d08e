"""Bill-to, currency, rates, dates and terms, with what a person chose for one record (M13, M14, M15, D9, D14)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import Contact, ContactPolicy
from ledgerwire.common.ledger.reference import LedgerRules
from ledgerwire.mapper.domain.contacts import contact_key
from ledgerwire.mapper.domain.model import ContactLink, Term
from ledgerwire.mapper.domain.settings import ContactSettings, CurrencySettings, RateSource, TermsSettings

from .build import ACME_CONTACT, REFERENCE, SETTINGS, document, mapped, source, stop, stops, warnings

ONE_CURRENCY = replace(
    REFERENCE, currencies=frozenset({"AUD", "EUR"}), rules=LedgerRules(contact_has_one_currency=True)
)
EURO = replace(REFERENCE, currencies=frozenset({"AUD", "EUR"}))


def abroad(*contacts, reference=ONE_CURRENCY, **more):
    return replace(source(currency="EUR", reference=reference), contacts=contacts or (ACME_CONTACT,), **more)


@pytest.mark.requirement("M15")
def test_another_currency_takes_a_second_contact_of_that_name():
    result = mapped(abroad())
    contact = result.documents[0].contact
    assert (contact.company_key, contact.company_name, contact.currency) == ("250:EUR", "Acme (EUR)", "EUR")
    assert (contact.decision, contact.candidate_id) == ("create", None)
    assert [item.code for item in result.findings] == ["CONTACT_WILL_BE_CREATED"]


@pytest.mark.requirement("M15")
def test_the_second_contact_is_found_again_by_its_name_or_its_currency():
    named = Contact("c-2", "Acme (EUR)")
    assert document(abroad(ACME_CONTACT, named)).contact.candidate_id == "c-2"
    numbered = Contact("c-3", "Acme Europe", account_number="ACME01", currency="EUR")
    assert document(abroad(replace(ACME_CONTACT, currency="AUD"), numbered)).contact.candidate_id == "c-3"
    always = Contact("c-4", "Acme", currency="EUR")
    result = mapped(abroad(always))
    assert (result.documents[0].contact.candidate_id, result.findings) == ("c-4", ())
    linked = document(abroad(link=ContactLink("linked", "c-9"))).contact
    assert (linked.company_key, linked.decision, linked.candidate_id) == ("250:EUR", "linked", "c-9")


@pytest.mark.requirement("M15")
def test_base_currency_and_ledgers_without_that_rule_keep_one_contact():
    home = document(source(reference=ONE_CURRENCY)).contact
    assert (home.company_key, home.currency, home.candidate_id) == ("250", None, "c-1")
    assert document(abroad(reference=EURO)).contact.company_key == "250"
    foreign = replace(ACME_CONTACT, currency="EUR")
    given = replace(source(reference=ONE_CURRENCY), contacts=(foreign,))
    assert document(given).contact.decision == "create"
    assert contact_key("250", ONE_CURRENCY, "EUR") == "250:EUR"
    assert contact_key("250", ONE_CURRENCY, "AUD") == contact_key("250", EURO, "EUR") == "250"


@pytest.mark.requirement("M15")
def test_the_rate_comes_from_the_ledger_a_table_or_nowhere():
    foreign = source(currency="EUR", reference=EURO)
    assert document(foreign).currency_rate is None
    table = CurrencySettings(RateSource.TABLE, {"EUR": Decimal("1.62")})
    assert document(replace(foreign, settings=replace(SETTINGS, currency=table))).currency_rate == Decimal("1.62")
    for missing in (CurrencySettings(RateSource.TABLE), CurrencySettings(RateSource.STOP)):
        finding = stop(replace(foreign, settings=replace(SETTINGS, currency=missing)))
        assert (finding.code, finding.params["currency"]) == ("CURRENCY_RATE_MISSING", "EUR")
        assert "?" not in finding.message
    assert (
        document(source(settings=replace(SETTINGS, currency=CurrencySettings(RateSource.STOP)))).currency_rate is None
    )


@pytest.mark.requirement("M15")
def test_a_revision_keeps_the_rate_that_was_used():
    table = CurrencySettings(RateSource.TABLE, {"EUR": Decimal("1.70")})
    foreign = source(currency="EUR", reference=EURO, settings=replace(SETTINGS, currency=table))
    assert document(replace(foreign, kept_rate=Decimal("1.62"))).currency_rate == Decimal("1.62")


@pytest.mark.requirement("M13", "M15")
def test_a_currency_the_ledger_has_not_enabled_stops_whatever_the_rate_source():
    assert "CURRENCY_NOT_ENABLED" in stops(source(currency="NZD", reference=EURO))


HELD = replace(SETTINGS, contacts=ContactSettings(policy=ContactPolicy.HOLD))


@pytest.mark.requirement("D9")
def test_a_person_links_or_creates_for_one_record_whatever_the_policy():
    near = Contact("c-7", "Acme Pty Ltd")
    given = replace(source(settings=HELD), contacts=(near,))
    assert stop(given).code == "CONTACT_UNLINKED"
    linked = document(replace(given, choices=("LINK:c-7",))).contact
    assert (linked.decision, linked.candidate_id) == ("link", "c-7")
    result = mapped(replace(given, choices=("CREATE_CONTACT",)))
    assert result.documents[0].contact.decision == "create"
    assert [item.code for item in result.findings] == ["CONTACT_WILL_BE_CREATED"]
    archived = replace(given, contacts=(replace(near, active=False),), choices=("LINK:c-7",))
    assert stop(archived).code == "CONTACT_ARCHIVED"


LOCKED = replace(REFERENCE, lock_date=date(2026, 2, 28))


@pytest.mark.requirement("D14")
@pytest.mark.parametrize("policy", ["hold", "ask"])
def test_a_held_date_goes_to_the_first_open_day_where_a_person_says_so(policy):
    given = source(reference=LOCKED, settings=replace(SETTINGS, lock_policy=policy))
    assert stop(given).code == "PERIOD_LOCKED"
    result = mapped(replace(given, choices=("FIRST_OPEN_DAY",)))
    [made] = result.documents
    assert (made.document_date, made.reference) == (date(2026, 3, 1), "dated 10 Feb 2026")
    assert [item.code for item in result.findings] == ["DATE_MOVED"]


@pytest.mark.requirement("D14")
def test_a_person_may_hold_one_record_where_the_others_move():
    given = source(reference=LOCKED, settings=replace(SETTINGS, lock_policy="first_open_day"))
    assert document(given).document_date == date(2026, 3, 1)
    assert stop(replace(given, choices=("HOLD",))).code == "PERIOD_LOCKED"


TERMS = replace(REFERENCE, terms=("Due on receipt", "Net 14", "Net 30", "20th of following month", "Staff"))


@pytest.mark.requirement("M14")
@pytest.mark.parametrize(
    ("name", "days", "xref", "due", "terms"),
    [
        ("Net 30", 30, "30", date(2026, 3, 12), "Net 30"),
        ("Fortnight", 14, "net 14", date(2026, 2, 24), "Net 14"),
        ("Cash", 0, "0", date(2026, 2, 10), "Due on receipt"),
        ("EOM + 20", None, "20 of following month", date(2026, 3, 20), "20th of following month"),
        ("Staff", None, "Staff", date(2026, 2, 12), "Staff"),
    ],
    ids=["days", "name", "on receipt", "end of month", "only a name"],
)
def test_the_documents_terms_are_the_ledgers_by_name_or_by_days(name, days, xref, due, terms):
    given = replace(source(reference=TERMS, term=name, due_date=due), term=Term(name, days, xref))
    result = mapped(given)
    assert (result.documents[0].terms, result.documents[0].due_date, result.findings) == (terms, due, ())


@pytest.mark.requirement("M14")
def test_a_term_the_ledger_does_not_have_is_a_warning_and_the_printed_date_stands():
    given = replace(source(reference=TERMS, term="Net 7", due_date=date(2026, 2, 17)), term=Term("Net 7", 7, "7"))
    [finding] = mapped(given).findings
    assert (finding.code, finding.message) == ("TERM_UNKNOWN", "Posted, due 17 Feb as printed. Xero has no term '7'.")
    linked = replace(SETTINGS, terms=TermsSettings({"Net 7": "Staff"}))
    assert document(replace(given, settings=linked)).terms == "Staff"


@pytest.mark.requirement("M14")
def test_a_ledger_without_terms_gets_the_date_alone():
    assert (document(source()).terms, warnings(source())) == (None, [])
