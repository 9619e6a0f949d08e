"""Whatever a document holds: what is composed comes to its total in Xero, to the cent, or it is not composed at all.

200 documents a run; `--hypothesis-profile=thorough` makes it 10,000.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgerwire.accounting.factory import build_ledger
from ledgerwire.accounting.gate import OpenGate
from ledgerwire.accounting.port import Ledger, Prepared
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import ContactDecision, DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.xero.app import create_app
from ledgerwire.sandbox.xero.books.desk import Desk
from ledgerwire.sandbox.xero.books.documents import write_document
from ledgerwire.sandbox.xero.books.journals import write_journal
from ledgerwire.sandbox.xero.books.kinds import CREDIT_NOTE, INVOICE
from ledgerwire.sandbox.xero.state import XeroState
from ledgerwire.sandbox.xero.wire import decode

CENT = Decimal("0.01")
REGIMES = {
    "Sydney": {"GST": Decimal(10), "FREE": Decimal(0)},
    "London": {"VAT20": Decimal(20), "VAT5": Decimal(5), "EXEMPT": Decimal(0)},
    "Austin": {"TX": Decimal("8.25"), "NON": Decimal(0)},
    "Vancouver": {"GSTPST": Decimal(12), "GST5": Decimal(5), "QST": Decimal("14.975"), "ZERO": Decimal(0)},
}
CODES = {"LINE_TOTAL_DIFFERS", "TAX_TOTAL_DIFFERS", "ZERO_DOCUMENT"}
KINDS = [kind for kind in DocumentKind if kind is not DocumentKind.JOURNAL]

# Units of 0.00001: what one line is made of. `treat` says how the line is meant to be sent.
LINE = st.tuples(
    st.integers(1, 50_000_00000) | st.sampled_from([1_00000, 25000, 1_50000, 1234_00000]),
    st.integers(-5_000_00000, 20_000_00000) | st.integers(-99999, 99999),
    st.integers(0, 3),
    st.sampled_from(["as it is", "once", "tax spread", "a cent more", "four decimals"]),
)
FEW = st.lists(LINE, min_size=1, max_size=12)
MANY = st.builds(
    lambda seed, size: [_drawn(random.Random(seed * 1000 + place)) for place in range(size)],  # noqa: S311
    st.integers(0, 2**32),
    st.integers(1, 200),
)
Raw = Sequence[tuple[int, int, int, str]]


def _drawn(chance: random.Random) -> tuple[int, int, int, str]:
    quantity = chance.choice([1_00000, 25000 * chance.randint(1, 400), chance.randint(1, 99_99999)])
    price = chance.choice(
        [chance.randint(1, 9_999_99999), 1000 * chance.randint(1, 999_99), -chance.randint(1, 99_99999)]
    )
    return quantity, price, chance.randint(0, 3), chance.choice(["as it is", "once", "tax spread", "four decimals"])


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def made_line(regime: str, raw: tuple[int, int, int, str]) -> DocumentLine:
    """A line as it comes from an invoice: the product of quantity and price to the cent, tax to the cent."""
    quantity, price, rate, treat = Decimal(raw[0]) / 100000, Decimal(raw[1]) / 100000, raw[2], raw[3]
    if treat in {"four decimals", "tax spread"}:
        quantity, price = (value.quantize(Decimal("0.0001"), ROUND_HALF_UP) for value in (quantity, price))
    net = cents(quantity * price)
    if treat == "once":
        quantity, price = Decimal(1), net
    keys = list(REGIMES[regime])
    tax_type = keys[rate % len(keys)]
    tax = cents(net * REGIMES[regime][tax_type] / 100)
    spread = treat == "tax spread" and abs(tax) + CENT <= abs(net)
    return DocumentLine(
        description="Managed services",
        quantity=quantity,
        unit_amount=price,
        net=net,
        account_code="200",
        tax_type=tax_type,
        tax_amount=tax + CENT * (1 if net > 0 else -1) if spread else tax + (CENT if treat == "a cent more" else 0),
        tax_override=spread,
    )


def made_document(kind: DocumentKind, lines: Sequence[DocumentLine]) -> LedgerDocument:
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((line.tax_amount for line in lines), Decimal(0))
    contact = ContactDecision("1", "Harbour Dental", "linked")
    day = date(2026, 3, 17)
    return LedgerDocument(kind, "INV-1", contact, day, day, "AUD", tuple(lines), net, tax, net + tax)


class Organisation:
    """A sandbox of all four regimes, and a ledger that has read its reference data."""

    def __init__(self, seed: dict[str, Any]) -> None:
        rates = {key: rate for regime in REGIMES.values() for key, rate in regime.items()}
        self.state = XeroState()
        self.state.load(
            {
                **seed,
                "tax_rates": [{"Name": key, "TaxType": key, "EffectiveRate": str(rate)} for key, rate in rates.items()],
            }
        )
        self.clock = VirtualClock()
        self.contact_id = str(self.state.contacts.by_key("Harbour Dental")[0]["ContactID"])
        self.ledger: Ledger = asyncio.run(self._connected())

    async def _connected(self) -> Ledger:
        app = create_app(self.state, self.clock, Journal(self.clock), Faults())
        token = self.state.identity.consent("ledgerwire-app", self.clock.now())["access_token"]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
            config = {"base_url": "http://xero.test"}
            made = build_ledger("xero", config, http, Token(token), OpenGate(), self.state.tenant_id)  # type: ignore[arg-type]
            await made.reference_data()
        return made

    def booked(self, document: LedgerDocument) -> dict[str, Any] | set[str]:
        """The row that the sandbox makes of the composed bytes (it is taken out again), or why it is not composed."""
        contact = "" if document.kind is DocumentKind.JOURNAL else self.contact_id
        try:
            composed = self.ledger.compose(document.kind, [Prepared(document, contact)])
        except Stopped as stopped:
            return {finding.code for finding in stopped.findings}
        [element] = next(iter(decode(composed.body).values()))
        desk = Desk(self.state, self.clock.now(), unit_places=4)
        mark = self.state.undo.mark()
        if document.kind is DocumentKind.JOURNAL:
            outcome = write_journal(desk, element, "PUT")
        else:
            family = INVOICE if "InvoiceNumber" in element else CREDIT_NOTE
            outcome = write_document(desk, family, element, "PUT")
        self.state.undo.back_to(mark)
        assert not outcome.problems
        return outcome.row


class Token:
    def __init__(self, value: str) -> None:
        self._value = value

    async def token(self) -> str:
        return self._value

    async def refresh(self, stale: str) -> str:
        return stale


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    accounts = [
        {"Code": "200", "Name": "Sales", "Type": "REVENUE"},
        {"Code": "310", "Name": "Cost", "Type": "DIRECTCOSTS"},
        {"Code": "600", "Name": "Stock", "Type": "CURRENT"},
    ]
    apps = [{"client_id": "ledgerwire-app", "client_secret": "s"}]
    return Organisation({"apps": apps, "accounts": accounts, "contacts": [{"Name": "Harbour Dental"}]})


def thorough(test: Callable[..., None]) -> Callable[..., None]:
    """At least 200 examples, more where the profile says so; no deadline on a busy machine."""
    return settings(
        max_examples=max(200, settings().max_examples),
        deadline=None,
        suppress_health_check=[HealthCheck.data_too_large],
    )(test)


@pytest.mark.requirement("M11", "D13", "A132", "A133")
@thorough
@given(kind=st.sampled_from(KINDS), regime=st.sampled_from(list(REGIMES)), raw=FEW | MANY, tidy=st.booleans())
def test_a_composed_document_comes_to_its_total_or_is_not_composed(
    organisation: Organisation, kind: DocumentKind, regime: str, raw: Raw, tidy: bool
) -> None:
    if tidy:  # otherwise hardly a long document would be composed
        sendable = {"as it is": "four decimals", "a cent more": "once"}
        raw = [(*one[:3], sendable.get(one[3], one[3])) for one in raw]
    lines = [made_line(regime, one) for one in raw]
    document = made_document(kind, lines)
    if document.total < 0:  # such a record is of the other kind, with every sign turned
        document = made_document(kind, [made_line(regime, (one[0], -one[1], one[2], one[3])) for one in raw])
    if document.total < 0:  # a cent more on either side of nothing
        return
    row = organisation.booked(document)
    if isinstance(row, set):
        assert not tidy
        assert row <= CODES
        return
    assert (row["SubTotal"], row["TotalTax"], row["Total"]) == (document.net, document.tax, document.total)
    assert [(line["LineAmount"], line["TaxAmount"]) for line in row["LineItems"]] == [
        (line.net, line.tax_amount) for line in document.lines
    ]


@pytest.mark.requirement("M11", "D13")
@thorough
@given(regime=st.sampled_from(list(REGIMES)), raw=FEW | MANY)
def test_once_times_the_line_total_is_always_composed(organisation: Organisation, regime: str, raw: Raw) -> None:
    """The tool that never fails: whatever the prices were, such a document posts to the cent."""
    document = made_document(
        DocumentKind.SALES_INVOICE, [made_line(regime, (one[0], abs(one[1]), one[2], "once")) for one in raw]
    )
    row = organisation.booked(document)
    assert isinstance(row, dict)
    assert (row["SubTotal"], row["TotalTax"], row["Total"]) == (document.net, document.tax, document.total)


@pytest.mark.requirement("M6")
@thorough
@given(
    amounts=st.lists(st.integers(-1_000_000_00, 1_000_000_00), min_size=1, max_size=199),
    off=st.sampled_from([0, 0, 0, 1]),
)
def test_a_composed_journal_balances_or_is_not_composed(
    organisation: Organisation, amounts: list[int], off: int
) -> None:
    nets = [Decimal(amount) / 100 for amount in [*amounts, off - sum(amounts)]]
    moved = sum((net for net in nets if net > 0), Decimal(0))
    lines = [
        DocumentLine("Parts", Decimal(1), net, net, "310" if place % 2 else "600", "NONE", Decimal(0))
        for place, net in enumerate(nets)
    ]
    day = date(2026, 3, 17)
    journal = LedgerDocument(
        DocumentKind.JOURNAL, "COGS-1", None, day, day, "AUD", tuple(lines), moved, Decimal(0), moved
    )
    row = organisation.booked(journal)
    if off:
        assert row == {"GL_OUT_OF_BALANCE"}
        return
    assert isinstance(row, dict)
    assert [line["LineAmount"] for line in row["JournalLines"]] == nets
