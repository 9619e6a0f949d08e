"""What a file of a distributor looks like: its headings, its locale and its words, declared and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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


def folded(heading: str) -> str:
    """A heading as it is compared."""
    return "".join(character for character in heading.casefold() if character not in " _-\u00a0")
