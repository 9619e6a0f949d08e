"""A reconciliation as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.poster.reconciliation.canonical import report_hash
from ledgerwire.poster.reconciliation.domain.model import Bucket, Concern, Report, Row, Stray, StrayRow

_NAMES = {
    Bucket.POSTED_ONCE: "Posted once",
    Bucket.NO_EFFECT: "No effect on the books",
    Bucket.EXCLUDED: "Excluded",
    Bucket.ONBOARDED: "Before go-live",
    Bucket.HELD: "Held",
    Bucket.STOPPED: "Stopped",
    Bucket.IN_FLIGHT: "On the way",
    Bucket.MISSING: "Missing",
    Bucket.TWICE: "Twice in the ledger",
    Bucket.AMOUNT_DIFFERS: "Amount differs",
    Bucket.POSTED_NOT_BATCHED: "Posted, not batched",
    Bucket.BATCHED_NOT_POSTED: "Batched, not posted",
    Bucket.LEFT_THE_LIST: "Left the unposted list",
}
_STRAYS = {
    Stray.BY_CHOICE: "Left there by choice",
    Stray.RECORD_OPEN: "Its record is open again",
    Stray.RECORD_GONE: "Its record is gone from ConnectWise",
    Stray.NO_RECORD: "No record has its number",
}
_COLOURS = {Concern.SETTLED: "green", Concern.OPEN: "yellow", Concern.WRONG: "red"}


def as_value(report: Report) -> dict[str, Any]:
    """The report for programs: all rows, with counts and totals by bucket and the hash of the written form."""
    return {
        "from": report.first,
        "to": report.last,
        "clean": report.clean,
        "complete": report.complete,
        "sha256": report_hash(report),
        "closed": len(report.rows),
        "buckets": {bucket.value: _count(report, bucket) for bucket in Bucket},
        "totals": report.totals(),
        "records": [_record(row) for row in report.rows],
        "documents_without_record": [_document(row) for row in report.strays],
    }


def _count(report: Report, bucket: Bucket) -> int:
    return sum(row.bucket is bucket for row in report.rows)


def _record(row: Row) -> dict[str, Any]:
    record = row.record
    return {
        "bucket": row.bucket,
        "company": record.company,
        "type": record.record_type,
        "id": record.source_id,
        "number": record.number,
        "customer": record.customer,
        "date": record.dated,
        "currency": record.currency,
        "connectwise_total": record.total,
        "ledger_total": row.ledger_total,
        "batch": record.batch,
        "documents": [item.ledger_id for item in row.documents],
        "codes": row.codes,
        "detail": row.detail,
    }


def _document(row: StrayRow) -> dict[str, Any]:
    item = row.document
    shown = {"company": item.company, "kind": item.kind, "number": item.number, "date": item.dated}
    return {"reason": row.reason, **shown, "currency": item.currency, "total": item.amount, "document": item.ledger_id}


def view(report: Report, written: Path | None) -> Iterator[RenderableType]:
    """Totals by bucket, then whatever somebody has to look at."""
    yield _totals(report)
    told = [row for row in report.rows if row.bucket.concern is not Concern.SETTLED]
    if told:
        yield _records(told)
    if report.strays:
        yield _documents(report.strays)
    verdict = "Clean" if report.clean else "Not clean"
    yield Text(f"{verdict}. {_numbers(report)}", style="bold green" if report.clean else "bold red")
    file = f" of {written}" if written else ""
    yield Text(f"SHA-256{file}: {report_hash(report)}", no_wrap=True)


def _numbers(report: Report) -> str:
    wrong = sum(row.bucket.concern is Concern.WRONG for row in report.rows)
    opened = sum(row.bucket.concern is Concern.OPEN for row in report.rows)
    strays = sum(row.reason.concern is Concern.WRONG for row in report.strays)
    documents = f", {strays} documents without a record" if strays else ""
    return f"{len(report.rows)} closed records: {wrong} wrong, {opened} open{documents}."


def _totals(report: Report) -> Table:
    span = f"{report.first:%d %b %Y} to {report.last:%d %b %Y}"
    table = Table(title=f"Reconciliation, {span}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column("Company")
    for name in ("Records", "ConnectWise", "Ledger", "Difference"):
        table.add_column(name, justify="right")
    table.add_column("")
    for total in report.totals():
        label = Text(_NAMES[total.bucket], style=_COLOURS[total.bucket.concern])
        cells = (total.company, str(total.records), *_money(total.source, total.ledger), total.currency)
        table.add_row(label, *map(Text, cells))
    table.add_section()
    for (company, currency), (records, source, ledger) in _sums(report).items():
        cells = (company, str(records), *_money(source, ledger), currency)
        table.add_row(Text("All closed records", style="bold"), *map(Text, cells))
    return table


def _sums(report: Report) -> Mapping[tuple[str, str], tuple[int, Decimal, Decimal]]:
    sums: dict[tuple[str, str], tuple[int, Decimal, Decimal]] = {}
    for item in report.totals():
        records, source, ledger = sums.get((item.company, item.currency), (0, Decimal(0), Decimal(0)))
        sums[item.company, item.currency] = (records + item.records, source + item.source, ledger + item.ledger)
    return dict(sorted(sums.items()))


def _money(source: Decimal, ledger: Decimal) -> tuple[str, str, str]:
    return money(source), money(ledger), money(ledger - source)


def _records(rows: Sequence[Row]) -> Table:
    table = Table(title="To look at", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("", "Number", "Customer", "Date"):
        table.add_column(name)
    for name in ("ConnectWise", "Ledger"):
        table.add_column(name, justify="right")
    table.add_column("Why")
    order = list(Bucket)
    for row in sorted(rows, key=lambda row: -order.index(row.bucket)):
        record = row.record
        label = Text(_NAMES[row.bucket], style=_COLOURS[row.bucket.concern])
        why = ", ".join(part for part in (row.detail, *row.codes) if part)
        cells = (record.number, record.customer, f"{record.dated:%d %b %Y}", money(record.total))
        table.add_row(label, *map(Text, cells), Text(money(row.ledger_total)), Text(why))
    return table


def _documents(rows: Sequence[StrayRow]) -> Table:
    title = "In the ledger, and no closed record of the period"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("", "Company", "Kind", "Number", "Date"):
        table.add_column(name)
    table.add_column("Total", justify="right")
    for row in rows:
        item = row.document
        label = Text(_STRAYS[row.reason], style=_COLOURS[row.reason.concern])
        kind = str(item.kind).replace("_", " ")
        cells = (item.company, kind, item.number, f"{item.dated:%d %b %Y}", f"{money(item.amount)} {item.currency}")
        table.add_row(label, *map(Text, cells))
    return table
