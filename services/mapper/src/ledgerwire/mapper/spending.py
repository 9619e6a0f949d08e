"""Expenses in hand: their reads, and what mapping is given of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import ContactRole
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import reading
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings
from ledgerwire.mapper.domain.contacts import chosen_contact, contact_key
from ledgerwire.mapper.domain.model import Company, GlLine, Party
from ledgerwire.mapper.domain.purchase_model import Expense, ExpenseInput, Pair, Row
from ledgerwire.mapper.ports import Psa
from ledgerwire.mapper.reads import Setup
from ledgerwire.mapper.records import StoredRecord
from ledgerwire.mapper.references import code_of, id_of, name_of, text_of
from ledgerwire.mapper.slicing import sliced_accounts
from ledgerwire.mapper.subjects import ContactKey, as_listed

_AT_ONCE = 5
"""Exports under way at a time."""
_CLEARING = "supplier:clearing"
_NOT_IN_KEY = re.compile(r"[^\w]+")


def clearing_key(name: str) -> str:
    """`company_key` of the contact by which company-paid expenses are billed: another name is another contact."""
    return f"{_CLEARING}:{_NOT_IN_KEY.sub('-', name.casefold()).strip('-')}"


def member_key(member_id: int) -> str:
    """`company_key` of an employee."""
    return f"member:{member_id}"


@dataclass(frozen=True, slots=True)
class ExpenseReads:
    """What was read for the expenses of a group."""

    exports: dict[int, psa.ExpenseExport]
    entries: dict[int, psa.ExpenseEntry]
    payment_types: frozenset[str]
    setup: Setup


@dataclass(frozen=True, slots=True)
class ExpenseSubject:
    """One row of the unposted list of expenses with the reads of its group."""

    row: psa.UnpostedExpense
    reads: ExpenseReads

    @property
    def number(self) -> str:
        return f"EXP-{self.row.expense_detail_id}"

    @property
    def _currency(self) -> str | None:
        return self.row.currency.iso_code if self.row.currency else None

    @property
    def _classification(self) -> str:
        """As the list names it; servers that send a reference write it with a hyphen or a space."""
        shown = self.row.classification
        name = name_of(shown) if isinstance(shown, psa.Reference) else (shown or "")
        return name.replace("-", "").replace(" ", "").strip()

    @property
    def location_id(self) -> int | None:
        return self.row.location_id if self.row.location_id is not None else id_of(self.row.location)

    @property
    def location_name(self) -> str:
        return (self.row.location.name if self.row.location else None) or str(self.location_id or "none")

    @property
    def dated(self) -> date | None:
        return self.row.date_expense

    @property
    def report_id(self) -> int | None:
        """The expense report it is on, None where that cannot be read."""
        entry = self.reads.entries.get(self.row.expense_detail_id or 0)
        return id_of(entry.expense_report) if entry else None

    @property
    def to_map(self) -> bool:
        return True

    def contact_keys(self, settings: Settings | None) -> tuple[ContactKey, ...]:
        clearing = settings.mapping.expenses.clearing_contact if settings else None
        keys = [clearing_key(clearing)] if clearing else []
        keys += [member_key(self.row.member.id)] if self.row.member and self.row.member.id else []
        return tuple(ContactKey(key, self._currency, ContactRole.SUPPLIER) for key in keys)

    def described(self, record: StoredRecord) -> StoredRecord:
        row = self.row
        shown = {
            "member": name_of(row.member),
            "classification": self._classification,
            "payment_type": name_of(row.payment_method),
            "description": (row.charge_description or "").strip(),
            "report": str(self.report_id or ""),
        }
        return as_listed(
            record,
            row,
            number=self.number,
            customer=name_of(row.member),
            kind=self._classification,
            dated=self.dated,
            currency=self._currency,
            shown=shown,
        )

    def unreadable(self, ledger: str, field: str) -> Finding:
        params = {"number": self.number, "customer": name_of(self.row.member), "ledger": ledger, "field": field}
        return Finding("INVOICE_UNREADABLE", params)

    def compose(self, ledger: LedgerReads, settings: Settings, earlier: Earlier) -> ExpenseInput:
        export = self.reads.exports.get(self.row.expense_detail_id or 0, psa.ExpenseExport())
        expense, clearing = self._expense(), settings.mapping.expenses.clearing_contact
        member = Company(expense.member_id, expense.member, self._vendor_number(export))
        paid_by = (clearing_key(clearing), Company(0, clearing)) if clearing else None
        source = ExpenseInput(
            ledger=ledger.name,
            expense=expense,
            member=self._party(ledger, member_key(expense.member_id), member, earlier),
            clearing=self._party(ledger, *paid_by, earlier) if paid_by else None,
            settings=settings.mapping,
            mapping_version=settings.version,
            reference=ledger.reference,
            bill=tuple(_billed(line, bill) for bill in export.bills for line in bill.details),
            pairs=tuple(map(_pair, export.lines)),
            tax_codes=reading.tax_code_facts(self.reads.setup.tax_codes, frozenset({expense.tax_code or ""})),
            payment_types=tuple(sorted(self.reads.payment_types)),
            choices=earlier.choices,
            rounding_used=earlier.rounding_used,
            kept_rate=earlier.kept_rate,
        )
        named = {row.line.account for row in source.bill}
        named |= {account for pair in source.pairs for account in (pair.account, pair.offset_account)}
        return replace(source, reference=sliced_accounts(source.reference, settings.mapping, named))

    def _expense(self) -> Expense:
        row = self.row
        if row.member is None or row.member.id is None:
            raise reading.UnreadableError("member")
        if row.date_expense is None or row.total is None:
            raise reading.UnreadableError("dateExpense" if row.date_expense is None else "total")
        entry = self.reads.entries.get(row.expense_detail_id or 0)
        levels = row.tax_levels
        by_level = sum((amount for _, amount in levels), Decimal(0))
        return Expense(
            source_id=str(row.source_id),
            number=self.number,
            listed=True,
            row_id=row.id,
            dated=row.date_expense,
            total=row.total,
            tax=row.sales_tax_amount if row.sales_tax_amount is not None else by_level,
            member_id=row.member.id,
            member=name_of(row.member) or str(row.member.id),
            classification=self._classification,
            payment_type=name_of(row.payment_method),
            status=entry.status if entry else None,
            currency=self._currency,
            description=(row.charge_description or name_of(row.expense_type)).strip(),
            customer=name_of(row.company) or None,
            customer_id=id_of(row.company),
            tax_code=code_of(row.tax_code),
            tax_xrefs=tuple(xref for xref, _ in levels if xref),
            report_id=self.report_id,
        )

    def _party(self, ledger: LedgerReads, key: str, company: Company, earlier: Earlier) -> Party:
        link = ledger.links.get(contact_key(key, ledger.reference, self._currency))
        candidates = ledger.suppliers.candidates(company, link, chosen_contact(earlier.choices))
        return Party(key, company, link, candidates, None, ContactRole.SUPPLIER)

    @staticmethod
    def _vendor_number(export: psa.ExpenseExport) -> str | None:
        numbers = [each.vendor_number for each in export.bills] + [each.vendor_number for each in export.lines]
        return next((number.strip() for number in numbers if number and number.strip()), None)


def _billed(line: psa.ExpenseBillDetail, bill: psa.ExpenseBill) -> Row:
    ids = _entry_ids(line)
    if line.total is None:
        raise reading.UnreadableError("GL entry amount")
    facts = GlLine(
        entry_id=ids[0],
        gl_type=text_of(line.gl_type_id),
        account=text_of(line.account_number),
        gl_class=text_of(line.gl_class or bill.gl_class),
        total=line.total,
        description=text_of(line.memo or bill.memo) or "Expense",
    )
    return Row(facts, ids)


def _pair(line: psa.ExportExpense) -> Pair:
    offset = line.offset
    if offset is None or line.total is None or offset.total is None:
        raise reading.UnreadableError("expense line with its offset")
    return Pair(
        ids=tuple(dict.fromkeys((*_entry_ids(line), *_entry_ids(offset)))),
        description=text_of(line.description or line.memo) or "Expense",
        account=text_of(line.account_number),
        total=line.total,
        offset_account=text_of(offset.account_number or line.ap_account_number),
        offset_total=offset.total,
        gl_class=text_of(line.gl_class),
        offset_class=text_of(offset.gl_class or line.ap_class),
    )


def _entry_ids(line: psa.ExpenseBillDetail | psa.ExportExpense | psa.ExpenseOffset) -> tuple[int, ...]:
    try:
        ids = line.ids
    except ValueError as error:
        raise reading.UnreadableError("readable GL entry id") from error
    if not ids:
        raise reading.UnreadableError("GL entry id")
    return ids


async def read_expenses(
    client: Psa, setup: Setup, ids: Sequence[int], *, whole_reports: bool = False
) -> list[ExpenseSubject]:
    """The unposted rows of these expenses with their export and approval; one that left the list is left out.

    `whole_reports`: with everything else on their reports that stands on the list (M17).
    """
    rows = await _listed(client, ids)
    if not rows:
        return []
    entries = await client.expense_entries([row.expense_detail_id or 0 for row in rows])
    if whole_reports:
        others = await _others_on(client, entries)
        rows += await _listed(client, [entry.id for entry in others])
        entries += others
    wanted = [row.expense_detail_id for row in rows if row.expense_detail_id is not None]
    exported, types = await asyncio.gather(client.export_expenses(wanted), client.payment_types())
    names = frozenset(item.name.strip() for item in types if item.name)
    exports = await _each(client, rows, exported)
    reads = ExpenseReads(exports, {entry.id: entry for entry in entries}, names, setup)
    return [ExpenseSubject(row, reads) for row in rows]


async def _listed(client: Psa, ids: Sequence[int]) -> list[psa.UnpostedExpense]:
    found = await client.unposted_expenses(ids) if ids else []
    return [row for row in found if row.expense_detail_id in set(ids)]


async def _others_on(client: Psa, entries: Sequence[psa.ExpenseEntry]) -> list[psa.ExpenseEntry]:
    """What else is on the reports of these expenses."""
    reports = {entry.expense_report.id for entry in entries if entry.expense_report and entry.expense_report.id}
    known = {entry.id for entry in entries}
    found = await client.expense_entries_on(sorted(reports)) if reports else []
    return [entry for entry in found if entry.id not in known]


async def _each(
    client: Psa, rows: Sequence[psa.UnpostedExpense], exported: psa.ExpenseExport
) -> dict[int, psa.ExpenseExport]:
    """The export of each expense, exported by itself: a line of the group's export does not name the expense it is of.

    Where the group as a whole exports nothing, none of them does.
    """
    if not exported.bills and not exported.lines:
        return {}
    wanted = [row.expense_detail_id or 0 for row in rows]
    if len(wanted) == 1:
        return {wanted[0]: exported}
    found: dict[int, psa.ExpenseExport] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        exports = await asyncio.gather(*(client.export_expenses([expense]) for expense in some))
        found |= dict(zip(some, exports, strict=True))
    return found
