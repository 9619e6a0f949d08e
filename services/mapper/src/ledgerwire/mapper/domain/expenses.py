"""Expenses: bills of the employee or of the company's card, credits owed back, or journals (M17). Entry: `map_expense`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.common.money import ZERO, round_half_up, total
from ledgerwire.mapper.domain import contacts, currency, journals, locks, purchases
from ledgerwire.mapper.domain.amounts import Figures
from ledgerwire.mapper.domain.exclusion import excluded
from ledgerwire.mapper.domain.journals import Journal
from ledgerwire.mapper.domain.model import Ignored, Mapped, NoEffect, Party, Result, StoppedResult
from ledgerwire.mapper.domain.parts import Case, money_words
from ledgerwire.mapper.domain.purchase_model import Expense, ExpenseInput, Row
from ledgerwire.mapper.domain.purchase_tax import Taxation
from ledgerwire.mapper.domain.purchases import Decided, Header
from ledgerwire.mapper.domain.trace import Candidate, Decision

EXPENSE = "expense"
TAX_ROW = "ET"
PERSONAL, REIMBURSABLE = "Personal", "Reimbursable"

_RANKS = {
    "Open": 0,
    "Rejected": 0,
    "RejectBySecondTier": 0,
    "PendingApproval": 1,
    "ErrorsCorrected": 1,
    "PendingProjectApproval": 1,
    "ApprovedByTierOne": 2,
    "ApprovedByTierTwo": 3,
    "ReadyToBill": 4,
    "Billed": 5,
    "BilledAgreement": 5,
    "WrittenOff": 5,
}
"""How far an expense has come; the tiers are approval, what follows is billing."""
_LAST_TIER = _RANKS["ApprovedByTierTwo"]


def map_expense(source: ExpenseInput) -> Result:
    """What one expense becomes in the ledger, or why it does not. Pure: same input, same bytes."""
    expense = source.expense
    case = Case(
        number=expense.number,
        party=expense.member,
        ledger=source.ledger,
        settings=source.settings,
        reference=source.reference,
        choices=source.choices,
        rounding_used=source.rounding_used,
    )
    if not source.settings.expenses.enabled:
        return Ignored("excluded", case.finding("RECORD_TYPE_OFF", kind="Expenses"))
    verdict = excluded(case, EXPENSE, kind=expense.classification, company_id=expense.customer_id)
    if isinstance(verdict, Ignored):
        return verdict
    if not expense.listed:
        return Ignored("unlisted", case.finding("NOT_ON_UNPOSTED_LIST"))
    if not source.bill and not source.pairs:
        case.add("GL_ENTRIES_MISSING", mapping="expenses (EE, EI, EO)")
        return StoppedResult(tuple(case.findings), case.trace.build())
    return verdict or _map(case, source)


def _map(case: Case, source: ExpenseInput) -> Result:
    check_approval(case, source.expense)
    check_payment_types(case, source.payment_types)
    made = _bill(case, source) if source.bill else _journal(case, source)
    if case.is_stopped():
        return StoppedResult(tuple(item for item in case.findings if item.stops), case.trace.build())
    if made is None:
        return NoEffect(tuple(case.findings), case.trace.build())
    return Mapped((made,), tuple(case.findings), case.trace.build())


def check_approval(case: Case, expense: Expense) -> None:
    """Stop below the approval (or billing status) that the account requires; blank leaves it to the unposted list."""
    required, found = case.settings.expenses.required_status, expense.status or "unknown"
    if not required or _RANKS.get(found, 0) >= _RANKS[required]:
        return
    code = "EXPENSE_NOT_APPROVED" if _RANKS[required] <= _LAST_TIER else "EXPENSE_BILLING_STATUS"
    case.add(code, required=required, found=found)


def check_payment_types(case: Case, known: tuple[str, ...]) -> None:
    """Warn of a company-paid payment type that the PSA does not have (A057)."""
    names = {name.casefold() for name in known}
    for payment_type in case.settings.expenses.company_paid_types:
        if known and payment_type.casefold() not in names:
            case.add("EXPENSE_PAYMENT_TYPE_UNKNOWN", payment_type=payment_type)


def is_company_paid(case: Case, expense: Expense) -> bool:
    """Whether the payment type is one that the company pays itself (A057); any other is paid by the employee."""
    names = {name.casefold() for name in case.settings.expenses.company_paid_types}
    return expense.payment_type.casefold() in names


def _payee(case: Case, source: ExpenseInput) -> Party | None:
    """Whom the document is made out to; None with a stop where classification and payment type contradict each other."""
    expense, paid = source.expense, is_company_paid(case, source.expense)
    if not paid and expense.classification != REIMBURSABLE:
        case.add(
            "EXPENSE_PAYMENT_TYPE_UNLISTED", classification=expense.classification, payment_type=expense.payment_type
        )
        return None
    to_member = not paid or expense.classification == PERSONAL
    party = source.member if to_member else source.clearing
    if party is None:
        case.add("EXPENSE_CLEARING_MISSING", payment_type=expense.payment_type)
        return None
    reason = "is paid by the company" if paid else "is paid by the employee"
    way = Candidate("payment type", expense.payment_type, matched=True, reason=reason)
    case.trace.add(Decision("kind", f"{expense.classification} expense", party.company.name, (way,)))
    return party


def _bill(case: Case, source: ExpenseInput) -> LedgerDocument | None:
    expense, party = source.expense, _payee(case, source)
    if party is None:
        return None
    owed_back = expense.classification == PERSONAL
    prepared = _rows(case, source, whole=owed_back)
    if prepared is None:
        return None
    rows, wanted = prepared
    if not wanted.total:
        return None
    money = currency.money(case, expense.currency, source.kept_rate)
    contact = contacts.decide(case, party, money.code)
    wanted, decided = _decided(case, source, rows, wanted)
    is_bill = (wanted.sign > 0) != owed_back
    header = Header(
        kind=DocumentKind.BILL if is_bill else DocumentKind.SUPPLIER_CREDIT,
        number=expense.number,
        contact=contact,
        original_date=source.document_date,
        dated=locks.decide(case, source.document_date),
        due=source.document_date,
        currency=money,
        reference=_reference(case, expense, party),
    )
    return purchases.document(case, header, wanted, decided)


def _reference(case: Case, expense: Expense, party: Party) -> str:
    """Whose expense it is where the document is the card's, and the account the bill is settled from."""
    if party.company.name == expense.member:
        return expense.description
    clearing = case.settings.expenses.clearing_account
    parts = (expense.member, expense.description, f"paid from {clearing}" if clearing else "")
    return " / ".join(part for part in parts if part)


def _rows(case: Case, source: ExpenseInput, *, whole: bool) -> tuple[list[Row], Figures] | None:
    """Lines and what they come to, without sign; None with a stop where they are not the expense.

    `whole`: the tax is not the company's to claim, so that net and tax are one amount (a personal expense).
    """
    expense = source.expense
    lines = [row for row in source.bill if row.line.gl_type != TAX_ROW]
    tax_rows = [row for row in source.bill if row.line.gl_type == TAX_ROW]
    made, tax = total(row.line.total for row in lines), expense.tax
    if tax_rows:
        tax = total(row.line.total for row in tax_rows)
    gross = expense.total if case.settings.expenses.tax_inclusive else expense.total + tax
    if made == gross and tax and not tax_rows:
        lines, made = _without_tax(lines, tax), gross - tax
    if made != gross - tax:
        _unbalanced(case, gross, made + (tax if made != gross else ZERO))
        return None
    sign = -1 if gross < 0 else 1
    if whole and tax:
        lines = [*lines, *tax_rows] if tax_rows else _without_tax(lines, -tax)
        return lines, Figures(sign, sign * round_half_up(gross), ZERO)
    its_tax = sign * round_half_up(tax)
    return lines, Figures(sign, sign * round_half_up(gross) - its_tax, its_tax)


def _without_tax(rows: list[Row], tax: Decimal) -> list[Row]:
    """The lines less the tax inside them, shared by amount; the last line takes what is left of the cents."""
    whole, left, made = total(row.line.total for row in rows), tax, []
    for index, row in enumerate(rows):
        share = left if index == len(rows) - 1 else round_half_up(tax * row.line.total / whole)
        left -= share
        made.append(replace(row, line=replace(row.line, total=row.line.total - share, quantity=None, price=None)))
    return made


def _decided(case: Case, source: ExpenseInput, rows: list[Row], wanted: Figures) -> tuple[Figures, list[Decided]]:
    """Every line decided; tax that the ledger's rates cannot bear stays in the cost."""
    settings, expense = case.settings.expenses, source.expense
    untaxed = settings.untaxed_type or case.settings.tax.untaxed_type
    taxation = Taxation(untaxed, settings.taxed_links, expense.tax_code or "", source.tax_codes)
    xref = expense.tax_xrefs[0] if len(expense.tax_xrefs) == 1 else None
    taxed = bool(wanted.tax)

    def decide(index: int, row: Row) -> Decided:
        line = replace(row.line, taxable=taxed, tax_xref=row.line.tax_xref or xref)
        asked = (line.account, "Expense tax" if line.gl_type == TAX_ROW else "Expense")
        return purchases.decide_row(case, index, replace(row, line=line), wanted.sign, asked, taxation)

    decided = [decide(index, row) for index, row in enumerate(rows)]
    rates = [item.tax.rate.rate for item in decided if item.tax is not None and item.tax.taxed]
    if not taxed or not rates or any(rates):
        return wanted, decided
    taxed = False
    tax_rows = [row for row in source.bill if row.line.gl_type == TAX_ROW]
    kept = [*rows, *tax_rows] if tax_rows else _without_tax(rows, -wanted.sign * wanted.tax)
    return Figures(wanted.sign, wanted.total, ZERO), [decide(index, row) for index, row in enumerate(kept)]


def _journal(case: Case, source: ExpenseInput) -> LedgerDocument | None:
    """By export line and offset: what the package set-up gives while it does not transfer expenses as bills."""
    expense = source.expense
    made = total(pair.total for pair in source.pairs)
    gross = expense.total if case.settings.expenses.tax_inclusive else expense.total + expense.tax
    if abs(made) not in {abs(gross), abs(expense.total)}:
        _unbalanced(case, gross, made)
        return None
    found = [journals.of_pair(case, pair, ("Expense", "Expense offset")) for pair in source.pairs]
    about = f"{expense.member} / {expense.description}"
    journal = Journal(expense.number, source.document_date, expense.currency, about)
    return journals.document(case, journal, [entry for entry in found if entry is not None], source.kept_rate)


def _unbalanced(case: Case, expected: Decimal, found: Decimal) -> None:
    case.add(
        "GL_OUT_OF_BALANCE",
        expected=money_words(abs(expected)),
        found=money_words(abs(found)),
        difference=money_words(abs(expected) - abs(found)),
    )
