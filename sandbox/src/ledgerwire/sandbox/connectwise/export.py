"""The GL export: what is unposted and asked for, as the documents an accounting package would write."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ledgerwire.sandbox.connectwise.conditions import as_moment
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.export_expenses import bills_of_expenses, journals_of_expenses, members_as_vendors
from ledgerwire.sandbox.connectwise.export_purchases import purchases, vendors_of
from ledgerwire.sandbox.connectwise.export_request import ExportRequest
from ledgerwire.sandbox.connectwise.export_sales import sales
from ledgerwire.sandbox.connectwise.export_stock import adjustment_transaction, inventory_transfer
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, InterfaceRecord, RecordKey
from ledgerwire.sandbox.connectwise.receipts import Receipt
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, Transfer
from ledgerwire.sandbox.connectwise.unposted import unposted_invoice_ids
from ledgerwire.sandbox.connectwise.wire import midnight

Chosen = Mapping[RecordKey, Sequence[GlEntry]]


def _chosen(
    state: ConnectWiseState, keys: Iterable[RecordKey], entry_ids: frozenset[int] | None
) -> dict[RecordKey, list[GlEntry]]:
    """The entries to show of each record; a record with none is left out."""

    def wanted(entry: GlEntry) -> bool:
        return entry.id in entry_ids if entry_ids is not None else entry.id not in state.entry_batches

    found = {key: [entry for entry in state.entries_of(key) if wanted(entry)] for key in keys}
    return {key: entries for key, entries in found.items() if entries}


def _records(state: ConnectWiseState, chosen: Chosen) -> list[tuple[InterfaceRecord, Sequence[GlEntry]]]:
    return [(state.interface[key], entries) for key, entries in chosen.items() if key.kind != "invoice"]


def _expenses_as_bills(state: ConnectWiseState) -> bool:
    setup: Row = next(iter(state.tables["accounting_package_setup"].values()), {})
    return bool(setup.get("transferExpensesAsBillFlag"))


def render_export(state: ConnectWiseState, keys: Iterable[RecordKey], entry_ids: frozenset[int] | None = None) -> Row:
    """The `GLExport` of these records; with `entry_ids` only those entries, else those in no batch yet."""
    chosen = _chosen(state, keys, entry_ids)
    transactions, customers = sales(state, {key: each for key, each in chosen.items() if key.kind == "invoice"})
    records = _records(state, chosen)
    receipts = [(one, each) for one, each in records if isinstance(one.fact, Receipt)]
    spent = [(one, each) for one, each in records if isinstance(one.fact, Expense)]
    as_bills = _expenses_as_bills(state)
    return {
        "exportSettings": {
            "exportInvoices": bool(transactions) or not records,
            "exportExpenses": bool(spent),
            "exportInventory": len(records) > len(spent),
        },
        "vendors": [*vendors_of(state, receipts), *members_as_vendors(state, spent)],
        "customers": customers,
        "transactions": transactions,
        "expenses": [] if as_bills else journals_of_expenses(state, spent),
        "expenseBills": bills_of_expenses(state, spent) if as_bills else [],
        "purchaseTransactions": purchases(state, receipts),
        "adjustmentTransactions": [
            adjustment_transaction(state, one, one.fact) for one, _ in records if isinstance(one.fact, Adjustment)
        ],
        "inventoryTransfers": [
            inventory_transfer(state, one.fact, each) for one, each in records if isinstance(one.fact, Transfer)
        ],
    }


def _dated(fact: Receipt | Adjustment | Transfer | Expense) -> tuple[date, int | None]:
    """The day and location by which an export is narrowed."""
    if isinstance(fact, Receipt):
        return fact.received, fact.location_id
    if isinstance(fact, Adjustment):
        return fact.closed, fact.location_id
    if isinstance(fact, Transfer):
        return fact.moved, fact.to_location_id
    return fact.spent, fact.location_id


def _invoice_place(state: ConnectWiseState, number: int) -> tuple[str | None, int | None]:
    invoice = state.tables["invoices"][number]
    return invoice.get("date"), invoice.get("locationId") or (invoice.get("location") or {}).get("id")


def _inside(request: ExportRequest, dated: str | None, location: int | None) -> bool:
    if request.location_id and location != request.location_id:
        return False
    return not (request.thru_date and dated and as_moment(str(dated)) > as_moment(request.thru_date))


def unposted_keys(state: ConnectWiseState) -> list[RecordKey]:
    """Receipts, stock movements and expenses that stand on an unposted list."""
    return [key for key, record in state.interface.items() if record.batch is None]


def _selected(state: ConnectWiseState, request: ExportRequest) -> list[RecordKey]:
    chosen = [
        RecordKey("invoice", number)
        for number in (unposted_invoice_ids(state, request.invoice_ids.included or None) if request.invoices else ())
        if request.invoice_ids.takes(number) and _inside(request, *_invoice_place(state, number))
    ]
    for key in unposted_keys(state):
        ids = request.expense_ids if key.kind == "expense" else request.product_ids
        asked = request.expenses if key.kind == "expense" else request.products
        if not (asked and ids.takes(key.id)):
            continue
        day, location = _dated(state.interface[key].fact)
        if _inside(request, midnight(day), location):
            chosen.append(key)
    return chosen


def export(state: ConnectWiseState, request: ExportRequest) -> Row:
    """A preview: what is unposted and asked for. Nothing is reserved and no batch is made."""
    return render_export(state, _selected(state, request))
