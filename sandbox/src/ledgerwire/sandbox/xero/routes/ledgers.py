"""/ManualJournals, /Payments and /Contacts."""

from dataclasses import replace

from ledgerwire.sandbox.xero.books.contacts import write_contact
from ledgerwire.sandbox.xero.books.desk import Desk, Method, Outcome
from ledgerwire.sandbox.xero.books.journals import write_journal
from ledgerwire.sandbox.xero.books.money_movements import pay, undo_payment
from ledgerwire.sandbox.xero.call import Answer, Call, not_found
from ledgerwire.sandbox.xero.query.listing import ListRules, list_rows
from ledgerwire.sandbox.xero.routes.batch import BatchRules, write_batch
from ledgerwire.sandbox.xero.rules.contacts import TEXT_FIELDS, fold
from ledgerwire.sandbox.xero.wire import Json

_JOURNALS = ListRules(
    id_field="ManualJournalID",
    fields=frozenset({"ManualJournalID", "Narration", "Date", "Status", "UpdatedDateUTC", "LineAmountTypes", "Url"}),
)
_PAYMENTS = ListRules(
    id_field="PaymentID",
    fields=frozenset({
        "PaymentID", "Date", "Amount", "Reference", "Status", "PaymentType", "Invoice", "CreditNote", "IsReconciled",
        "UpdatedDateUTC",
    }),
)  # fmt: skip
_CONTACTS = ListRules(
    id_field="ContactID",
    fields=frozenset({
        "ContactID", "ContactStatus", "IsSupplier", "IsCustomer", "UpdatedDateUTC", "DefaultCurrency", *TEXT_FIELDS,
    }),
    status_field="ContactStatus",
)  # fmt: skip


def _method(call: Call) -> Method:
    return "PUT" if call.method == "PUT" else "POST"


def read_journals(call: Call) -> Answer:
    """A list of manual journals; their lines only when pages were asked for."""
    by_narration = call.state.switches.journal_narration_filter
    rules = _JOURNALS if by_narration else replace(_JOURNALS, fields=_JOURNALS.fields - {"Narration"})
    listed = list_rows(call.state.manual_journals, rules, call.query, call.headers.get("if-modified-since"))
    show = call.presenter().journal
    paged = listed.pagination is not None
    return call.envelope("ManualJournals", [show(row, lines=paged) for row in listed.rows], listed.pagination)


def read_journal(call: Call, named: str) -> Answer:
    """One manual journal by id."""
    row = call.state.manual_journals.get(named)
    return not_found() if row is None else call.envelope("ManualJournals", [call.presenter().journal(row)])


def write_journals(call: Call, named: str | None = None) -> Answer:
    """PUT or POST of manual journals."""

    def write(desk: Desk, sent: Json) -> Outcome:
        return write_journal(desk, sent, _method(call), named)

    show = call.presenter().journal
    return write_batch(call, BatchRules("ManualJournals", "ManualJournalID", write, show, ("closed_period",)))


def read_payments(call: Call) -> Answer:
    """A list of payments."""

    def view(row: Json) -> Json:
        invoice = call.state.invoices.get(row.get("InvoiceID"))
        note = call.state.credit_notes.get(row.get("CreditNoteID"))
        return {**row, "Invoice": invoice, "CreditNote": note}

    listed = list_rows(call.state.payments, _PAYMENTS, call.query, call.headers.get("if-modified-since"), view)
    show = call.presenter().payment
    return call.envelope("Payments", [show(row) for row in listed.rows], listed.pagination)


def read_payment(call: Call, named: str) -> Answer:
    """One payment by id."""
    row = call.state.payments.get(named)
    return not_found() if row is None else call.envelope("Payments", [call.presenter().payment(row)])


def write_payments(call: Call) -> Answer:
    """PUT of payments, or POST of one."""

    def write(desk: Desk, sent: Json) -> Outcome:
        return pay(desk, sent)

    at_most = 50 if call.method == "PUT" else 1
    show = call.presenter().payment
    return write_batch(call, BatchRules("Payments", "PaymentID", write, show, ("closed_period",), at_most))


def delete_payment(call: Call, named: str) -> Answer:
    """POST of Status DELETED to one payment."""
    if call.state.payments.get(named) is None:
        return not_found()

    def write(desk: Desk, sent: Json) -> Outcome:
        return undo_payment(desk, named, sent)

    show = call.presenter().payment
    return write_batch(call, BatchRules("Payments", "PaymentID", write, show, ("closed_period",), 1))


def read_contacts(call: Call) -> Answer:
    """A list of contacts, active ones unless includeArchived or ids say otherwise."""
    rows: list[Json] = list(call.state.contacts)
    if not call.flag("includearchived", default=False) and not call.query.get("ids"):
        rows = [row for row in rows if row["ContactStatus"] != "ARCHIVED"]
    if term := fold(call.query.get("searchterm") or ""):
        searched = ("Name", "FirstName", "LastName", "EmailAddress", "ContactNumber", "CompanyNumber")
        rows = [row for row in rows if any(term in fold(row.get(field) or "") for field in searched)]
    listed = list_rows(rows, _CONTACTS, call.query, call.headers.get("if-modified-since"))
    show = call.presenter().contact
    return call.envelope("Contacts", [show(row) for row in listed.rows], listed.pagination)


def read_contact(call: Call, named: str) -> Answer:
    """One contact by id or, whichever comes first, by ContactNumber."""
    row = call.state.contacts.get(named) or next(
        (row for row in call.state.contacts if fold(row.get("ContactNumber") or "") == fold(named)), None
    )
    return not_found() if row is None else call.envelope("Contacts", [call.presenter().contact(row)])


def write_contacts(call: Call, named: str | None = None) -> Answer:
    """PUT or POST of contacts."""
    if named and call.state.contacts.get(named) is None:
        return not_found()

    def write(desk: Desk, sent: Json) -> Outcome:
        return write_contact(desk, sent, _method(call), named)

    return write_batch(call, BatchRules("Contacts", "ContactID", write, call.presenter().contact))
