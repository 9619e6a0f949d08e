"""A row of a file in normal form: a charge line or a subscription, with its customer and its product."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.common.seats import (
    ChargeKind,
    ChargeLine,
    Frequency,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
    SubscriptionStatus,
)
from ledgerwire.distributors.exports.cells import Cells, RefusedRowError
from ledgerwire.distributors.exports.layout import Layout, RowKind
from ledgerwire.distributors.exports.table import UNREADABLE, TableRow

_TENANT_LENGTH = 36
_TERMS = {
    "p1m": "P1M", "p1y": "P1Y", "p3y": "P3Y", "monthly": "P1M", "annual": "P1Y", "1 year": "P1Y", "3 year": "P3Y",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What one row says."""

    customer: SourceCustomer
    product: SourceProduct
    charge: ChargeLine | None = None
    subscription: SubscriptionSnapshot | None = None


def customer_of(layout: Layout, row: TableRow) -> str:
    """The customer of a row that may be damaged elsewhere, "" where even that cannot be read."""
    try:
        customer = Cells(layout, row.values).identity("customer_id")
    except RefusedRowError:
        return ""
    return "" if UNREADABLE in customer else customer


def read_row(layout: Layout, row: TableRow) -> ReadRow:
    """A row in normal form. Raises RefusedRowError with the reason."""
    if not row.whole:
        raise RefusedRowError("it has another number of cells than the heading")
    for name, value in row.values.items():
        if UNREADABLE in value:
            raise RefusedRowError(f"{name} is {value.strip(UNREADABLE) or 'not text'}")
    cells = Cells(layout, row.values)
    customer_id, sku = cells.identity("customer_id"), cells.sku()
    customer = SourceCustomer(
        id=customer_id,
        name=cells.text("customer_name") or customer_id,
        domain=cells.text("domain").casefold(),
        tenant_id=customer_id if len(customer_id) == _TENANT_LENGTH else "",
        reseller_id=cells.text("reseller_id"),
        country=cells.text("country"),
    )
    product = SourceProduct(sku, cells.text("name") or sku, cells.text("publisher"), _term(cells))
    if layout.rows is RowKind.CHARGE:
        return ReadRow(customer, product, charge=_charge(layout, cells, row.key, customer_id, product))
    return ReadRow(customer, product, subscription=_subscription(layout, cells, customer_id, product))


def _charge(layout: Layout, cells: Cells, key: str, customer_id: str, product: SourceProduct) -> ChargeLine:
    kind = cells.word("kind", layout.kinds, layout.kind_by_default)
    subtotal = cells.must_amount("subtotal")
    start = cells.must_day("charge_start")
    end = cells.last_day("charge_end")
    if end is None or end < start:
        raise RefusedRowError(f"charge_end is before charge_start {start}")
    frequency = _frequency(layout, cells)
    return ChargeLine(
        key=cells.text("key") or key,
        invoice=cells.text("invoice"),
        customer_id=customer_id,
        subscription_id=cells.identity("subscription_id"),
        sku=product.sku,
        name=product.name,
        kind=_signed_kind(kind, subtotal),
        quantity=_seats(layout, cells, frequency),
        subtotal=subtotal,
        currency=cells.currency(),
        charge_start=start,
        charge_end=end,
        frequency=frequency,
        event_date=cells.day("event_date"),
        billable_quantity=cells.amount("billable_quantity"),
        unit_price=cells.amount("unit_price"),
        effective_unit_price=cells.amount("effective_unit_price"),
        tax=cells.amount("tax"),
        unit_sell=cells.amount("unit_sell"),
        sell_subtotal=cells.amount("sell_subtotal"),
        term_start=cells.day("term_start"),
        term_end=cells.last_day("term_end"),
        reference_id=cells.text("reference_id"),
        credit_reason=cells.text("credit_reason"),
        order_id=cells.text("order_id"),
        trial="trial" in cells.text("term_text").casefold(),
        identified=bool(cells.text("key")),
    )


def _subscription(layout: Layout, cells: Cells, customer_id: str, product: SourceProduct) -> SubscriptionSnapshot:
    status = cells.word("status", layout.statuses, SubscriptionStatus.OTHER)
    named = bool(cells.text("status"))
    return SubscriptionSnapshot(
        id=cells.identity("id"),
        customer_id=customer_id,
        sku=product.sku,
        name=product.name,
        quantity=cells.must_amount("quantity"),
        frequency=_frequency(layout, cells),
        start=cells.must_day("start"),
        status=status if named else SubscriptionStatus.ACTIVE,
        unit_cost=cells.amount("unit_cost"),
        unit_sell=cells.amount("unit_sell"),
        currency=cells.currency(),
        term=product.term,
        term_start=cells.day("term_start"),
        term_end=cells.last_day("term_end"),
        auto_renew=cells.flag("auto_renew", default=True),
        trial=cells.flag("trial", default=False),
        parent_id=cells.identity("parent_id"),
        order_id=cells.text("order_id"),
    )


def _seats(layout: Layout, cells: Cells, frequency: Frequency) -> Decimal:
    """Seats without a sign. A meter may run in fractions; a seat may not."""
    quantity = cells.must_amount("quantity")
    if quantity < 0 and not layout.signed_quantity:
        raise RefusedRowError(f"quantity {quantity} is negative")
    if frequency is not Frequency.USAGE and quantity != quantity.to_integral_value():
        raise RefusedRowError(f"quantity {quantity} is not a whole number of seats")
    return abs(quantity)


def _signed_kind(kind: ChargeKind, subtotal: Decimal) -> ChargeKind:
    """A distributor's one word for both directions of a proration, told apart by the amount."""
    return ChargeKind.REMOVE_QUANTITY if kind is ChargeKind.ADD_QUANTITY and subtotal < 0 else kind


def _frequency(layout: Layout, cells: Cells) -> Frequency:
    if "azure plan" in cells.text("description").casefold():
        return Frequency.USAGE
    if "trial" in cells.text("term_text").casefold():
        return Frequency.MONTHLY  # a trial has no billing of its own
    return cells.word("frequency", layout.frequencies, layout.frequency_by_default)


def _term(cells: Cells) -> str:
    return _TERMS.get(cells.text("term").casefold(), "")
