"""What an agreement must be before anything is written to it: expected and found, flag by flag."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Agreement
from ledgerwire.billing_sync.domain.days import first_uninvoiced, month_start, shift_month
from ledgerwire.billing_sync.domain.rules import SeatRules
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import Motion

MONTHLY_SHAPE = {"Billing Cycle": "Monthly", "Cycle Based On": "CalendarYear"}
ONE_TIME_SHAPE = {"Bill One Time": "yes", "prepayment type": "no"}


def lint_agreement(agreement: Agreement, motion: Motion, rules: SeatRules, today: date) -> tuple[Finding, ...]:
    """Everything that is wrong with an agreement for a motion; a finding that stops forbids every write.

    Args:
        agreement: as read now.
        motion: decides the shape.
        rules: allowed agreement types.
        today: the business date.
    """
    return (
        *_active(agreement, today),
        *_allowed(agreement, rules),
        *_shape(agreement, motion),
        *_invoicing(agreement, motion, rules, today),
    )


def is_active(agreement: Agreement, today: date) -> bool:
    """Whether an agreement counts for a company: active, and its last day not past."""
    return agreement.status == "Active" and (agreement.end is None or agreement.end >= today)


def _active(agreement: Agreement, today: date) -> Iterator[Finding]:
    if agreement.end is not None and agreement.end < today:
        yield Finding("BS_AGREEMENT_ENDED", {"agreement": agreement.name, "end": f"{agreement.end:%d %b %Y}"})
    elif agreement.status != "Active":
        params = {"agreement": agreement.name, "field": "Status", "expected": "Active", "found": agreement.status}
        yield Finding("BS_AGREEMENT_SHAPE", params)
    if agreement.start > today:
        yield Finding("BS_AGREEMENT_NOT_STARTED", {"agreement": agreement.name, "start": f"{agreement.start:%d %b %Y}"})


def _allowed(agreement: Agreement, rules: SeatRules) -> Iterator[Finding]:
    if rules.allowed_types and agreement.type_name not in rules.allowed_types:
        params = {"agreement": agreement.name, "found": agreement.type_name or "none"}
        yield Finding("BS_AGREEMENT_TYPE_NOT_ALLOWED", {**params, "expected": ", ".join(rules.allowed_types)})


def _shape(agreement: Agreement, motion: Motion) -> Iterator[Finding]:
    if motion is Motion.SEAT_ANNUAL:
        found = {"Bill One Time": agreement.bill_one_time, "prepayment type": agreement.type_prepayment}
        said = {name: "yes" if value else "no" for name, value in found.items()}
        yield from _differing(agreement, ONE_TIME_SHAPE, said)
        return
    cycle = "One-Time" if agreement.bill_one_time else agreement.billing_option
    yield from _differing(
        agreement, MONTHLY_SHAPE, {"Billing Cycle": cycle, "Cycle Based On": agreement.invoicing_cycle}
    )
    if not agreement.prorate:
        yield Finding(
            "BS_PRORATE_NOT_ENABLED", {"agreement": agreement.name, "expected": "ticked", "found": "not ticked"}
        )


def _differing(agreement: Agreement, expected: dict[str, str], found: dict[str, str]) -> Iterator[Finding]:
    for name, value in expected.items():
        if found[name] != value:
            params = {"agreement": agreement.name, "field": name, "expected": value, "found": found[name]}
            yield Finding("BS_AGREEMENT_SHAPE", params)


def _invoicing(agreement: Agreement, motion: Motion, rules: SeatRules, today: date) -> Iterator[Finding]:
    """An agreement whose invoices are behind bills several months at once: worth knowing before a push."""
    if motion is Motion.SEAT_ANNUAL or not is_active(agreement, today):
        return
    first = first_uninvoiced(agreement.next_invoice, agreement.period_type, agreement.start, rules.in_advance)
    if first < shift_month(month_start(today), -1):
        params = {"agreement": agreement.name, "month": f"{first:%B %Y}"}
        yield Finding("BS_PERIOD_NOT_INVOICED_YET", params)
