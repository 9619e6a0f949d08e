"""Worked examples of rounding: what the ledger makes of a document is known before it is sent, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import VerdictStatus
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LineRole

INVOICE, CREDIT, BILL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.BILL
NETS = ("25.06", "25.61", "25.63")


async def totals(world: Any, kind: DocumentKind, *lines: DocumentLine) -> tuple[Decimal, Decimal, Decimal]:
    """Net, tax and total that the ledger made of these lines."""
    item = world.prepared(kind, "INV-1", *lines)
    [verdict] = await world.ledger.send(world.ledger.compose(kind, [item]), "k")
    assert (verdict.status, verdict.findings) == (VerdictStatus.POSTED, ())
    [found] = await world.ledger.find_documents(kind, ["INV-1"])
    return found.net, found.tax, found.total


def refused(world: Any, *lines: DocumentLine) -> str:
    with pytest.raises(Stopped) as stopped:
        world.ledger.compose(INVOICE, [world.prepared(INVOICE, "INV-1", *lines)])
    return stopped.value.code


@pytest.mark.requirement("D13", "M11")
@pytest.mark.parametrize("kind", [INVOICE, CREDIT])
async def test_tax_of_the_whole_spread_over_the_lines(world: Any, kind: DocumentKind) -> None:
    """15 % of 76.30 is 11.45; line by line it would be 11.44."""
    taxes = ("3.76", "3.84", "3.85")
    lines = [
        world.line(net, tax, tax_type=world.names.fifteen, tax_override=True)
        for net, tax in zip(NETS, taxes, strict=True)
    ]
    assert await totals(world, kind, *lines) == (Decimal("76.30"), Decimal("11.45"), Decimal("87.75"))


@pytest.mark.requirement("D13", "M11")
async def test_a_rounding_line_ties_the_total(world: Any) -> None:
    lines = [
        world.line(net, tax, tax_type=world.names.fifteen, tax_override=True)
        for net, tax in zip(NETS, ("3.76", "3.84", "3.84"), strict=True)
    ]
    cent = world.line(
        "0.01", "0.00", account_code=world.names.rounding, tax_type=world.names.no_tax, role=LineRole.ROUNDING
    )
    assert await totals(world, INVOICE, *lines, cent) == (Decimal("76.31"), Decimal("11.44"), Decimal("87.75"))


@pytest.mark.requirement("M11")
async def test_a_tax_that_the_ledger_would_not_compute_is_never_sent_without_saying_so(world: Any) -> None:
    lines = [world.line(net, "3.80", tax_type=world.names.fifteen) for net in NETS]
    assert refused(world, *lines) == "TAX_TOTAL_DIFFERS"


@pytest.mark.requirement("D13", "A132")
async def test_many_pieces_of_a_small_price(world: Any) -> None:
    line = world.line("58.12", "5.81", quantity=Decimal(1234), unit_amount=Decimal("0.0471"))
    assert await totals(world, INVOICE, line) == (Decimal("58.12"), Decimal("5.81"), Decimal("63.93"))


@pytest.mark.requirement("D13", "A132", "M11")
async def test_a_price_of_five_decimals_goes_as_it_is_or_as_one_times_the_line_total(world: Any) -> None:
    exact = world.line("58.15", "5.82", quantity=Decimal(1234), unit_amount=Decimal("0.04712"))
    once = world.line("58.15", "5.82", description="1234 x 0.04712")
    decimals = (await world.ledger.reference_data()).rules.unit_decimals
    if decimals is not None and decimals < 5:
        assert refused(world, exact) == "LINE_TOTAL_DIFFERS"
        exact = once
    assert await totals(world, INVOICE, exact) == (Decimal("58.15"), Decimal("5.82"), Decimal("63.97"))


@pytest.mark.requirement("D13")
@pytest.mark.parametrize("kind", [INVOICE, BILL])
async def test_half_a_cent_goes_up_and_nowhere_else(world: Any, kind: DocumentKind) -> None:
    make = world.line if kind is INVOICE else world.cost_line
    product = {"quantity": Decimal("14.5"), "unit_amount": Decimal("128.35")}
    assert await totals(world, kind, make("1861.08", "186.11", **product)) == (
        Decimal("1861.08"),
        Decimal("186.11"),
        Decimal("2047.19"),
    )
    with pytest.raises(Stopped) as stopped:
        world.ledger.compose(kind, [world.prepared(kind, "INV-2", make("1861.07", "186.11", **product))])
    assert stopped.value.code == "LINE_TOTAL_DIFFERS"
