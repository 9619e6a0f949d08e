"""Journal entries: two sides that balance, names on receivable and payable lines."""

from decimal import Decimal

from ledgerwire.sandbox.quickbooks.books.desk import Desk, named
from ledgerwire.sandbox.quickbooks.books.header import header, line_class
from ledgerwire.sandbox.quickbooks.refusals import business, refuse, required
from ledgerwire.sandbox.quickbooks.rules.shape import limit
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, cents, value_of

_NEEDS = {"Accounts Receivable": "Customer", "Accounts Payable": "Vendor"}
_DETAIL = "JournalEntryLineDetail"


def journal_entry(desk: Desk, name: str, sent: Json, before: Json | None) -> Json:
    """A checked journal entry; its TotalAmt stays 0."""
    wanted = sent.get("CurrencyRef", {}).get("value") or desk.state.home_currency
    sent = {**sent, "CurrencyRef": {"value": wanted}}
    row = header(desk, name, sent, str(wanted), before)
    given = [line for line in sent.get("Line", []) if line.get("DetailType") != "DescriptionOnly"]
    if len(given) < 2:
        raise business("Fill out at least two detail lines before you save.", "Line")
    row["Line"] = [_line(desk, line, number) for number, line in enumerate(given)]
    _check_balance(desk, row["Line"])
    return row | {"TotalAmt": ZERO, "Adjustment": bool(sent.get("Adjustment"))}


def _line(desk: Desk, line: Json, number: int) -> Json:
    if line.get("DetailType") != _DETAIL:
        raise refuse("2060", f"Invalid enumeration. Supplied value:{line.get('DetailType')}", "DetailType")
    limit("Description", line.get("Description"), 4_000)
    amount: Decimal | None = line.get("Amount")
    if amount is None:
        raise required("Amount")
    if amount < 0:
        raise refuse("2290", f"A journal line takes a positive amount. Supplied value:{amount}", "Amount")
    detail = dict(line.get(_DETAIL, {}))
    if detail.get("PostingType") not in {"Debit", "Credit"}:
        raise refuse("2060", f"Invalid enumeration. Supplied value:{detail.get('PostingType')}", "PostingType")
    account = desk.need("Account", detail.get("AccountRef"), "AccountRef")
    department = desk.reference("Department", detail.get("DepartmentRef"), "DepartmentRef")
    kept = {key: value for key, value in detail.items() if key not in {"ClassRef", "DepartmentRef", "Entity"}}
    kept |= {"AccountRef": named("Account", account), **line_class(desk, detail), **_tax(desk, detail)}
    kept |= {"DepartmentRef": department} if department else {}
    kept |= _entity(desk, detail.get("Entity"), account)
    shown = {"Description": line["Description"]} if line.get("Description") else {}
    line_id = str(line.get("Id") or number)
    return {"Id": line_id, **shown, "Amount": cents(amount), "DetailType": _DETAIL, _DETAIL: kept}


def _tax(desk: Desk, detail: Json) -> Json:
    """A tax code on a journal line needs the side it belongs to and its amount."""
    code = value_of(detail.get("TaxCodeRef"))
    if code is None:
        return {}
    if detail.get("TaxApplicableOn") not in {"Sales", "Purchase"}:
        raise refuse("2270", "TaxApplicableOn is needed with a tax code", "TaxApplicableOn")
    if detail.get("TaxAmount") is None:
        raise refuse("2280", "TaxAmount is needed with a tax code", "TaxAmount")
    if desk.state.get("TaxCode", code) is None:
        raise refuse("6100", f"Invalid tax code id {code} in the request", "TaxCodeRef")
    return {"TaxCodeRef": desk.reference("TaxCode", {"value": code}, "TaxCodeRef")}


def _entity(desk: Desk, sent: object, account: Json) -> Json:
    """The customer, vendor or employee of a line; receivable and payable accounts cannot do without theirs."""
    entity: Json = sent if isinstance(sent, dict) else {}
    kind, reference = str(entity.get("Type") or ""), entity.get("EntityRef")
    needed = _NEEDS.get(str(account["AccountType"]))
    if needed and (kind != needed or value_of(reference) is None):
        raise business(
            f"When you use {account['AccountType']}, you must choose a {needed.lower()} in the Name field.", "Entity"
        )
    if value_of(reference) is None:
        return {}
    if kind not in {"Customer", "Vendor", "Employee"}:
        raise refuse("2060", f"Invalid enumeration. Supplied value:{kind}", "Entity")
    return {"Entity": {"Type": kind, "EntityRef": desk.reference(kind, reference, "EntityRef")}}


def _check_balance(desk: Desk, lines: list[Json]) -> None:
    sides = {"Debit": ZERO, "Credit": ZERO}
    for line in lines:
        detail = line[_DETAIL]
        sides[detail["PostingType"]] += line["Amount"] + cents(detail.get("TaxAmount") or ZERO)
    if sides["Debit"] != sides["Credit"]:
        code = desk.state.switches.journal_unbalanced_code
        raise refuse(code, f"Debits {sides['Debit']} do not equal credits {sides['Credit']}", "Line")
    if not {"Debit", "Credit"} <= {line[_DETAIL]["PostingType"] for line in lines}:
        raise business("A journal entry needs a debit and a credit line", "Line")
