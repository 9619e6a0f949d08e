"""The expected ledger of the quarter: what a bookkeeper of each company writes by hand, before any GL entry exists.

Worked out from quantities, prices, costs, tax rates and the posting guide; nothing here reads the PSA's GL table, its
export or a line of the product. Signs are the document's own; a journal's lines are debits where positive.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ledgerwire.sandbox.connectwise.stock_movements import Adjustment
from ledgerwire.sandbox.seed.draft import Outcome
from ledgerwire.sandbox.seed.expected import ExpectedLine, Tracking
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.draft import ZERO, Draft, DraftLine
from ledgerwire.sandbox.seed.quarter.faults import FAULTS
from ledgerwire.sandbox.seed.quarter.houses import House
from ledgerwire.sandbox.seed.quarter.procurement import TERM, Moved, Received, purchase_code
from ledgerwire.sandbox.seed.quarter.records import Record
from ledgerwire.sandbox.seed.quarter.spending import Spent
from ledgerwire.sandbox.seed.setup_tables import TERMS

DocumentKind = Literal["sales_invoice", "credit_note", "bill", "supplier_credit", "journal"]
RecordType = Literal["invoice", "procurement", "expense"]


@dataclass(frozen=True, slots=True)
class ExpectedDocument:
    """One document. `number` is part of the document's number where a business fact gives one; `tax_type` bears the tax.

    `contact` is empty and `due_date` None where there is none (journals) or the paper names none.
    """

    kind: DocumentKind
    number: str
    contact: str
    date: dt.date
    due_date: dt.date | None
    currency: str
    lines: tuple[ExpectedLine, ...]
    tax: Decimal
    tax_type: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class ExpectedEntry:
    """What one record must end as: its documents in the books of its company. `source_total` is signed, as the PSA has it.

    `outcome`: posted, posted_warned (never told apart here), no_effect, or stopped, skipped, excluded by a fault.
    """

    record_type: RecordType
    source_id: str
    number: str
    company: str
    currency: str
    source_total: Decimal
    documents: tuple[ExpectedDocument, ...]
    outcome: Outcome
    fault: str | None = None


def _tracking(business_line: str, place: str) -> Tracking:
    return ((goods.BUSINESS_LINE, business_line), (goods.LOCATION, place))


def _sales_line(draft: Draft, line: DraftLine, sign: int) -> ExpectedLine:
    tax_type = draft.tax_code.sales_type if draft.tax_code and line.taxable else draft.house.untaxed_sales
    tracking = _tracking(line.stream.business_line, draft.place)
    return ExpectedLine(line.stream.account, line.item, tracking, sign * line.net, tax_type)


def _moves_nothing(lines: tuple[ExpectedLine, ...]) -> bool:
    """Whether a document nets to zero on every account and tracking (M4)."""
    sums: dict[tuple[str, Tracking], Decimal] = {}
    for line in lines:
        key = (line.account, line.tracking)
        sums[key] = sums.get(key, Decimal(0)) + line.net
    return not any(sums.values())


def _cost_journal(record: Record) -> Iterator[ExpectedDocument]:
    """Cost against stock for what left it; one that comes back reverses it (M6)."""
    draft = record.draft
    moved = [line for line in draft.lines if line.moves_stock and line.cost]
    lines: list[ExpectedLine] = []
    for line in moved:
        tracking = _tracking(line.stream.business_line, draft.place)
        lines.append(ExpectedLine(goods.COST_OF_SALES, None, tracking, line.cost, draft.house.no_tax))
        lines.append(ExpectedLine(goods.STOCK, None, (), -line.cost, draft.house.no_tax))
    if lines:
        yield _journal(record.number, draft.day, draft.house, tuple(lines))


def _journal(number: str, day: dt.date, house: House, lines: tuple[ExpectedLine, ...]) -> ExpectedDocument:
    debits = sum((line.net for line in lines if line.net > 0), ZERO)
    return ExpectedDocument("journal", number, "", day, None, house.currency, lines, ZERO, "", debits)


def expect_invoice(record: Record) -> ExpectedEntry:
    """The kind follows the total (M3); the difference to print goes to Rounding; stock leaves by a journal."""
    draft = record.draft
    sign = -1 if draft.total < 0 else 1
    lines = tuple(_sales_line(draft, line, sign) for line in draft.lines)
    rounding = sign * (draft.net - draft.line_sum)
    if rounding:
        lines += (ExpectedLine(goods.ROUNDING, None, (), rounding, draft.house.no_tax),)
    nothing = draft.total == 0 and _moves_nothing(lines)
    document = ExpectedDocument(
        "credit_note" if sign < 0 else "sales_invoice", record.number, draft.payer.name, draft.day,
        None if sign < 0 else draft.due_date, draft.currency, lines, sign * draft.tax,
        draft.tax_code.sales_type if draft.tax_code else draft.house.untaxed_sales, abs(draft.total),
    )  # fmt: skip
    documents = () if nothing else (document, *_cost_journal(record))
    printed = draft.tax if draft.printed_tax is None else draft.printed_tax
    return ExpectedEntry(
        "invoice", str(record.invoice_id), record.number, draft.house.name, draft.currency, draft.net + printed,
        documents, "no_effect" if nothing else "posted", draft.fault,
    )  # fmt: skip


def _purchase_type(house: House, *, taxed: bool) -> str:
    code = purchase_code(house)
    return code.purchase_type if code and taxed else house.untaxed_purchases


def expect_receipt(received: Received) -> ExpectedEntry:
    """A bill from the supplier, or a supplier credit for a return: stock or cost, freight, and the tax on both (M16)."""
    fact, house = received.fact, received.house
    sign = -1 if fact.total < 0 else 1
    lines: list[ExpectedLine] = []
    for line in fact.lines:
        account = goods.STOCK if line.is_stock else goods.COST_OF_SALES
        product = goods.PRODUCTS[line.item_identifier]
        stream = next(stream for stream in goods.STREAMS.values() if stream.category == product.category)
        tracking = _tracking(stream.business_line, received.place)
        lines.append(
            ExpectedLine(account, None, tracking, sign * line.total, _purchase_type(house, taxed=line.taxable))
        )
    if fact.freight:
        tracking = _tracking(goods.PURCHASE_LINE, received.place)
        tax_type = _purchase_type(house, taxed=fact.freight_taxable)
        lines.append(ExpectedLine(goods.FREIGHT_IN, None, tracking, sign * fact.freight, tax_type))
    document = ExpectedDocument(
        "bill" if sign > 0 else "supplier_credit", str(fact.vendor_invoice_number), received.supplier.name, fact.received,
        TERMS[TERM].due(fact.received) if sign > 0 else None, house.currency, tuple(lines),
        abs(sum(fact.taxes(), ZERO)), _purchase_type(house, taxed=True), abs(fact.total),
    )  # fmt: skip
    return ExpectedEntry(
        "procurement",
        fact.id,
        fact.po_number,
        house.name,
        house.currency,
        fact.total,
        (document,),
        "posted",
        received.fault,
    )


def expect_movement(moved: Moved) -> ExpectedEntry:
    """A journal between stock and the adjustment account, or between two stock accounts (M16)."""
    fact, house = moved.fact, moved.house
    tracking = _tracking(goods.PURCHASE_LINE, moved.place)
    if isinstance(fact, Adjustment):
        day, number, stock, against = fact.closed, fact.identifier, goods.STOCK, goods.STOCK_CHANGES
        raised = [line.total for line in fact.lines]
    else:
        day, number, stock, against = fact.moved, fact.id, goods.VAN_STOCK, goods.STOCK
        raised = [fact.total]
    lines = tuple(
        ExpectedLine(account, None, tracking, amount, house.no_tax)
        for total in raised
        for account, amount in ((stock, total), (against, -total))
    )
    documents = (_journal("", day, house, lines),) if moved.effective else ()
    return ExpectedEntry(
        "procurement", fact.id, number, house.name, house.currency, fact.total, documents,
        "posted" if moved.effective else "no_effect", moved.fault,
    )  # fmt: skip


def expect_expense(spent: Spent) -> ExpectedEntry:
    """A bill to the employee, a bill of the card's bank, or a supplier credit that the employee owes back (M17)."""
    fact, house = spent.fact, spent.house
    account = goods.EXPENSE_TYPES.get(spent.type_name, (0, "", False))[1]
    tracking = _tracking(goods.EXPENSE_LINE, spent.member.location)
    line = ExpectedLine(account, None, tracking, fact.amount - fact.tax, _purchase_type(house, taxed=bool(fact.tax)))
    document = ExpectedDocument(
        "supplier_credit" if fact.classification == "Personal" else "bill", "",
        house.card if fact.classification == "NonReimbursable" else spent.member.name, fact.spent, None, house.currency,
        (line,), fact.tax, line.tax_type, fact.amount,
    )  # fmt: skip
    return ExpectedEntry(
        "expense", str(fact.expense_id), str(fact.expense_id), house.name, house.currency, fact.amount, (document,),
        "posted", spent.fault,
    )  # fmt: skip


def settled(entry: ExpectedEntry, package: str, fixed: frozenset[str]) -> Outcome | Literal["skipped", "excluded"]:
    """How a record must have ended in a ledger once these faults were put right."""
    fault = FAULTS.get(entry.fault or "")
    if fault is None or fault.name in fixed or fault.only not in {None, package}:
        return entry.outcome
    return fault.settles
