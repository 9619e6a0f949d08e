"""Lines planned a second by one core, and what memory a run of any length needs. Run: python -m benchmarks.seats_planning."""

from __future__ import annotations

import json
import sys
import time
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, RowValues, Written
from ledgerwire.billing_sync.domain.planner import AgreementInput, plan_agreement
from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule, SeatRules
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import Frequency, Motion, SubscriptionSnapshot

LINES_EACH = 25
RULES = SeatRules(since=date(2026, 1, 1))
RULE = PriceRule(PriceBasis.FIXED, Decimal("22.00"))
START, FIRST = date(2026, 1, 5), date(2026, 4, 1)


def agreements(count: int, changed_every: int) -> Iterator[AgreementInput]:
    """Agreements of 25 subscriptions with their rows; every n-th subscription has two seats more since 17 March."""
    for number in range(count):
        lines, additions, written = [], [], []
        for index in range(LINES_EACH):
            row_id, changed = number * 1000 + index, index % changed_every == 0
            row = RowValues(Decimal(10), Decimal("22.00"), Decimal("18.00"), START)
            sold = SubscriptionSnapshot(
                f"sub-{row_id}",
                f"tenant-{number}",
                f"SKU-{index}",
                "Seats",
                Decimal(12 if changed else 10),
                Frequency.MONTHLY,
                START,
                unit_cost=Decimal("18.00"),
                currency="USD",
                changed_on=date(2026, 3, 17) if changed else None,
            )
            lines.append(wanted_line(sold, [], Product(index, "Seats", RULE), RULES, customer=f"Customer {number}"))
            additions.append(Addition(row_id, number, index, row))
            written.append(Written(row_id, number, index, sold.id, row, date(2026, 1, 1)))
        agreement = Agreement(number, f"Cloud {number}", number, date(2025, 1, 1), next_invoice=FIRST, currency="USD")
        yield AgreementInput(
            agreement, Motion.SEAT_MONTHLY, tuple(lines), tuple(additions), tuple(written), RULES, date(2026, 3, 20)
        )


def run(lines: int, changed_every: int = 10) -> dict[str, object]:
    """Plan so many lines, one agreement after the other, keeping nothing."""
    begun, steps = time.process_time(), 0
    for given in agreements(lines // LINES_EACH, changed_every):
        steps += len(plan_agreement(given).steps)
    seconds = time.process_time() - begun
    return {"lines": lines, "writes": steps, "lines_per_second": round(lines / seconds)}


def peak(lines: int) -> int:
    """Peak memory of a run, in KiB."""
    tracemalloc.start()
    run(lines)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top // 1024


def main() -> None:
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    result = run(lines)
    result["peak_kib"] = {str(size): peak(size) for size in (1_000, 4_000)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
