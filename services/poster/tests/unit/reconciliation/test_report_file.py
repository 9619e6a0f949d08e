"""The file of a reconciliation is safe to open in a spreadsheet."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from ledgerwire.poster.reconciliation import canonical
from ledgerwire.poster.reconciliation.domain.model import ClosedRecord, Report
from ledgerwire.poster.reconciliation.domain.verdict import judge

DAY = date(2026, 3, 14)


def test_no_cell_of_the_file_is_a_formula() -> None:
    hostile = ClosedRecord(
        UUID(int=1), "invoice", "1", "INV-1", "=HYPERLINK(1)", DAY, "AUD", Decimal("110.00"), "Sydney", batched=True
    )
    written = canonical.csv_bytes(Report(DAY, DAY, rows=(judge(hostile, None, []),))).decode()
    assert "'=HYPERLINK(1)" in written
