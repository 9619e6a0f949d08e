"""What all documents have in common: number, date, currency, dimensions, texts."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.quickbooks.books.desk import Desk, named
from ledgerwire.sandbox.quickbooks.refusals import business, refuse, required
from ledgerwire.sandbox.quickbooks.rules.shape import limit
from ledgerwire.sandbox.quickbooks.wire import Json, day

NUMBER_LENGTH = 21
NOTE_LENGTH = 4_000
MEMO_LENGTH = 1_000
MOST_LINES = 10_000
COMPUTED = frozenset({
    "MetaData", "domain", "sparse", "status", "SyncToken", "Balance", "HomeBalance", "HomeTotalAmt", "LinkedTxn",
    "UnappliedAmt", "RemainingCredit",
})  # fmt: skip
_TAX_MODES = ("TaxExcluded", "TaxInclusive", "NotApplicable")


def header(desk: Desk, name: str, sent: Json, currency: str, before: Json | None) -> Json:
    """The document's checked head; `currency` is its customer's or vendor's."""
    head = {key: value for key, value in sent.items() if key not in COMPUTED}
    head["TxnDate"] = sent.get("TxnDate") or desk.now.date().isoformat()
    desk.check_open(head["TxnDate"])
    limit("PrivateNote", sent.get("PrivateNote"), NOTE_LENGTH)
    memo = sent.get("CustomerMemo")
    limit("CustomerMemo", memo.get("value") if isinstance(memo, dict) else memo, MEMO_LENGTH)
    if len(sent.get("Line", ())) > MOST_LINES:
        raise business(f"A transaction takes at most {MOST_LINES} lines", "Line")
    if sent.get("GlobalTaxCalculation", "TaxExcluded") not in _TAX_MODES:
        raise refuse("2060", f"Invalid enumeration. Supplied value:{sent['GlobalTaxCalculation']}")
    _dimensions(desk, head)
    head |= _currency(desk, sent, currency, before)
    return _numbered(desk, name, head, before)


def _dimensions(desk: Desk, head: Json) -> None:
    """Classes and locations count only where the company tracks them."""
    prefs = desk.state.preferences["AccountingInfoPrefs"]
    for key, entity, tracked in (
        ("DepartmentRef", "Department", prefs.get("TrackDepartments")),
        ("ClassRef", "Class", prefs.get("ClassTrackingPerTxn")),
    ):
        reference = desk.reference(entity, head.pop(key, None), key)
        if reference and tracked:
            head[key] = reference


def line_class(desk: Desk, detail: Json) -> Json:
    """A line's class, where the company tracks classes by line."""
    reference = desk.reference("Class", detail.get("ClassRef"), "ClassRef")
    tracked = desk.state.preferences["AccountingInfoPrefs"].get("ClassTrackingPerTxnLine")
    return {"ClassRef": reference} if reference and tracked else {}


def _currency(desk: Desk, sent: Json, currency: str, before: Json | None) -> Json:
    state = desk.state
    wanted = sent.get("CurrencyRef", {}).get("value")
    if not state.multi_currency:
        if wanted not in {None, state.home_currency}:
            raise business("Multi currency should be enabled to perform this operation", "CurrencyRef")
        return {"CurrencyRef": {"value": state.home_currency}}
    if wanted is None:
        raise required("CurrencyRef")
    if wanted != currency:
        raise business(
            f"The currency of the transaction is invalid for the customer, vendor or account: {wanted} given, "
            f"{currency} expected",
            "CurrencyRef",
        )
    if wanted == state.home_currency:
        return {"CurrencyRef": {"value": wanted}, "ExchangeRate": Decimal(1)}
    if not any(row["Code"] == wanted and row.get("Active", True) for row in state.all("CompanyCurrency")):
        raise refuse("2500", f"Currencies element id {wanted} not found", "CurrencyRef")
    rate = sent.get("ExchangeRate") or (before or {}).get("ExchangeRate") or state.day_rates.get(wanted, Decimal(1))
    if rate <= 0:
        raise refuse("2090", f"Invalid number. Supplied value:{rate}", "ExchangeRate")
    return {"CurrencyRef": {"value": wanted}, "ExchangeRate": rate}


def _numbered(desk: Desk, name: str, head: Json, before: Json | None) -> Json:
    """DocNumber as the company's settings decide: ours, or the next of its own."""
    number = head.pop("DocNumber", None)
    limit("DocNumber", number, NUMBER_LENGTH)
    if name in {"Invoice", "CreditMemo"}:
        custom = desk.state.preferences["SalesFormsPrefs"].get("CustomTxnNumbers")
        if not custom or number == "AUTO_GENERATE":
            kept = before.get("DocNumber") if before else None
            number = kept or desk.state.next_number(name)
    if not number:
        return head
    _check_duplicate(desk, name, str(number), head)
    return head | {"DocNumber": number}


def _check_duplicate(desk: Desk, name: str, number: str, head: Json) -> None:
    switches = desk.state.switches
    unchecked = (name in {"Bill", "VendorCredit", "BillPayment"} and not switches.bill_number_check) or (
        name == "JournalEntry" and not switches.journal_number_check
    )
    if unchecked or "allowduplicatedocnum" in desk.include:
        return
    for kind, row_id in desk.state.numbered(name, number):
        other = desk.state.rows[kind][row_id]
        if (kind, row_id) == (name, str(head.get("Id"))):
            continue
        if "VendorRef" in head and other["VendorRef"]["value"] != head["VendorRef"]["value"]:
            continue
        raise refuse(
            "6140",
            "You must specify a different number. This number has already been used. "
            f"DocNumber={number} is assigned to TxnType={kind} with TxnId={row_id}",
        )


def terms(desk: Desk, sent: Json, default: Any, dated: str) -> Json:
    """SalesTermRef and DueDate: the date that was sent, else the term's, else the document's own."""
    term = desk.find("Term", sent.get("SalesTermRef") or default, "SalesTermRef")
    result = {"SalesTermRef": named("Term", term)} if term else {}
    due = sent.get("DueDate") or due_date(day(dated), term or {}).isoformat()
    return result | {"DueDate": due}


def due_date(dated: date, term: Json) -> date:
    """What a term makes of a date: so many days later, or a day of the month that is far enough away."""
    if "DayOfMonthDue" not in term:
        return dated + timedelta(days=int(term.get("DueDays", 0)))
    wanted = int(term["DayOfMonthDue"])
    due = _in_month(dated.year, dated.month, wanted)
    if due < dated or (due - dated).days < int(term.get("DueNextMonthDays", 0)):
        following = _in_month(dated.year, dated.month, 28) + timedelta(days=4)
        due = _in_month(following.year, following.month, wanted)
    return due


def _in_month(year: int, month: int, wanted: int) -> date:
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(wanted, last))
