"""The expense part of the GL export: bills of members, or journal lines with an offset, as the package is set up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.gl import entry_account
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, InterfaceRecord
from ledgerwire.sandbox.connectwise.references import reference_or_none
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import midnight

Exported = tuple[InterfaceRecord, Sequence[GlEntry]]
Part = tuple[Expense, GlEntry, GlEntry | None]


def _parts(spent: Iterable[Exported]) -> Iterator[Part]:
    """Each expense's debits with their offset; where only one half is left to show, that half alone."""
    for record, entries in spent:
        if not isinstance(record.fact, Expense):
            continue
        shown = {entry.id for entry in entries}
        paired = {entry.offset.id for entry in entries if entry.offset}
        for entry in entries:
            if entry.offset:
                yield record.fact, entry, entry.offset if entry.offset.id in shown else None
            elif entry.id not in paired:
                yield record.fact, entry, None


def _member(state: ConnectWiseState, expense: Expense) -> Row:
    return state.tables["members"].get(expense.member_id, {})


def member_reference(state: ConnectWiseState, member_id: int) -> Row:
    """`{id, identifier, name}` of a member, the id alone for one who is gone."""
    return reference_or_none(state, "members", member_id) or {"id": member_id}


def _is_company_paid(state: ConnectWiseState, expense: Expense) -> bool:
    return bool(state.tables["payment_types"].get(expense.payment_method_id, {}).get("companyFlag"))


def classification_reference(state: ConnectWiseState, expense: Expense) -> Row:
    """`{id, name}` of the classification, whose set-up row may be written with a hyphen or a space."""
    for row in state.tables["classifications"].values():
        if str(row.get("name")).replace("-", "").replace(" ", "") == expense.classification:
            return {"id": row["id"], "name": row["name"]}
    return {"name": expense.classification}


def bills_of_expenses(state: ConnectWiseState, spent: Iterable[Exported]) -> list[Row]:
    """`expenseBills`: one a member and report. A detail's `id` is the array of its entry and its offset's."""
    groups: dict[tuple[int, int | None], list[Part]] = defaultdict(list)
    for part in _parts(spent):
        groups[part[0].member_id, part[0].report_id].append(part)
    return [_bill(state, parts) for parts in groups.values()]


def _bill(state: ConnectWiseState, parts: Sequence[Part]) -> Row:
    expense, entry, offset = parts[0]
    account, _ = entry_account(state, offset or entry)
    _, gl_class = entry_account(state, entry)
    number = f"{expense.report_id}-{expense.expense_id}" if len({part[0] for part in parts}) == 1 else expense.report_id
    return {
        "id": entry.id,
        "documentDate": midnight(max(part[0].spent for part in parts)),
        "documentType": "EXPENSE",
        "documentNumber": str(number),
        "memo": f"Expense report {expense.report_id}",
        "glClass": gl_class,
        "apAccountNumber": account,
        "member": member_reference(state, expense.member_id),
        "vendorNumber": _member(state, expense).get("vendorNumber"),
        "currency": reference_or_none(state, "currencies", expense.currency_id),
        "total": sum((part[1].amount for part in parts), Decimal(0)),
        "detail": [_bill_detail(state, part) for part in parts],
    }


def _bill_detail(state: ConnectWiseState, part: Part) -> Row:
    expense, entry, offset = part
    account, _ = entry_account(state, entry)
    return {
        "id": [entry.id, *([offset.id] if offset else [])],
        "documentDate": midnight(expense.spent),
        "glTypeId": entry.gl_type,
        "memo": entry.description,
        "company": reference_or_none(state, "companies", expense.company_id),
        "accountNumber": account,
        "expenseClass": classification_reference(state, expense),
        "currency": reference_or_none(state, "currencies", expense.currency_id),
        "total": entry.amount,
        "billable": expense.billable == "Billable",
        "reimbursable": expense.classification == "Reimbursable",
        "companyAdvance": _is_company_paid(state, expense),
    }


def journals_of_expenses(state: ConnectWiseState, spent: Iterable[Exported]) -> list[Row]:
    """`expenses`: a line of each debit, with the offset that credits what paid for it."""
    return [_journal(state, part) for part in _parts(spent)]


def _journal(state: ConnectWiseState, part: Part) -> Row:
    expense, entry, offset = part
    account, gl_class = entry_account(state, entry)
    ap_account, ap_class = entry_account(state, offset) if offset else (None, None)
    month = expense.spent.replace(day=1)
    company = state.tables["companies"].get(expense.company_id or 0, {})
    return {
        "id": entry.id,
        "documentDate": midnight(expense.spent),
        "documentType": "EXPENSE",
        "apAccountNumber": ap_account,
        "apClass": ap_class,
        "accountNumber": account,
        "glClass": gl_class,
        "glTypeId": entry.gl_type,
        "memo": entry.description,
        "description": entry.description,
        "periodStartDate": midnight(month),
        "periodEndDate": midnight(expense.spent),
        "member": member_reference(state, expense.member_id),
        "vendorNumber": _member(state, expense).get("vendorNumber"),
        "company": reference_or_none(state, "companies", expense.company_id),
        "companyAccountNumber": company.get("accountNumber"),
        "project": {"id": expense.project_id} if expense.project_id else None,
        "currency": reference_or_none(state, "currencies", expense.currency_id),
        "total": entry.amount,
        "offset": _offset(state, expense, offset) if offset else None,
    }


def _offset(state: ConnectWiseState, expense: Expense, entry: GlEntry) -> dict[str, Any]:
    account, gl_class = entry_account(state, entry)
    return {
        "id": entry.id,
        "documentDate": midnight(expense.spent),
        "documentType": "EXPENSE",
        "accountNumber": account,
        "glTypeId": entry.gl_type,
        "glClass": gl_class,
        "member": member_reference(state, expense.member_id),
        "memo": entry.description,
        "description": entry.description,
        "total": entry.amount,
    }


def members_as_vendors(state: ConnectWiseState, spent: Iterable[Exported]) -> list[Row]:
    """`vendors` of the members who spent, each once."""
    members = {record.fact.member_id: record.fact for record, _ in spent if isinstance(record.fact, Expense)}
    return [
        {"member": member_reference(state, number), "vendorNumber": _member(state, expense).get("vendorNumber")}
        for number, expense in members.items()
    ]
