"""Invoices, bills and credit notes: composed, checked and saved."""

from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.xero.books.contacts import contact_for_document, mark_role
from ledgerwire.sandbox.xero.books.desk import Desk, Method, Outcome, read_date
from ledgerwire.sandbox.xero.books.kinds import INVOICE, Kind
from ledgerwire.sandbox.xero.rules.lines import LineRules, complete_lines, merge_lines, number
from ledgerwire.sandbox.xero.rules.rounding import CENT, Rounding, Totals, totals
from ledgerwire.sandbox.xero.rules.status import document_problem, is_removed
from ledgerwire.sandbox.xero.wire import ZERO_GUID, Json

_BASES = {"Exclusive", "Inclusive", "NoTax"}
_MAX_ROUNDING = Decimal("0.10")
_COPIED = ("Url", "BrandingThemeID", "ExpectedPaymentDate", "PlannedPaymentDate", "SentToContact")
_TOTALS_DIFFER = "The document total does not equal the sum of the lines."


def write_document(desk: Desk, kind: Kind, sent: Json, method: Method, path_id: str | None = None) -> Outcome:
    """Create (PUT) or create-or-update by id or number (POST) one document.

    Raises:
        NotANumberError: an amount field holds no number.
    """
    existing, problems = _target(desk, kind, sent, method, path_id)
    if problems:
        return Outcome(sent, problems)
    row = _header(desk, kind, sent, existing, problems)
    status = str(sent.get("Status") or (existing or {}).get("Status") or "DRAFT")
    current = existing["Status"] if existing else None
    if problem := document_problem(kind.noun, current, status, settled=_is_settled(desk, kind, existing)):
        return Outcome(sent, [problem])
    row["Status"] = status
    if existing is not None and is_removed(status):
        return _remove(desk, kind, existing, row)
    _contact(desk, sent, row, problems)
    _lines(desk, kind, sent, row, existing, problems)
    _totals(desk, kind, sent, row, problems)
    _numbers(desk, kind, row, problems)
    if status in {"SUBMITTED", "AUTHORISED"}:
        _approval(desk, kind, row, problems)
    if existing is not None and current == "AUTHORISED" and existing["Date"] != row["Date"]:
        problems.extend(
            filter(None, [desk.lock_problem(existing["Date"])])
        )  # nor can it be moved out of a closed period
    return Outcome(sent, problems) if problems else Outcome(_save(desk, kind, row, existing), [], _rate_warnings(row))


def _target(desk: Desk, kind: Kind, sent: Json, method: Method, path_id: str | None) -> tuple[Json | None, list[str]]:
    rows = kind.rows(desk.state)
    given_id = path_id or sent.get(kind.id_field)
    if given_id and given_id != ZERO_GUID:
        existing = rows.get(given_id)
        named = rows.by_key(given_id) if existing is None and path_id else []
        existing = existing or (named[0] if named else None)
        if existing is None:
            noun = kind.id_field.removesuffix("ID")
            return None, [f"An existing {noun} with the specified {kind.id_field} could not be found"]
        if method == "PUT":
            return None, [f"The {kind.id_field} cannot be given when a document is created."]
        return existing, []
    if sent.get("Type") not in kind.types:
        return None, [f"The Type '{sent.get('Type')}' is not valid for {kind.plural}."]
    number_sent = sent.get(kind.number_field)
    if method == "POST" and number_sent and sent["Type"] == kind.sales_type:
        for row in rows.by_key(number_sent):
            if row["Type"] == kind.sales_type and not is_removed(row["Status"]):
                return row, []
    return None, []


def _header(desk: Desk, kind: Kind, sent: Json, existing: Json | None, problems: list[str]) -> Json:
    old = existing or {}
    row: Json = {
        "Type": old.get("Type", sent.get("Type")),
        kind.id_field: old.get(kind.id_field) or desk.state.new_id(kind.collection),
        kind.number_field: sent.get(kind.number_field, old.get(kind.number_field)),
        "Reference": sent.get("Reference", old.get("Reference", "")),
        "LineAmountTypes": sent.get("LineAmountTypes") or old.get("LineAmountTypes") or "Exclusive",
        "CurrencyCode": sent.get("CurrencyCode") or old.get("CurrencyCode") or desk.state.base_currency,
        "Date": read_date(sent.get("Date"), "Date", problems) or old.get("Date") or desk.today,
        "DueDate": read_date(sent.get("DueDate"), "DueDate", problems) or old.get("DueDate"),
        "Contact": old.get("Contact"),
        "AmountPaid": Decimal("0.00"),
        "AmountCredited": Decimal("0.00"),
        "UpdatedDateUTC": desk.now,
    }
    rate = number(sent.get("CurrencyRate", old.get("CurrencyRate")))
    row["CurrencyRate"] = rate if rate is not None else desk.state.day_rates.get(row["CurrencyCode"], Decimal(1))
    row |= {field: sent.get(field, old.get(field)) for field in _COPIED if field in sent or field in old}
    if row["Type"] == kind.purchase_type:
        row["Reference"] = ""  # Reference is a field of sales documents only
    _header_problems(desk, row, kind, problems)
    return row


def _header_problems(desk: Desk, row: Json, kind: Kind, problems: list[str]) -> None:
    if row["LineAmountTypes"] not in _BASES:
        problems.append(f"The LineAmountTypes '{row['LineAmountTypes']}' is not valid.")
        row["LineAmountTypes"] = "Exclusive"
    if desk.state.currencies.get(row["CurrencyCode"]) is None:
        problems.append(f"Organisation is not subscribed to currency {row['CurrencyCode']}")
    problems.extend(
        f"The {field} field must be no longer than 255 characters."
        for field in (kind.number_field, "Reference")
        if len(str(row[field] or "")) > 255
    )
    if "xero" in str(row.get("Url") or "").casefold():
        problems.append("The Url must not contain the word xero.")


def _is_settled(desk: Desk, kind: Kind, existing: Json | None) -> bool:
    """Whether a payment, refund or allocation stands on a document."""
    if existing is None:
        return False
    row_id = existing[kind.id_field]
    paid = any(
        payment["Status"] == "AUTHORISED" and payment.get(kind.id_field) == row_id for payment in desk.state.payments
    )
    return paid or any(
        not allocation["IsDeleted"] and allocation.get(kind.id_field) == row_id for allocation in desk.state.allocations
    )


def _remove(desk: Desk, kind: Kind, existing: Json, row: Json) -> Outcome:
    """Void or delete: the amounts stay to be seen, nothing is due any more."""
    if existing["Status"] == "AUTHORISED" and (problem := desk.lock_problem(existing["Date"])):
        return Outcome(existing, [problem])
    nothing_due = {"AmountDue": Decimal("0.00")} if kind is INVOICE else {"RemainingCredit": Decimal("0.00")}
    gone = {**existing, **nothing_due, "Status": row["Status"], "UpdatedDateUTC": desk.now}
    return Outcome(kind.rows(desk.state).put(gone))


def _contact(desk: Desk, sent: Json, row: Json, problems: list[str]) -> None:
    block = sent.get("Contact", row["Contact"])
    contact, wrong = contact_for_document(desk, block)
    problems.extend(wrong)
    if contact is not None:
        row["Contact"] = {"ContactID": contact["ContactID"]}


def _lines(desk: Desk, kind: Kind, sent: Json, row: Json, existing: Json | None, problems: list[str]) -> None:
    given = sent.get("LineItems")
    old = (existing or {}).get("LineItems", [])
    merged, wrong = (old, []) if given is None else merge_lines([line for line in given if isinstance(line, dict)], old)
    problems.extend(wrong)
    rules = LineRules(
        lookup=desk.lookup,
        rounding=desk.rounding if given is not None else Rounding(desk.rounding.mode, 4),
        basis=row["LineAmountTypes"],
        purchase=row["Type"] == kind.purchase_type,
        approving=row["Status"] in {"SUBMITTED", "AUTHORISED"},
        discounts=row["Type"] == INVOICE.sales_type,
        new_id=desk.state.new_id,
    )
    lines = complete_lines(merged, rules)
    row["LineItems"] = lines.rows
    problems.extend(lines.problems)


def _totals(desk: Desk, kind: Kind, sent: Json, row: Json, problems: list[str]) -> None:
    summed = totals(((line["LineAmount"], line["TaxAmount"]) for line in row["LineItems"]), row["LineAmountTypes"])
    rounding_amount = _rounding_amount(desk, sent, row, problems) if kind is INVOICE else None
    total = summed.total + (rounding_amount or Decimal(0))
    expected: dict[str, Decimal] = {"SubTotal": summed.sub_total, "TotalTax": summed.total_tax, "Total": total}
    for field, amount in expected.items():
        given = number(sent.get(field))
        if given is not None and given != amount and _TOTALS_DIFFER not in problems:
            problems.append(_TOTALS_DIFFER)
    if rounding_amount is not None:
        row["RoundingAmount"] = rounding_amount
    _set_totals(row, Totals(summed.sub_total, summed.total_tax, total), kind)


def _rounding_amount(desk: Desk, sent: Json, row: Json, problems: list[str]) -> Decimal | None:
    """The opt-in rounding amount: within 0.10 and, to be approved, only beside all three totals."""
    amount = number(sent.get("RoundingAmount"))
    if amount is None or not desk.state.switches.rounding_amount:
        return None
    approving = row["Status"] in {"SUBMITTED", "AUTHORISED"}
    if approving and not all(number(sent.get(field)) is not None for field in ("SubTotal", "TotalTax", "Total")):
        return None
    if abs(amount) > _MAX_ROUNDING:
        if approving:
            problems.append("The rounding amount must be between -0.10 and 0.10.")
        return None
    return desk.rounding.money(amount)


def _set_totals(row: Json, amounts: Totals, kind: Kind) -> None:
    row |= {"SubTotal": amounts.sub_total, "TotalTax": amounts.total_tax, "Total": amounts.total}
    row["AmountDue" if kind is INVOICE else "RemainingCredit"] = amounts.total


def _numbers(desk: Desk, kind: Kind, row: Json, problems: list[str]) -> None:
    """Numbers of sales documents are unique among those that count; those of suppliers may repeat."""
    if row["Type"] != kind.sales_type or not row[kind.number_field]:
        return
    for other in kind.rows(desk.state).by_key(row[kind.number_field]):
        same = other[kind.id_field] == row[kind.id_field]
        if not same and other["Type"] == kind.sales_type and not is_removed(other["Status"]):
            problems.append(kind.number_taken)
            return


def _approval(desk: Desk, kind: Kind, row: Json, problems: list[str]) -> None:
    if not row["LineItems"]:
        problems.append("One or more line items must be specified")
    if kind is INVOICE and row["DueDate"] is None and desk.state.switches.due_date_required:
        problems.append("Due date cannot be empty.")
    if row["Total"] < 0:
        problems.append("The total for this document must be greater than or equal to zero.")
    if problem := desk.lock_problem(row["Date"]):
        problems.append(problem)


def _rate_warnings(row: Json) -> list[str]:
    """Xero questions a rate that cannot be right and saves the document all the same."""
    rate: Decimal = row["CurrencyRate"]
    return [] if Decimal("0.0001") <= rate <= Decimal(100_000) else ["The currency rate looks unusual."]


def _save(desk: Desk, kind: Kind, row: Json, existing: Json | None) -> Json:
    if row["Status"] == "AUTHORISED" and (desk.state.switches.approve_refused or "approve_refused" in desk.faults):
        row["Status"] = existing["Status"] if existing else "DRAFT"
    if not row[kind.number_field] and row["Type"] == kind.sales_type:
        row[kind.number_field] = desk.state.next_number(kind.number_prefix, kind.rows(desk.state))
    if "wrong_total" in desk.faults:
        _set_totals(row, Totals(row["SubTotal"], row["TotalTax"], row["Total"] + CENT), kind)
    if row["Status"] == "AUTHORISED" and row["Total"] == 0:
        row |= {"Status": "PAID", "FullyPaidOnDate": row["Date"]}
    contact: Any = desk.state.contacts.get(row["Contact"]["ContactID"])
    mark_role(desk, contact, purchase=row["Type"] == kind.purchase_type)
    return kind.rows(desk.state).put(row)
