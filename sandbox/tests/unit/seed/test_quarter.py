"""The quarter: enough of everything, the same for the same seed, and every sum ties before any GL entry exists."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.seed import build
from ledgerwire.sandbox.seed.quarter import settled
from ledgerwire.sandbox.seed.quarter.books import item_accounts
from ledgerwire.sandbox.seed.quarter.faults import FAULTS
from ledgerwire.sandbox.seed.quarter.houses import HOUSES, TAX_CODES
from ledgerwire.sandbox.seed.quarter.people import PARTIES
from ledgerwire.sandbox.world import create_world


@pytest.fixture(scope="module")
def scenario():
    return build(7, "quarter")


@pytest.fixture(scope="module")
def quarter(scenario):
    return scenario.quarter


@pytest.fixture(scope="module")
def world():
    return create_world(7, "quarter")


def kind_of(entry):
    if entry.record_type != "procurement":
        return entry.record_type
    return "receipt" if entry.source_id.endswith("-purchase") else "stock"


def test_the_same_seed_tells_the_same_quarter_and_another_seed_another_one(scenario):
    assert build(7, "quarter") == scenario
    assert build(8, "quarter").quarter.entries != scenario.quarter.entries


def test_there_are_over_two_thousand_records_in_the_shares_of_a_real_quarter(quarter):
    counts = Counter(kind_of(entry) for entry in quarter.entries) + Counter(payment=len(quarter.settlements))
    total = sum(counts.values())
    assert total >= 2000
    shares = {kind: round(100 * count / total) for kind, count in counts.items()}
    assert shares == {"invoice": 36, "payment": 24, "expense": 22, "receipt": pytest.approx(14, abs=1), "stock": 4}


def test_every_company_has_every_type_of_invoice_and_record(quarter):
    by_company = {house.name: [e for e in quarter.entries if e.company == house.name] for house in HOUSES}
    for entries in by_company.values():
        assert {kind_of(entry) for entry in entries} == {"invoice", "receipt", "stock", "expense"}
        assert {document.kind for entry in entries for document in entry.documents} == {
            "sales_invoice",
            "credit_note",
            "bill",
            "supplier_credit",
            "journal",
        }
        assert {entry.outcome for entry in entries} == {"posted", "no_effect"}


def test_invoices_are_of_every_type_and_close_in_three_waves(scenario, quarter):
    rows = scenario.connectwise_tables["finance/invoices"]
    assert {row["type"] for row in rows} == {
        "Agreement", "Standard", "Progress", "DownPayment", "Miscellaneous", "CreditMemo", "Consolidated",
    }  # fmt: skip
    closing = [one for wave in quarter.waves for one in (*wave.burst, *wave.later)]
    assert sorted(closing) == sorted(row["id"] for row in rows)
    assert [wave.month for wave in quarter.waves] == [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]


@pytest.mark.requirement("M3", "M5", "M6", "M16", "M17")
def test_every_expected_document_adds_up(quarter):
    for entry in quarter.entries:
        for document in entry.documents:
            net = sum(line.net for line in document.lines)
            assert net == (0 if document.kind == "journal" else document.total - document.tax), entry
            assert document.total > 0 or entry.number, entry
            assert document.lines


def test_the_printed_total_of_every_invoice_is_its_document(scenario, quarter):
    rows = {str(row["id"]): row for row in scenario.connectwise_tables["finance/invoices"]}
    for entry in quarter.entries:
        if entry.record_type == "invoice":
            row = rows[entry.source_id]
            assert row["total"] == row["subtotal"] + row["salesTax"] == entry.source_total
            if entry.documents and entry.fault != "tax_total":
                assert entry.documents[0].total == abs(row["total"])


def test_tax_follows_the_country(quarter):
    percents = {"GST": 10, "VAT20": 20, "VAT0": 0, "AUSTIN": Decimal("8.25"), "BC": 12, "GST5": 5}
    assert {name: TAX_CODES[name].percent for name in percents} == percents
    used = {
        (entry.company, document.tax_type) for entry in quarter.entries for document in entry.documents if document.tax
    }
    assert {kind for _, kind in used} == {"OUTPUT", "INPUT", "OUTPUT2", "INPUT2", "TAX001", "TAX002", "TAX003"}
    labour = [
        line.tax_type
        for entry in quarter.entries
        if entry.company == "Harbourline IT LLC"
        for document in entry.documents
        for line in document.lines
        if line.account == "220"
    ]
    assert set(labour) == {"NONE"}


def test_a_later_delivery_of_an_order_shares_the_vendors_invoice_number(quarter):
    bills = Counter(
        d.number for e in quarter.entries if kind_of(e) == "receipt" for d in e.documents if d.kind == "bill"
    )
    assert max(bills.values()) == 2
    assert sum(1 for count in bills.values() if count == 2) > 30


def test_payments_cover_every_case_and_never_more_than_is_owed(quarter):
    documents = {e.number: e.documents[0] for e in quarter.entries if e.record_type == "invoice" and e.documents}
    given = Counter()
    for event in quarter.settlements:
        for number, amount in event.parts:
            assert documents[number].contact == event.contact
            assert event.day >= documents[number].date
            given[number] += amount
        if event.credit:
            given[event.credit] += event.total
    assert all(amount <= documents[number].total for number, amount in given.items())
    assert any(amount < documents[number].total for number, amount in given.items())
    assert {event.kind for event in quarter.settlements} == {"payment", "refund", "credit"}
    assert {len(event.parts) for event in quarter.settlements} == {1, 3, 5}


def test_every_fault_is_planted_and_ends_as_it_should(quarter):
    assert {one.fault for one in quarter.planted} == set(FAULTS)
    entry = next(each for each in quarter.entries if each.fault == "item_account")
    assert settled(entry, "xero", frozenset()) == "posted"
    assert settled(entry, "quickbooks", frozenset()) == "stopped"
    assert settled(entry, "quickbooks", frozenset({"item_account"})) == "posted"
    assert settled(replace(entry, fault=None), "quickbooks", frozenset()) == "posted"
    fixed = [one for one in quarter.planted if one.fix is not None]
    assert len(fixed) >= 12
    assert {one.fix.side for one in fixed} == {"connectwise", "ledger", "ledgerwire"}


def test_the_psa_makes_entries_for_everything_but_what_was_planted_unmapped(world):
    state, quarter = world.connectwise.state, world.scenario.quarter
    for wave in quarter.waves:
        for invoice_id in (*wave.burst, *wave.later):
            world.connectwise.desk.set_status(invoice_id, {"name": "Closed"}, 152)
    empty = []
    for entry in quarter.entries:
        number = entry.source_id if entry.record_type == "procurement" else int(entry.source_id)
        if not state.entries_of(RecordKey(entry.record_type, number)):
            empty.append(entry.fault)
    assert sorted(empty) == ["gl_mapping", "no_expense_mapping"]


@pytest.mark.requirement("A117")
def test_one_world_serves_all_companies_in_both_packages(world):
    names = [house.name for house in HOUSES]
    assert [state.organisation["Name"] for state in world.organisations.all] == names
    assert [state.company["CompanyName"] for state in world.realms.all] == names
    assert {state.organisation["BaseCurrency"] for state in world.organisations.all} == {"AUD", "GBP", "USD", "CAD"}
    assert len({state.realm_id for state in world.realms.all}) == len(names)
    locations = [place for each in world.scenario.companies for place in each.locations]
    assert len(locations) == len(set(locations))


@pytest.mark.parametrize("package", ["xero", "quickbooks"])
def test_the_account_knows_every_company_and_its_country(scenario, package):
    account = scenario.account_for(package)
    assert [each["name"] for each in account["companies"]] == [each.name for each in scenario.companies]
    sections = account["mapping"]["companies"]
    assert set(sections) == {house.name for house in HOUSES}
    for house in HOUSES:
        known = {rate.name if package == "quickbooks" else rate.tax_type for rate in house.rates} | {"NON"}
        section = sections[house.name]
        assert section["tax"]["untaxed_type"] in known
        assert set(section["procurement"]["taxed_links"].values()) <= known
        assert section["expenses"]["clearing_contact"] == house.card


def test_the_items_sell_to_the_accounts_of_the_posting_guide(quarter):
    accounts = item_accounts()
    for entry in quarter.entries:
        for document in entry.documents:
            for line in document.lines:
                if line.item and entry.fault not in {"item_account", "unknown_item"}:
                    assert accounts[line.item] == line.account, entry


def test_nobody_is_called_like_another():
    names = [party.name.casefold() for party in PARTIES.values()]
    assert len(names) == len(set(names))
