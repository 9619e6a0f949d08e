"""/Invoices and /CreditNotes."""

from ledgerwire.sandbox.xero.books.desk import Desk, Method, Outcome
from ledgerwire.sandbox.xero.books.documents import write_document
from ledgerwire.sandbox.xero.books.kinds import Kind
from ledgerwire.sandbox.xero.books.money_movements import allocate, undo_allocation
from ledgerwire.sandbox.xero.call import Answer, Call, exception, not_found
from ledgerwire.sandbox.xero.query.listing import ListRules, list_rows
from ledgerwire.sandbox.xero.routes.batch import BatchRules, write_batch
from ledgerwire.sandbox.xero.wire import Json, encode

_FAULTS = ("closed_period", "approve_refused", "wrong_total")
_SHARED_FIELDS = {
    "Type",
    "Status",
    "Date",
    "DueDate",
    "Reference",
    "Contact",
    "CurrencyCode",
    "CurrencyRate",
    "LineAmountTypes",
    "SubTotal",
    "TotalTax",
    "Total",
    "UpdatedDateUTC",
    "FullyPaidOnDate",
    "HasAttachments",
}
_LISTS = {
    "Invoices": ListRules(
        id_field="InvoiceID",
        fields=frozenset(_SHARED_FIELDS | {"InvoiceID", "InvoiceNumber", "AmountDue", "AmountPaid", "AmountCredited"}),
        number_parameter="invoicenumbers",
        number_field="InvoiceNumber",
    ),
    "CreditNotes": ListRules(
        id_field="CreditNoteID",
        fields=frozenset(_SHARED_FIELDS | {"CreditNoteID", "CreditNoteNumber", "RemainingCredit"}),
    ),
}


def read_documents(call: Call, kind: Kind) -> Answer:
    """A list of documents; their lines only when pages were asked for."""
    rules = _LISTS[kind.plural]

    def view(row: Json) -> Json:
        return {**row, "Contact": call.state.contacts.get(row["Contact"]["ContactID"])}

    listed = list_rows(kind.rows(call.state), rules, call.query, call.headers.get("if-modified-since"), view)
    show = call.presenter().document
    with_lines = listed.pagination is not None and not call.flag("summaryonly", default=False)
    return call.envelope(kind.plural, [show(kind, row, lines=with_lines) for row in listed.rows], listed.pagination)


def read_document(call: Call, kind: Kind, named: str) -> Answer:
    """One document by id or number, with its lines."""
    rows = kind.rows(call.state)
    row = rows.get(named) or next(iter(rows.by_key(named)), None)
    return not_found() if row is None else call.envelope(kind.plural, [call.presenter().document(kind, row)])


def write_documents(call: Call, kind: Kind, named: str | None = None) -> Answer:
    """PUT or POST of documents."""
    if named and not (kind.rows(call.state).get(named) or kind.rows(call.state).by_key(named)):
        return not_found()
    method: Method = "PUT" if call.method == "PUT" else "POST"

    def write(desk: Desk, sent: Json) -> Outcome:
        return write_document(desk, kind, sent, method, named)

    show = call.presenter
    rules = BatchRules(kind.plural, kind.id_field, write, lambda row: show().document(kind, row), _FAULTS)
    return write_batch(call, rules)


def write_allocations(call: Call, note_id: str) -> Answer:
    """PUT of allocations of one credit note."""
    note = call.state.credit_notes.get(note_id)
    if note is None:
        return not_found()

    def write(desk: Desk, sent: Json) -> Outcome:
        return allocate(desk, str(note["CreditNoteID"]), sent)

    show = call.presenter().allocation
    return write_batch(call, BatchRules("Allocations", "AllocationID", write, show, ("closed_period",)))


def remove_allocation(call: Call, allocation_id: str) -> Answer:
    """DELETE of one allocation."""
    fired = frozenset({"closed_period"}) if call.take_fault("closed_period") else frozenset()
    outcome = undo_allocation(call.desk(fired), allocation_id)
    if outcome is None:
        return not_found()
    shown = call.presenter().allocation(outcome.row)
    if outcome.problems:
        problems = [{"Message": problem} for problem in outcome.problems]
        element = {**shown, "ValidationErrors": problems}
        return exception(10, "ValidationException", "A validation exception occurred", [element])
    call.state.undo.forget()
    return Answer(200, encode(shown))
