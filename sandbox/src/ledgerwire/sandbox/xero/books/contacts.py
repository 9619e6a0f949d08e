"""Contacts: created, updated, and named by documents."""

from typing import Any

from ledgerwire.sandbox.xero.books.desk import Desk, Method, Outcome
from ledgerwire.sandbox.xero.rules.contacts import LIST_FIELDS, TEXT_FIELDS, clash_problems, fold, shape_problems
from ledgerwire.sandbox.xero.wire import ZERO_GUID, Json

ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes."
)
MISSING = (
    "The Contact must contain at least 1 of the following elements to identify the contact: "
    "Name, ContactID, ContactNumber"
)
_OTHER_FIELDS = (
    "BankAccountDetails",
    "AccountsReceivableTaxType",
    "AccountsPayableTaxType",
    "DefaultCurrency",
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
    "PaymentTerms",
    "Website",
)
_WRITABLE = frozenset({*TEXT_FIELDS, *LIST_FIELDS, *_OTHER_FIELDS, "ContactStatus"})


def write_contact(desk: Desk, sent: Json, method: Method, path_id: str | None = None) -> Outcome:
    """Create (PUT) or create-or-update by id, ContactNumber or active Name (POST) one contact."""
    existing, problem = _target(desk, sent, method, path_id)
    if problem:
        return Outcome(sent, [problem])
    if existing is not None and existing["ContactStatus"] == "ARCHIVED":
        return Outcome(sent, ["The status 'ARCHIVED' is not valid for contacts"])
    row = _merged(desk, sent, existing)
    others = [other for other in desk.state.contacts if other["ContactID"] != row["ContactID"]]
    problems = shape_problems(row) + clash_problems(row, others)
    if row["ContactStatus"] not in {"ACTIVE", "ARCHIVED"} or (existing is None and row["ContactStatus"] != "ACTIVE"):
        problems.append(f"The status '{row['ContactStatus']}' is not valid for contacts")
    if problems:
        return Outcome(sent, problems)
    return Outcome(desk.state.contacts.put(row))


def contact_for_document(desk: Desk, block: Any) -> tuple[Json | None, list[str]]:
    """The contact a document names, creating one by name or changing one whose block says more than its id.

    A block with more than ContactID edits the customer: fields sent are written, ContactPersons not sent are dropped.
    """
    if not isinstance(block, dict) or not any(block.get(key) for key in ("ContactID", "ContactNumber", "Name")):
        return None, [MISSING]
    contact = find_contact(desk, block)
    if contact is None:
        if block.get("ContactID"):
            return None, ["The contact with the specified contact details could not be found."]
        made = write_contact(desk, block, "POST")
        return (None, made.problems) if made.problems else (made.row, [])
    if contact["ContactStatus"] != "ACTIVE":
        return None, [ARCHIVED]
    if block.get("ContactID") and _WRITABLE & set(block):
        edited = write_contact(desk, {"ContactPersons": [], **block}, "POST", contact["ContactID"])
        return (None, edited.problems) if edited.problems else (edited.row, [])
    return contact, []


def find_contact(desk: Desk, block: Json) -> Json | None:
    """The contact of an id, a ContactNumber or an active Name, in that order."""
    if block.get("ContactID"):
        return desk.state.contacts.get(block["ContactID"])
    for field, active_only in (("ContactNumber", False), ("Name", True)):
        if not block.get(field):
            continue
        wanted = fold(block[field])
        for row in desk.state.contacts:
            if fold(row.get(field) or "") == wanted and (row["ContactStatus"] == "ACTIVE" or not active_only):
                return row
    return None


def mark_role(desk: Desk, contact: Json, *, purchase: bool) -> None:
    """A first document makes its contact a customer or a supplier."""
    flag = "IsSupplier" if purchase else "IsCustomer"
    if not contact.get(flag):
        desk.state.contacts.put({**contact, flag: True})


def _target(desk: Desk, sent: Json, method: Method, path_id: str | None) -> tuple[Json | None, str | None]:
    given_id = path_id or sent.get("ContactID")
    if given_id and given_id != ZERO_GUID:
        existing = desk.state.contacts.get(given_id)
        if existing is None:
            return None, "An existing Contact with the specified ContactID could not be found"
        if method == "PUT":
            return None, "The ContactID cannot be given when a contact is created."
        return existing, None
    return (find_contact(desk, sent), None) if method == "POST" else (None, None)


def _merged(desk: Desk, sent: Json, existing: Json | None) -> Json:
    row: Json = dict(existing or {"ContactID": desk.state.new_id("contacts"), "ContactStatus": "ACTIVE"})
    row |= {field: value for field, value in sent.items() if field in _WRITABLE}
    return {**row, "UpdatedDateUTC": desk.now}
