"""The report in its one written form: the same report always gives the same bytes, and their SHA-256 names it.

The form is the CSV file itself (UTF-8, CRLF as RFC 4180 has it), so that `sha256sum FILE` shows the hash of the report.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from ledgerwire.common.canonical import sha256_hex
from ledgerwire.common.money import round_half_up
from ledgerwire.poster.reconciliation.domain.model import Report, Row, StrayRow

COLUMNS = (
    "bucket", "company", "type", "id", "number", "customer", "date", "currency", "connectwise_total", "ledger_total",
    "batch", "documents", "codes", "detail",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(report: Report) -> bytes:
    """Records first, then documents without a closed record, in the report's order."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(map(_record, report.rows))
    writer.writerows(map(_document, report.strays))
    return text.getvalue().encode()


def report_hash(report: Report) -> str:
    """The SHA-256 of the written form."""
    return sha256_hex(csv_bytes(report))


def amount(value: Decimal) -> str:
    """An amount with its cents; more decimals only where it has them."""
    rounded = round_half_up(value)
    return f"{rounded:.2f}" if rounded == value else f"{value.normalize():f}"


def _record(row: Row) -> Iterable[str]:
    record = row.record
    return (
        row.bucket.value,
        _text(record.company),
        record.record_type,
        _text(record.source_id),
        _text(record.number),
        _text(record.customer),
        record.dated.isoformat(),
        record.currency,
        amount(record.total),
        amount(row.ledger_total),
        _text(record.batch),
        " ".join(item.ledger_id for item in row.documents),
        " ".join(row.codes),
        _text(row.detail),
    )


def _document(row: StrayRow) -> Iterable[str]:
    item = row.document
    written = (item.number, "", item.dated.isoformat(), item.currency, "", amount(item.amount), "", item.ledger_id)
    return (row.reason.value, _text(item.company), item.kind.value, "", *map(_text, written[:1]), *written[1:], "", "")


def _text(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value
