"""Whatever invoice comes: its document is the source to the cent, or it stops with a code."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.ledger.document import DocumentKind, LineRole
from ledgerwire.common.money import round_half_up, total
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import Mapped, NoEffect
from ledgerwire.mapper.domain.settings import RoundingPolicy

from .build import SETTINGS, gl_line, source

CENTS = st.integers(-2_000_000, 2_000_000).map(lambda cents: Decimal(cents) / 100)
FRACTIONS = st.integers(-200_000_000, 200_000_000).map(lambda units: Decimal(units) / 10_000)
QUANTITIES = st.one_of(st.none(), st.integers(-500_000, 500_000).map(lambda units: Decimal(units) / 1_000))
PRICES = st.one_of(st.none(), st.integers(0, 100_000_000).map(lambda units: Decimal(units) / 100_000))
KINDS = st.sampled_from([("R", "220"), ("RA", "200"), ("RD", "812"), ("RP", "200")])


@st.composite
def lines(draw):
    amounts = st.one_of(CENTS, FRACTIONS) if draw(st.booleans()) else CENTS
    made = []
    for number in range(draw(st.integers(1, 12))):
        gl_type, account = draw(KINDS)
        made.append(
            gl_line(
                101 + number, draw(amounts), gl_type=gl_type, account=account,
                quantity=draw(QUANTITIES), price=draw(PRICES), taxable=draw(st.booleans()),
                product="DOCK" if gl_type == "RP" else None,
            )
        )  # fmt: skip
    return made


@st.composite
def invoices(draw):
    rows = draw(lines())
    net = -total(row.total for row in rows)
    taxed = -total(row.total for row in rows if row.taxable)
    tax = round_half_up(taxed / 10)
    off = draw(st.sampled_from(["0", "0", "0", "0", "0.01", "-0.01", "3.00"]))
    whole = round_half_up(net + tax) + Decimal(off)
    policy = draw(st.sampled_from(list(RoundingPolicy)))
    limit = draw(st.sampled_from([None, None, Decimal(0), Decimal("5.00")]))
    rounding = replace(SETTINGS.rounding, policy=policy, document_limit=limit)
    downpayment = draw(st.booleans())
    return source(
        *rows, tax=str(tax), total=str(whole), settings=replace(SETTINGS, rounding=rounding),
        export={"downpayment_taxed": downpayment},
    )  # fmt: skip


@pytest.mark.requirement("M3", "M11", "A133")
@settings(max_examples=400, deadline=None)
@given(invoices())
def test_the_document_is_the_source_to_the_cent_or_it_stops_with_a_code(given_invoice):
    result = map_record(given_invoice)
    if isinstance(result, NoEffect):
        assert given_invoice.invoice.total == 0
        return
    if not isinstance(result, Mapped):
        assert result.findings
        assert all(finding.stops and "?" not in finding.message for finding in result.findings)
        return
    [made] = result.documents
    sign = -1 if made.kind is DocumentKind.CREDIT_NOTE else 1
    assert sign * made.total == given_invoice.invoice.total
    assert sign * made.tax == given_invoice.invoice.tax
    assert total(line.net for line in made.lines) + total(line.tax_amount for line in made.lines) == made.total >= 0
    for line in made.lines:
        assert round_half_up(line.quantity * line.unit_amount) == line.net
        assert line.unit_amount.as_tuple().exponent >= -4 or line.unit_amount == round_half_up(line.unit_amount, 4)
        assert abs(line.tax_amount) <= abs(line.net)
    ties = [line for line in made.lines if line.role is not LineRole.SALE]
    assert all(line.account_code == "860" and line.tax_amount == 0 for line in ties)
    assert len([line for line in ties if line.role is LineRole.ADJUSTMENT]) <= 1
    assert not any(finding.stops for finding in result.findings)


@pytest.mark.requirement("D4")
@settings(max_examples=50, deadline=None)
@given(invoices())
def test_every_mapping_is_byte_identical_when_repeated(given_invoice):
    assert canonical_bytes(map_record(given_invoice)) == canonical_bytes(map_record(given_invoice))
