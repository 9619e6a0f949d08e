"""What came out of the quarter, in figures, and what is off. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledgerwire.cli.clerk_list import SETTLED_WELL, problems_of
from ledgerwire.cli.month.desk import PlantedRecord, Quarter
from ledgerwire.common.catalogue import Severity
from ledgerwire.mapper.status import STOPPED, ClerkRow

SKIPPED = "skipped"
EXCLUDED = "excluded"
Key = tuple[str, str]


def figures(
    first: Sequence[ClerkRow], last: Sequence[ClerkRow], check: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    """The figures of one run: records as Ledgerwire lists them, money and documents as the outsider found them."""
    now = Counter(row.status for row in last)
    return {
        "records": len(last),
        "by_type": dict(sorted(Counter(row.record_type for row in last).items())),
        "standing": dict(sorted(now.items())),
        "stopped_first": sum(row.status == STOPPED for row in first),
        "clean": check["clean"],
        **{name: check["counts"][name] for name in ("posted", "missing", "documents", "batches", "settled")},
        **{name: check["counts"][name] for name in ("source_total", "ledger_total")},
        "controls": check["controls"],
        **more,
    }


def what_is_off(
    quarter: Quarter, first: Sequence[ClerkRow], last: Sequence[ClerkRow], check: Mapping[str, Any]
) -> list[str]:
    """Everything that is not as it should be, in sentences; empty means the quarter is green."""
    return [*_first(quarter, first), *_last(quarter, last), *_books(check)]


def _first(quarter: Quarter, rows: Sequence[ClerkRow]) -> Iterator[str]:
    """Records stop only where a cause is planted, each with the planted codes."""
    planted = {(one.record_type, one.source_id): one for one in quarter.planted}
    seen = {(row.record_type, row.source_id): row for row in rows}
    for key, one in planted.items():
        row = seen.get(key)
        if row is None:
            yield f"{_called(one)} is not listed"
        elif one.settles == STOPPED and (row.status != STOPPED or codes_of(row) != one.codes):
            yield f"{_called(one)}: planted {_said(STOPPED, one.codes)}, came out {_said(row.status, codes_of(row))}"
        elif one.settles == SKIPPED and row.status != SKIPPED:
            yield f"{_called(one)}: planted {SKIPPED}, came out {row.status}"
    for key, row in seen.items():
        if key not in planted and row.status not in SETTLED_WELL:
            yield f"{row.record_type} {row.number} of {row.customer}: {_said(row.status, codes_of(row))}"


def _last(quarter: Quarter, rows: Sequence[ClerkRow]) -> Iterator[str]:
    """What was put right is in the books."""
    mended = {(one.record_type, one.source_id) for one in quarter.planted if one.fix is not None}
    for row in rows:
        if (row.record_type, row.source_id) in mended and row.status not in SETTLED_WELL:
            yield f"{row.number} was put right and still is {_said(row.status, codes_of(row))}"
    expected = sum(count for kind, count in quarter.records.items() if kind != "payment")
    if len(rows) != expected:
        yield f"{expected} records were there, {len(rows)} are listed"


def _books(check: Mapping[str, Any]) -> Iterator[str]:
    for finding in check["findings"]:
        yield f"books check: {finding['number']} {finding['code']}: {finding['message']}"
    if check["counts"]["source_total"] != check["counts"]["ledger_total"]:
        yield f"ConnectWise adds up to {check['counts']['source_total']}, the ledger to {check['counts']['ledger_total']}"
    if check["counts"]["missing"]:
        yield f"{check['counts']['missing']} are missing"


def codes_of(row: ClerkRow) -> frozenset[str]:
    """The codes that stop a record."""
    return frozenset(problem.code for problem in problems_of(row, Severity.STOP))


def _called(one: PlantedRecord) -> str:
    return f"{one.record_type} {one.number or one.source_id}"


def _said(status: str, codes: frozenset[str]) -> str:
    return f"{status} ({', '.join(sorted(codes))})" if codes else status
