"""Reference data, contacts and documents as Xero gives them, in neutral terms; anything garbled is no answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.factory import build_ledger
from ledgerwire.accounting.gate import OpenGate
from ledgerwire.accounting.port import Ledger
from ledgerwire.accounting.wire import Json, UnreadableError, decode
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.documents import find_documents
from ledgerwire.accounting.xero.reference import reference_data
from ledgerwire.accounting.xero.wire import amount, calendar_date
from ledgerwire.common.errors import ConfigurationError, Stopped, Transient
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.ledger.reference import AccountClass

INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE


class Pages:
    """A client that answers reads from a script and remembers what was asked."""

    def __init__(self, *answers: Json) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def read(self, path: str, params: dict[str, str] | None = None, *, changed_since: Any = None) -> Json:
        self.asked.append((path, dict(params or {})))
        return self.answers.pop(0) if self.answers else {path.removeprefix("/"): []}


def reads(*answers: Json) -> Any:
    return Pages(*answers)


def organisation(**changes: Any) -> dict[str, Json]:
    answers: dict[str, Json] = {
        "Organisation": {"Organisations": [{"Name": "Harbour IT", "BaseCurrency": "AUD"}]},
        "Accounts": {"Accounts": []},
        "TaxRates": {"TaxRates": []},
        "Items": {"Items": []},
        "TrackingCategories": {"TrackingCategories": []},
        "Currencies": {"Currencies": []},
    }
    return answers | changes


@pytest.mark.parametrize(
    ("locks", "lock_date"),
    [
        ({}, None),
        ({"PeriodLockDate": "/Date(1772236800000+0000)/"}, date(2026, 2, 28)),
        ({"EndOfYearLockDate": "/Date(1751241600000+0000)/"}, date(2025, 6, 30)),
        (
            {"PeriodLockDate": "/Date(1772236800000+0000)/", "EndOfYearLockDate": "/Date(1751241600000+0000)/"},
            date(2026, 2, 28),
        ),
    ],
)
def test_the_later_lock_date_closes_the_books(locks: dict[str, str], lock_date: date | None) -> None:
    read = reference_data(organisation(Organisation={"Organisations": [{"BaseCurrency": "AUD", **locks}]}))
    assert read.lock_date == lock_date


def test_reference_data_in_neutral_terms() -> None:
    read = reference_data(
        organisation(
            Accounts={
                "Accounts": [
                    {"Code": "200", "Name": "Sales", "Class": "REVENUE", "Status": "ACTIVE", "TaxType": "OUTPUT"},
                    {"Code": "860", "Name": "Rounding", "Class": "EXPENSE", "SystemAccount": "ROUNDING"},
                    {"Code": "260", "Name": "Old", "Class": "REVENUE", "Status": "ARCHIVED"},
                    {"Name": "A bank account without a code", "Class": "ASSET"},
                ]
            },
            TaxRates={
                "TaxRates": [
                    {
                        "TaxType": "OUTPUT",
                        "Name": "GST on Income",
                        "EffectiveRate": Decimal("10.0000"),
                        "Status": "ACTIVE",
                        "CanApplyToRevenue": True,
                        "CanApplyToExpenses": False,
                    },
                    {"TaxType": "TAX009", "Name": "Old", "EffectiveRate": 5, "Status": "DELETED"},
                ]
            },
            Items={"Items": [{"Code": "SRV", "IsTrackedAsInventory": True, "SalesDetails": {"AccountCode": "200"}}]},
            TrackingCategories={
                "TrackingCategories": [
                    {
                        "Name": "Location",
                        "Status": "ACTIVE",
                        "Options": [{"Name": "Sydney"}, {"Name": "Shut", "Status": "ARCHIVED"}],
                    },
                    {"Name": "Gone", "Status": "ARCHIVED", "Options": []},
                ]
            },
            Currencies={"Currencies": [{"Code": "NZD"}]},
        )
    )
    assert [(item.code, item.active, item.system) for item in read.accounts] == [
        ("200", True, None),
        ("860", True, "ROUNDING"),
        ("260", False, None),
    ]
    assert [(item.tax_type, item.rate, item.active) for item in read.tax_rates] == [
        ("OUTPUT", 10, True),
        ("TAX009", 5, False),
    ]
    assert read.tax_rates[0].applies_to == frozenset({AccountClass.REVENUE})
    assert [(item.code, item.name, item.tracked, item.revenue_account) for item in read.items] == [
        ("SRV", "SRV", True, "200")
    ]
    assert [(item.name, item.options) for item in read.tracking] == [("Location", ("Sydney",))]
    assert read.currencies == {"AUD", "NZD"}


@pytest.mark.parametrize(
    "changes",
    [
        {"Organisation": {"Organisations": []}},
        {"Organisation": {"Organisations": [{"Name": "no currency"}]}},
        {"Accounts": {"Accounts": [{"Code": "1", "Class": "MAGIC"}]}},
        {"TaxRates": {"TaxRates": [{"TaxType": "X"}]}},
        {"Organisation": {"Organisations": [{"BaseCurrency": "AUD", "PeriodLockDate": "soon"}]}},
    ],
)
def test_garbled_reference_data_is_no_reference_data(changes: dict[str, Json]) -> None:
    with pytest.raises(UnreadableError):
        reference_data(organisation(**changes))


def test_amounts_and_dates_never_pass_through_binary_fractions() -> None:
    row = decode(b'{"Total": 0.1, "Int": 3, "Text": "1204.50", "Exp": 1e2}')
    assert row is not None
    assert [amount(row, name) for name in ("Total", "Int", "Text", "Exp")] == [
        Decimal("0.1"),
        Decimal(3),
        Decimal("1204.50"),
        Decimal(100),
    ]
    assert calendar_date({"Date": "/Date(1773705600000+0000)/"}, "Date") == date(2026, 3, 17)
    assert calendar_date({"Date": "/Date(-86400000)/"}, "Date") == date(1969, 12, 31)
    for bad in ({"Total": "NaN"}, {"Total": "Infinity"}, {"Total": "1,204.50"}, {"Total": [1]}, {}):
        with pytest.raises(UnreadableError):
            amount(bad, "Total")


def invoice(number: str, **changes: Any) -> Json:
    return {
        "Type": "ACCREC",
        "InvoiceID": f"ID-{number}",
        "InvoiceNumber": number,
        "Contact": {"ContactID": "C1"},
        "DateString": "2026-03-17T00:00:00",
        "Status": "AUTHORISED",
        "CurrencyCode": "AUD",
        "SubTotal": Decimal("100.00"),
        "TotalTax": Decimal("10.00"),
        "Total": Decimal("110.00"),
        "AmountPaid": Decimal("30.00"),
        "AmountCredited": Decimal("5.00"),
        "LineItems": [{}, {}],
        **changes,
    }


async def test_bills_with_our_number_are_not_ours_and_payments_and_credits_are_summed() -> None:
    client = reads({"Invoices": [invoice("INV-1"), invoice("INV-1", Type="ACCPAY"), invoice("INV-10")]})
    [found] = await find_documents(client, INVOICE, ["INV-1"])
    assert (found.ledger_id, found.paid, found.line_count, found.contact_id) == ("id-inv-1", 35, 2, "c1")
    assert client.asked == [
        ("/Invoices", {"InvoiceNumbers": "INV-1", "page": "1", "pageSize": "1000", "unitdp": "4"}),
    ]


async def test_a_number_in_other_letters_is_found_under_the_number_asked_for() -> None:
    [found] = await find_documents(reads({"Invoices": [invoice("inv-1")]}), INVOICE, ["INV-1"])
    assert found.number == "INV-1"


@pytest.mark.parametrize(
    ("status", "live", "draft"),
    [
        ("AUTHORISED", True, False),
        ("PAID", True, False),
        ("DRAFT", True, True),
        ("SUBMITTED", True, True),
        ("VOIDED", False, False),
        ("DELETED", False, False),
    ],
)
async def test_the_status_tells_whether_it_lives(status: str, live: bool, draft: bool) -> None:
    [found] = await find_documents(reads({"Invoices": [invoice("INV-1", Status=status)]}), INVOICE, ["INV-1"])
    assert (found.live, found.draft) == (live, draft)


async def test_credit_notes_are_asked_for_by_condition_and_what_is_applied_counts_as_settled() -> None:
    note = invoice("CM-1", Type="ACCRECCREDIT", CreditNoteID="N1", CreditNoteNumber="CM-1", RemainingCredit=Decimal(70))
    client = reads({"CreditNotes": [note]})
    [found] = await find_documents(client, CREDIT, ["CM-1", "CM-2"])
    assert (found.ledger_id, found.paid) == ("n1", 40)
    assert client.asked[0][1]["where"] == 'CreditNoteNumber=="CM-1" OR CreditNoteNumber=="CM-2"'


async def test_long_lists_of_numbers_are_asked_in_parts_and_pages_are_followed() -> None:
    numbers = [f"INVOICE-{n:05d}" for n in range(100)]
    full = {"Invoices": [invoice("OTHER")] * 1000}
    client = reads(full, {"Invoices": [invoice(numbers[0])]})
    found = await find_documents(client, INVOICE, numbers)
    assert [item.number for item in found] == [numbers[0]]
    assert [asked["page"] for _, asked in client.asked][:2] == ["1", "2"]
    lists = [asked["InvoiceNumbers"].split(",") for _, asked in client.asked]
    assert sorted({number for group in lists for number in group}) == numbers
    assert all(len(asked["InvoiceNumbers"]) < 1500 for _, asked in client.asked)


@pytest.mark.parametrize("number", ['IN"V', "IN\\V", "IN,V", "IN\nV"])
@pytest.mark.parametrize("kind", [INVOICE, CREDIT])
async def test_a_number_that_cannot_be_asked_for_stops_by_name(kind: DocumentKind, number: str) -> None:
    with pytest.raises(Stopped) as stopped:
        await find_documents(reads(), kind, [number])
    assert stopped.value.code == "CHARACTER_NOT_SEARCHABLE"


async def test_a_document_without_its_figures_is_no_answer() -> None:
    for missing in ("InvoiceID", "Contact", "DateString", "Status", "Total"):
        row = invoice("INV-1")
        del row[missing]
        with pytest.raises(Transient):
            await find_documents(reads({"Invoices": [row]}), INVOICE, ["INV-1"])


def test_settings_are_read_with_the_host_alone_or_with_its_path() -> None:
    bare = XeroConfig.of({"base_url": "https://localhost:8443/", "token_url": "https://localhost:8443/connect/token"})
    assert bare.base_url == "https://localhost:8443/api.xro/2.0"
    assert bare.connections_url == "https://localhost:8443/connections"
    assert XeroConfig.of({"base_url": "https://h/api.xro/2.0"}).base_url == "https://h/api.xro/2.0"
    assert XeroConfig.of({}) == XeroConfig()


@pytest.mark.parametrize(
    "wrong",
    [{"base_url": "api.xero.com"}, {"token_url": 5}, {"concurrency": 6}, {"concurrency": True}, {"concurrency": "4"}],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        XeroConfig.of(wrong)


def test_an_unknown_ledger_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="sage"):
        build_ledger("sage", {}, None, None, OpenGate(), "t")  # type: ignore[arg-type]


def ledger() -> Ledger:
    return build_ledger("xero", {}, None, None, OpenGate(), "t")  # type: ignore[arg-type]


def test_composing_before_reference_data_is_a_bug_that_says_so() -> None:
    with pytest.raises(RuntimeError, match="reference_data"):
        ledger().compose(INVOICE, [])
