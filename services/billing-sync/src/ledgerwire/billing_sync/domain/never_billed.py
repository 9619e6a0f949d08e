"""Rows that no invoice will ever carry: found by the agreement's own fields, each with its amount (M22)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, Written
from ledgerwire.billing_sync.domain.preview import amount_of_days
from ledgerwire.billing_sync.domain.wanted import WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import round_half_up


def never_billed(
    agreement: Agreement,
    additions: Sequence[Addition],
    written: Sequence[Written],
    lines: Sequence[WantedLine],
    uninvoiced_from: date,
) -> tuple[Finding, ...]:
    """Our rows that still stand unbilled after the next invoice of their agreement.

    They were written after the only invoice of a One-Time agreement, or for days before F on an agreement that bills no
    additions for the past.
    """
    names = {line.line: line for line in lines}
    found = []
    rows = {addition.id: addition.values for addition in additions}
    for record in written:
        row = rows.get(record.addition_id)
        if row is None or row.void:
            continue
        if agreement.bill_one_time:
            amount = round_half_up(row.billed * row.unit_price)
            missed = record.agreement_was_invoiced
        else:
            last = record.uninvoiced_from
            missed = not agreement.bills_prorated_additions and row.ends is not None and row.ends < last
            missed = missed and last < uninvoiced_from
            amount = amount_of_days(row.billed, row.unit_price, row.effective, row.ends or row.effective)
        if missed and amount:
            line = names.get(record.line)
            params = {"agreement": agreement.name, "product": line.name if line else record.line}
            money = f"{amount:,.2f} {agreement.currency}".strip()
            found.append(
                Finding(
                    "BS_ADDITION_NEVER_BILLED",
                    {**params, "customer": line.customer if line else "", "amount": money},
                )
            )
    return tuple(found)
