"""Partner Center's JSON in normal form."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from ledgerwire.common.seats import Frequency, SourceCustomer, SubscriptionSnapshot, SubscriptionStatus
from ledgerwire.distributors.exports.layout import folded
from ledgerwire.distributors.exports.layouts import MICROSOFT_RECONCILIATION
from ledgerwire.distributors.exports.table import TableRow
from ledgerwire.distributors.partnercenter.client import Json

_FREQUENCIES = {
    "monthly": Frequency.MONTHLY,
    "annual": Frequency.ANNUAL,
    "triennial": Frequency.TRIENNIAL,
    "one_time": Frequency.ONE_TIME,
    "none": Frequency.MONTHLY,
}
_STATUSES = {status.value: status for status in SubscriptionStatus} | {"disabled": SubscriptionStatus.EXPIRED}


def customer_of(row: Json) -> SourceCustomer | None:
    """A customer that the partner resells to; None for one that it only advises, whose seats may not be read."""
    if row.get("relationshipToPartner") != "reseller":
        return None
    profile = row.get("companyProfile")
    profile = profile if isinstance(profile, dict) else {}
    tenant = str(row.get("id", "")).casefold()
    name, domain = str(profile.get("companyName") or tenant), str(profile.get("domain") or "")
    return SourceCustomer(id=tenant, name=name, domain=domain.casefold(), tenant_id=tenant)


def subscription_of(row: Json, customer_id: str) -> SubscriptionSnapshot:
    """A subscription. No price stands on it. Raises KeyError or ValueError for one without id, seats or start."""
    usage = row.get("billingType") == "usage" or row.get("unitType") == "Usage-based"
    cycle = str(row.get("billingCycle", "")).casefold()
    status = _STATUSES.get(str(row.get("status", "")).casefold(), SubscriptionStatus.OTHER)
    start, term_start = _day(row.get("creationDate")), _day(row.get("effectiveStartDate"))
    first = start or term_start
    if first is None:
        raise ValueError("it has no start")
    term_end = _day(row.get("commitmentEndDate"))
    quantity = Decimal(str(row["quantity"]))
    if not quantity.is_finite():
        raise ValueError("its seats are no number")
    renews = bool(row.get("autoRenewEnabled", True))
    return SubscriptionSnapshot(
        id=str(row["id"]).casefold(),
        customer_id=customer_id,
        sku=sku_of(str(row["offerId"])),
        name=str(row.get("offerName") or row.get("friendlyName") or row["offerId"]),
        quantity=quantity,
        frequency=Frequency.USAGE if usage else _FREQUENCIES[cycle],
        start=first,
        status=status,
        term=str(row.get("termDuration") or ""),
        term_start=term_start,
        term_end=term_end,
        ended_on=term_end if status is SubscriptionStatus.EXPIRED and not renews else None,
        auto_renew=renews,
        trial=bool(row.get("isTrial", False)),
        promotion=str(row.get("promotionId") or ""),
        parent_id=str(row.get("parentSubscriptionId") or "").casefold(),
        converted_from=str(row.get("migratedFromSubscriptionId") or "").casefold(),
        order_id=str(row.get("orderId") or ""),
    )


def sku_of(offer: str) -> str:
    """`ProductId:SkuId` of an offer id, the SkuId padded to four digits; a legacy offer id stays whole."""
    product, colon, rest = offer.upper().partition(":")
    return f"{product}:{rest.partition(':')[0].zfill(4)}" if colon else product


def table_rows(lines: Iterable[Json]) -> Iterator[TableRow]:
    """Lines as rows of the reconciliation file, whose columns they have.

    A line has no id. Its key leaves the invoice number out: it stays the same when the line is billed.
    """
    headings = {folded(alias): field for field, names in MICROSOFT_RECONCILIATION.columns.items() for alias in names}
    order = {folded(alias): place for names in MICROSOFT_RECONCILIATION.columns.values()
             for place, alias in enumerate(names)}  # fmt: skip
    seen: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        cells = {folded(name): _text(value) for name, value in line.items()}
        values: dict[str, str] = {}
        for heading in sorted(cells.keys() & headings.keys(), key=lambda one: -order[one]):
            if cells[heading]:
                values[headings[heading]] = cells[heading]
        bare = {name: value for name, value in cells.items() if name != "invoicenumber"}
        digest = sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()[:32]
        seen[digest] += 1
        yield TableRow(number, values, f"{digest}-{seen[digest]}", whole=True)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | dict):
        return json.dumps(value, default=str)
    return "" if value is None else str(value)


def _day(value: object) -> date | None:
    """The written calendar day; years 1 and 9999 stand for none."""
    text = str(value or "")[:10]
    if not text or text.startswith(("0001", "9999")):
        return None
    return date.fromisoformat(text)
