"""Whatever a document holds: what is composed comes to its total in QuickBooks, to the cent, or it is not composed at all.

200 documents a run; `--hypothesis-profile=thorough` makes it 10,000. QuickBooks rounds tax by line in one company and by
rate in another: both must come to the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.accounting.factory import build_ledger
from ledgerwire.accounting.gate import OpenGate
from ledgerwire.accounting.port import Ledger, Prepared
from ledgerwire.accounting.quickbooks.arithmetic import shared
from ledgerwire.accounting.quickbooks.company import Rate
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import ContactDecision, DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.quickbooks.app import create_app
from ledgerwire.sandbox.quickbooks.books.desk import Desk
from ledgerwire.sandbox.quickbooks.books.writing import save
from ledgerwire.sandbox.quickbooks.kinds import KINDS
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import decode

CENT = Decimal("0.01")
REGIMES = {
    "AU": {"GST": ("10",), "FREE": ("0",)},
    "GB": {"VAT20": ("20",), "VAT5": ("5",), "EXEMPT": ("0",)},
    "US": {"Austin": ("6.25", "2"), "NON": ()},
    "CA": {"GSTPST": ("5", "7"), "GST": ("5",), "QST": ("5", "9.975"), "ZERO": ("0",)},
}
ENTITIES = {
    DocumentKind.SALES_INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "CreditMemo",
    DocumentKind.BILL: "Bill",
    DocumentKind.SUPPLIER_CREDIT: "VendorCredit",
}
SALES = {DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE}
CODES = {"LINE_TOTAL_DIFFERS", "TAX_TOTAL_DIFFERS", "ZERO_DOCUMENT"}

# Units of 0.00001, the place in the regime's rates, and how the line is meant to be sent.
LINE = st.tuples(
    st.integers(1, 50_000_00000) | st.sampled_from([1_00000, 25000, 1_50000, 1234_00000]),
    st.integers(-5_000_00000, 20_000_00000) | st.integers(-99999, 99999),
    st.integers(0, 3),
    st.sampled_from(["as it is", "once", "tax spread", "a cent more"]),
)


class Token:
    def __init__(self, value: str) -> None:
        self._value = value

    async def token(self) -> str:
        return self._value

    async def refresh(self, stale: str) -> str:
        return stale


class Company:
    """A company of one country, and a ledger that has read its lists."""

    def __init__(self, country: str, rounding: str) -> None:
        self.state = QuickBooksState()
        self.state.load(_seed(country, rounding))
        self.desk = Desk(self.state, datetime(2026, 3, 17, tzinfo=UTC))
        self.ledger: Ledger = asyncio.run(self._connected())

    async def _connected(self) -> Ledger:
        clock = VirtualClock(datetime(2026, 3, 17, tzinfo=UTC))
        app = create_app(self.state, clock, Journal(clock), Faults())
        token = self.state.identity.consent("app", clock.now())["access_token"]
        config = {"base_url": "http://quickbooks.test", "realm_id": self.state.realm_id}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
            made = build_ledger("quickbooks", config, http, Token(token), OpenGate())  # type: ignore[arg-type]
            await made.reference_data()
        return made

    def booked(self, document: LedgerDocument) -> dict[str, Any] | set[str]:
        """The row the sandbox makes of the composed bytes (it is taken out again), or why it is not composed."""
        try:
            composed = self.ledger.compose(document.kind, [Prepared(document, "1" if document.kind in SALES else "2")])
        except Stopped as stopped:
            return {finding.code for finding in stopped.findings}
        entity = ENTITIES[document.kind]
        row: dict[str, Any] = save(self.desk, KINDS[entity], decode(composed.body))
        self.state.remove(entity, str(row["Id"]))
        return row


def _seed(country: str, rounding: str) -> dict[str, Any]:
    rates: list[dict[str, Any]] = []
    codes: list[dict[str, Any]] = []
    for name, percents in REGIMES[country].items():
        if name == "NON":
            continue
        ids = [str(len(rates) + place) for place in range(1, len(percents) + 1)]
        rates += [{"Id": one, "Name": f"{name} {one}", "RateValue": p} for one, p in zip(ids, percents, strict=True)]
        detail = {"TaxRateDetail": [{"TaxRateRef": {"value": one}} for one in ids]}
        codes.append({"Name": name, "SalesTaxRateList": detail, "PurchaseTaxRateList": detail})
    return {
        "apps": [{"client_id": "app", "client_secret": "s"}],
        "switches": {"limits_enabled": False, "tax_rounding": rounding},
        "CompanyInfo": {"Country": country},
        "TaxRate": [{**rate, "RateValue": Decimal(rate["RateValue"])} for rate in rates],
        "TaxCode": codes,
        "Account": [
            {"Id": "1", "Name": "Sales", "AcctNum": "200", "AccountType": "Income"},
            {"Id": "2", "Name": "Cost", "AcctNum": "310", "AccountType": "Cost of Goods Sold"},
            {"Id": "3", "Name": "Payables", "AccountType": "Accounts Payable"},
        ],
        "Item": [{"Id": "1", "Name": "MS", "IncomeAccountRef": {"value": "1"}}],
        "Customer": [{"Id": "1", "DisplayName": "Harbour Dental"}],
        "Vendor": [{"Id": "2", "DisplayName": "Northwind Supply"}],
    }


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def made_line(country: str, kind: DocumentKind, raw: tuple[int, int, int, str]) -> DocumentLine:
    quantity, price, rate, treat = Decimal(raw[0]) / 100000, Decimal(raw[1]) / 100000, raw[2], raw[3]
    keys = list(REGIMES[country])
    # One sales tax stands on a document of the United States, and none on what is bought.
    tax_type = "NON" if country == "US" and kind not in SALES else keys[rate % len(keys)]
    net = cents(quantity * price)
    if treat == "once":
        quantity, price = Decimal(1), net
    whole = sum((Decimal(one) for one in REGIMES[country][tax_type]), Decimal(0))
    tax = cents(net * whole / 100)
    spread = treat == "tax spread" and bool(tax)
    sign = 1 if net > 0 else -1
    return DocumentLine(
        description="Managed services",
        quantity=quantity,
        unit_amount=price,
        net=net,
        account_code="200" if kind in SALES else "310",
        tax_type=tax_type,
        tax_amount=tax + CENT * sign if spread else tax + (CENT if treat == "a cent more" else 0),
        item_code="MS" if kind in SALES else None,
        tax_override=spread,
    )


def made_document(kind: DocumentKind, country: str, raw: list[tuple[int, int, int, str]]) -> LedgerDocument:
    lines = tuple(made_line(country, kind, one) for one in raw)
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((line.tax_amount for line in lines), Decimal(0))
    contact, day = ContactDecision("1", "Harbour Dental", "linked"), date(2026, 3, 17)
    return LedgerDocument(kind, "INV-1", contact, day, day, "AUD", lines, net, tax, net + tax)


@pytest.fixture(scope="module")
def companies() -> dict[tuple[str, str], Company]:
    return {(country, way): Company(country, way) for country in REGIMES for way in ("per_line", "per_rate")}


def thorough(test: Callable[..., None]) -> Callable[..., None]:
    """At least 200 examples, more where the profile says so; no deadline on a busy machine."""
    return settings(max_examples=max(200, settings().max_examples), deadline=None)(test)


@pytest.mark.timeout(1800)
@pytest.mark.requirement("M11", "D13", "A132", "A133")
@thorough
@given(
    kind=st.sampled_from(list(ENTITIES)),
    where=st.tuples(st.sampled_from(list(REGIMES)), st.sampled_from(["per_line", "per_rate"])),
    raw=st.lists(LINE, min_size=1, max_size=12),
)
def test_a_composed_document_comes_to_its_total_or_is_not_composed(
    companies: dict[tuple[str, str], Company],
    kind: DocumentKind,
    where: tuple[str, str],
    raw: list[tuple[int, int, int, str]],
) -> None:
    document = made_document(kind, where[0], raw)
    if document.total < 0:  # such a record is of the other kind, with every sign turned
        document = made_document(kind, where[0], [(one[0], -one[1], one[2], one[3]) for one in raw])
    if document.total < 0:  # a cent more on either side of nothing
        return
    row = companies[where].booked(document)
    if isinstance(row, set):
        assert row <= CODES
        assert any(one[3] == "a cent more" for one in raw)
        return
    tax = (row.get("TxnTaxDetail") or {}).get("TotalTax", Decimal(0))
    assert (row["TotalAmt"], tax) == (document.total, document.tax)
    shown = [line["Amount"] for line in row["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    assert shown == [line.net for line in document.lines]


@given(
    tax=st.integers(-10_000_00, 10_000_00),
    percents=st.lists(st.sampled_from(["5", "7", "9.975", "6.25", "2", "0"]), min_size=1, max_size=4),
)
def test_a_tax_is_shared_out_in_whole_cents_that_add_up(tax: int, percents: list[str]) -> None:
    rates = tuple(Rate(str(place), "", Decimal(percent)) for place, percent in enumerate(percents))
    whole, amount = sum(rate.percent for rate in rates), Decimal(tax) / 100
    parts = [part for _, part in shared(amount, rates)]
    if not whole:
        assert set(parts) == {Decimal(0)}
        return
    assert sum(parts) == amount
    assert all(abs(part - amount * rate.percent / whole) < CENT for part, rate in zip(parts, rates, strict=True))
