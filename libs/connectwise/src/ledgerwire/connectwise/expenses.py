"""Unposted expenses, the entries behind them, and their GL export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ledgerwire.connectwise.accounting import EXPORT_CHUNK, export_body
from ledgerwire.connectwise.conditions import Field, in_chunks
from ledgerwire.connectwise.models.expenses import ExpenseEntry, ExpenseExport, UnpostedExpense
from ledgerwire.connectwise.session import Session
from ledgerwire.connectwise.setup_tables import EXPENSE_ENTRIES

UNPOSTED = "/finance/accounting/unpostedexpenses"


async def unposted_by_id(session: Session, ids: Sequence[int]) -> list[UnpostedExpense]:
    """The rows of the unposted list of these expenses, by `expenseDetailId`."""
    rows: list[UnpostedExpense] = []
    for chunk in in_chunks(ids):
        rows += await session.rows(UNPOSTED, UnpostedExpense, conditions=Field("expenseDetailId").in_(chunk))
    return rows


def unposted_pages(session: Session) -> AsyncIterator[list[UnpostedExpense]]:
    """The whole unposted list, forward only."""
    return session.forward(UNPOSTED, UnpostedExpense)


async def entries_on(session: Session, report_ids: Sequence[int]) -> list[ExpenseEntry]:
    """Every expense on these reports, in whatever status it is."""
    rows: list[ExpenseEntry] = []
    for chunk in in_chunks(report_ids):
        rows += await session.rows(EXPENSE_ENTRIES, ExpenseEntry, conditions=Field("expenseReport/id").in_(chunk))
    return rows


async def export_expenses(session: Session, ids: Sequence[int]) -> ExpenseExport:
    """The GL export of these expenses. A preview: no batch is made, so it may be repeated."""
    parts: list[ExpenseExport] = []
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), EXPORT_CHUNK):
        body = export_body(expenses=wanted[start : start + EXPORT_CHUNK])
        parts.append(await session.post_read("/finance/accounting/export", body, ExpenseExport))
    return ExpenseExport(
        expenses=tuple(row for part in parts for row in part.lines),
        expense_bills=tuple(row for part in parts for row in part.bills),
    )
