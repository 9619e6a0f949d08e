"""Manual journals: balanced, in base currency, DRAFT unless POSTED is asked for."""

from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.xero.books.desk import Desk, Method, Outcome, read_date
from ledgerwire.sandbox.xero.rules.lines import number
from ledgerwire.sandbox.xero.rules.reference import journal_account_problem, resolve_tracking, tax_problem
from ledgerwire.sandbox.xero.rules.rounding import line_tax
from ledgerwire.sandbox.xero.rules.status import is_removed, journal_problem
from ledgerwire.sandbox.xero.wire import ZERO_GUID, Json

_ZERO = Decimal("0.00")


def write_journal(desk: Desk, sent: Json, method: Method, path_id: str | None = None) -> Outcome:
    """Create (PUT, or POST without an id) or update (POST with an id) one manual journal.

    Raises:
        NotANumberError: an amount field holds no number.
    """
    existing, problems = _target(desk, sent, method, path_id)
    if problems:
        return Outcome(sent, problems)
    old = existing or {}
    status = str(sent.get("Status") or old.get("Status") or "DRAFT")
    if problem := journal_problem(old.get("Status"), status):
        return Outcome(sent, [problem])
    row: Json = {
        "ManualJournalID": old.get("ManualJournalID") or desk.state.new_id("manual_journals"),
        "Date": read_date(sent.get("Date"), "Date", problems) or old.get("Date") or desk.today,
        "Status": status,
        "LineAmountTypes": sent.get("LineAmountTypes") or old.get("LineAmountTypes") or "NoTax",
        "Narration": sent.get("Narration", old.get("Narration")),
        "ShowOnCashBasisReports": sent.get("ShowOnCashBasisReports", old.get("ShowOnCashBasisReports", True)),
        "Url": sent.get("Url", old.get("Url")),
        "UpdatedDateUTC": desk.now,
    }
    warnings: list[str] = []
    if existing is not None and is_removed(status):
        row |= {"JournalLines": existing["JournalLines"], "Date": existing["Date"]}
    else:
        given = sent.get("JournalLines", old.get("JournalLines", []))
        _lines(desk, _known(desk, given, warnings), row, problems)
    days = {row["Date"], *([old["Date"]] if old.get("Status") == "POSTED" else [])}
    if status in {"POSTED", "VOIDED"}:
        problems += [problem for day in sorted(days) if (problem := desk.lock_problem(day))]
    return Outcome(sent, problems, warnings) if problems else Outcome(desk.state.manual_journals.put(row), [], warnings)


def _target(desk: Desk, sent: Json, method: Method, path_id: str | None) -> tuple[Json | None, list[str]]:
    given_id = path_id or sent.get("ManualJournalID")
    if not given_id or given_id == ZERO_GUID:
        return None, []
    existing = desk.state.manual_journals.get(given_id)
    if existing is None:
        return None, ["An existing ManualJournal with the specified ManualJournalID could not be found"]
    if method == "PUT":
        return None, ["The ManualJournalID cannot be given when a journal is created."]
    return existing, []


def _known(desk: Desk, sent: Any, warnings: list[str]) -> Any:
    """The lines that are left where Xero takes lines with an unknown account out of a journal and only warns of it."""
    if desk.state.switches.journal_account_unknown != "removed" or not isinstance(sent, list):
        return sent
    lines = [line for line in sent if isinstance(line, dict)]
    named = [str(line.get("AccountCode") or line.get("AccountID") or "") for line in lines]
    unknown = dict.fromkeys(name for name in named if desk.state.account(name) is None)
    warnings += [
        f"Account code '{name}' has been removed as it does not match a recognised account." for name in unknown
    ]
    return [line for line, name in zip(lines, named, strict=True) if name not in unknown]


def _lines(desk: Desk, sent: Any, row: Json, problems: list[str]) -> None:
    lines = [line for line in sent if isinstance(line, dict)] if isinstance(sent, list) else []
    if not row["Narration"]:
        problems.append("Narration must be specified.")
    if row["LineAmountTypes"] not in {"Exclusive", "Inclusive", "NoTax"}:
        problems.append(f"The LineAmountTypes '{row['LineAmountTypes']}' is not valid.")
        row["LineAmountTypes"] = "NoTax"
    if len(lines) < 2:
        problems.append("A manual journal must have at least two lines.")
    row["JournalLines"] = [_line(desk, line, row["LineAmountTypes"], problems) for line in lines]
    amounts = [_gross(line, row["LineAmountTypes"]) for line in row["JournalLines"]]
    debits = sum((amount for amount in amounts if amount > 0), _ZERO)
    credits_ = sum((amount for amount in amounts if amount < 0), _ZERO)
    if debits + credits_ != 0:
        problems.append(f"The total debits ({debits:f}) must equal total credits ({credits_:f})")


def _line(desk: Desk, sent: Json, basis: Any, problems: list[str]) -> Json:
    named = str(sent.get("AccountCode") or sent.get("AccountID") or "")
    account = desk.state.account(named)
    if account is not None and sent.get("AccountCode") and account.get("Code") != sent["AccountCode"]:
        account = None  # an account id in AccountCode is no valid code
    if problem := journal_account_problem(named, account):
        problems.append(problem)
    tax_type = str(sent.get("TaxType") or (account or {}).get("TaxType") or "NONE") if basis != "NoTax" else "NONE"
    rate = desk.state.tax_rates.get(tax_type)
    if basis != "NoTax" and (problem := tax_problem(tax_type, rate, account)):
        problems.append(problem)
    amount = desk.rounding.money(number(sent.get("LineAmount")) or _ZERO)
    override = number(sent.get("TaxAmount"))
    percent = number((rate or {}).get("EffectiveRate")) or Decimal(0)
    tax = line_tax(amount, percent, basis, desk.rounding)
    if override is not None and basis != "NoTax":
        tax = desk.rounding.money(override)
    tracking, wrong = resolve_tracking(sent.get("Tracking"), desk.state.tracking_categories)
    problems.extend(wrong)
    return {
        "LineAmount": amount,
        "AccountCode": (account or {}).get("Code", named),
        "AccountID": (account or {}).get("AccountID", ZERO_GUID),
        "Description": sent.get("Description") or "",
        "TaxType": tax_type,
        "TaxAmount": tax,
        "Tracking": tracking,
        "IsBlank": False,
    }


def _gross(line: Json, basis: Any) -> Decimal:
    amount: Decimal = line["LineAmount"]
    tax: Decimal = line["TaxAmount"]
    return amount + tax if basis == "Exclusive" else amount
