"""What a file of a distributor looks like: its headings, its locale and its words, declared and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ledgerwire.common.seats import ChargeKind, Frequency, SubscriptionStatus


class RowKind(StrEnum):
    """What one row of a file is."""

    CHARGE = "charge"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file.

    Headings are compared without regard to case, spaces, hyphens and underscores.

    Attributes:
        name: name of the layout in settings.
        sheet: the sheet of a workbook, "" for its first one; delimiter, encoding and decimal mark say nothing of workbooks.
        rows: what one row is.
        columns: our field → the headings it may stand under, the first that is found is read. Fields are those of the
            shapes, with `product_id` and `sku_id` for vendors that write a SKU in two parts.
        required: fields without whose column the file is refused, and without whose value a row is.
        delimiter, encoding, decimal_mark: as in the file; a byte order mark is always taken off.
        dates: formats of `strptime`, tried in order on the date part; a time behind it is left out.
        end_is_exclusive: last days in the file are the first day no longer charged.
        signed_quantity: refunds carry a negative quantity (else a negative quantity is refused).
        kinds, frequencies, statuses: the file's words, in lower case.
        kind_by_default, frequency_by_default: for rows whose word is absent or unknown; None refuses such a row.
        currency: for files without that column, "" where the column is required.
    """

    name: str
    rows: RowKind
    columns: Mapping[str, tuple[str, ...]]
    required: frozenset[str]
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal_mark: str = "."
    dates: tuple[str, ...] = ("%Y-%m-%d", "%m/%d/%Y")
    end_is_exclusive: bool = False
    signed_quantity: bool = False
    kinds: Mapping[str, ChargeKind] = field(default_factory=dict)
    frequencies: Mapping[str, Frequency] = field(default_factory=dict)
    statuses: Mapping[str, SubscriptionStatus] = field(default_factory=dict)
    kind_by_default: ChargeKind | None = ChargeKind.OTHER
    frequency_by_default: Frequency | None = None
    currency: str = ""
    sheet: str = ""


_OF_ANY_ROW: Final = (
    "customer_id", "customer_name", "domain", "country", "reseller_id", "sku", "product_id", "sku_id", "name", "publisher", "term",
    "frequency", "quantity", "unit_sell", "currency", "term_start", "term_end", "order_id", "description", "term_text",
)  # fmt: skip
_OF_A_CHARGE: Final = (
    "key", "invoice", "subscription_id", "kind", "billable_quantity", "unit_price", "effective_unit_price", "subtotal", "tax",
    "sell_subtotal", "charge_start", "charge_end", "event_date", "reference_id", "credit_reason",
)  # fmt: skip
_OF_A_SUBSCRIPTION: Final = ("id", "unit_cost", "start", "status", "auto_renew", "trial", "parent_id")
FIELDS: Final[Mapping[RowKind, frozenset[str]]] = {
    RowKind.CHARGE: frozenset((*_OF_ANY_ROW, *_OF_A_CHARGE)),
    RowKind.SUBSCRIPTION: frozenset((*_OF_ANY_ROW, *_OF_A_SUBSCRIPTION)),
}
"""What a column may be mapped to."""
_NEEDED: Final[Mapping[RowKind, frozenset[str]]] = {
    RowKind.CHARGE: frozenset({"customer_id", "quantity", "subtotal", "charge_start", "charge_end"}),
    RowKind.SUBSCRIPTION: frozenset({"id", "customer_id", "quantity", "start"}),
}


def needed(layout: Layout) -> frozenset[str]:
    """The fields without which no row of a layout can be read."""
    sku = ("sku",) if "sku" in layout.columns or "product_id" not in layout.columns else ("product_id", "sku_id")
    currency = ("currency",) if layout.rows is RowKind.CHARGE and not layout.currency else ()
    frequency = ("frequency",) if layout.frequency_by_default is None else ()
    return _NEEDED[layout.rows] | {*sku, *currency, *frequency}


def check_layout(layout: Layout) -> None:
    """Raises ValueError where a layout maps unknown fields, or lacks what every row of its kind needs."""
    mapped = frozenset(layout.columns)
    for what, names in (("columns", mapped), ("required", layout.required)):
        if unknown := sorted(names - FIELDS[layout.rows]):
            known = ", ".join(sorted(FIELDS[layout.rows]))
            raise ValueError(f"{what}: {', '.join(unknown)} is no field of a {layout.rows.value}; known: {known}")
    if missing := sorted((needed(layout) | layout.required) - mapped):
        raise ValueError(f"no column is mapped to {', '.join(missing)}")


def folded(heading: str) -> str:
    """A heading as it is compared."""
    return "".join(character for character in heading.casefold() if character not in " _-\u00a0")
