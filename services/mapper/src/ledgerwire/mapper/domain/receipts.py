"""One receipt: its bill, or, where the vendor takes goods back, its supplier credit (M16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.common.money import ZERO, round_half_up, total
from ledgerwire.mapper.domain import contacts, currency, locks, purchases
from ledgerwire.mapper.domain.amounts import Figures
from ledgerwire.mapper.domain.parts import Case, money_words
from ledgerwire.mapper.domain.purchase_model import ProcurementInput, Product, Receipt, Row
from ledgerwire.mapper.domain.purchase_tax import Taxation
from ledgerwire.mapper.domain.purchases import Decided, Header
from ledgerwire.mapper.domain.settings import ZeroEffect
from ledgerwire.mapper.domain.terms import due_by_reference, ledger_term
from ledgerwire.mapper.domain.trace import Candidate, Decision

FREIGHT = "PF"
STOCK_CLASS = "Inventory"
_FORBIDDEN = "|"


def document(case: Case, source: ProcurementInput) -> LedgerDocument | None:
    """The bill or supplier credit; None with a stop, or where the receipt is worth nothing (M4)."""
    receipt, party = source.receipt, source.party
    if receipt is None or party is None:
        raise AssertionError("a receipt has a vendor and an export")
    check_characters(case, receipt)
    wanted, flipped = figures(case, source.product, receipt)
    if wanted is None:
        return None
    rows, taxes = (_flipped(receipt.rows), _flipped(receipt.taxes)) if flipped else (receipt.rows, receipt.taxes)
    if not any(row.line.total for row in (*rows, *taxes)) and case.settings.zero_effect is ZeroEffect.BATCH:
        return None
    money = currency.money(case, source.product.currency, source.kept_rate)
    contact = contacts.decide(case, party, money.code)
    wanted, decided = _decided(case, source, receipt, wanted, rows, taxes)
    original = receipt.vendor_invoice_date or source.product.dated
    due, term = due_date(case, source, receipt, original)
    number = bill_number(case, source.product, receipt)
    header = Header(
        kind=DocumentKind.SUPPLIER_CREDIT if wanted.sign < 0 else DocumentKind.BILL,
        number=number,
        contact=contact,
        original_date=original,
        dated=locks.decide(case, original),
        due=due,
        currency=money,
        reference=source.product.number if source.product.number != number else "",
        terms=term,
    )
    return purchases.document(case, header, wanted, decided)


def _flipped(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(replace(row, line=replace(row.line, total=-row.line.total)) for row in rows)


def check_characters(case: Case, receipt: Receipt) -> None:
    """The PSA cannot batch a `|` in a packing slip or vendor invoice number (A150)."""
    texts = {
        "vendor invoice number": receipt.vendor_invoice_number,
        "packing slip": receipt.packing_slip,
        "freight packing slip": receipt.freight_slip,
    }
    for field, text in texts.items():
        if _FORBIDDEN in text:
            case.add("INVALID_CHARACTER", field=field, character=_FORBIDDEN, text=text)


def figures(case: Case, product: Product, receipt: Receipt) -> tuple[Figures | None, bool]:
    """What the document must come to, and whether the export's rows have the other sign than its header.

    Lines and tax rows must make the header's total (which some servers show without tax), else GL_OUT_OF_BALANCE. The kind
    follows the total. The list's tax beside other tax rows is what an unbatched order piles up: told, and not posted.
    """
    net, tax = (total(row.line.total for row in rows) for rows in (receipt.rows, receipt.taxes))
    listed = tax if product.tax is None else product.tax
    makes = {abs(net + tax), abs(net), abs(net) + abs(listed), abs(net + listed)}
    for shown in (receipt.header_total, product.total):
        if abs(shown) not in makes:
            difference = abs(shown) - abs(net + tax)
            case.add(
                "GL_OUT_OF_BALANCE",
                expected=money_words(abs(shown)),
                found=money_words(abs(net + tax)),
                difference=money_words(difference),
            )
            return None, False
    if abs(listed) != abs(tax):
        case.add("PO_TAX_ACCUMULATED", found=money_words(abs(listed)), expected=money_words(abs(tax)))
    sign = -1 if product.total < 0 else 1
    flipped = (net + tax) * product.total < 0
    facing = -sign if flipped else sign
    whole, its_tax = round_half_up(facing * (net + tax)), round_half_up(facing * tax)
    return Figures(sign, whole - its_tax, its_tax), flipped


def _decided(
    case: Case, source: ProcurementInput, receipt: Receipt, wanted: Figures, rows: Sequence[Row], taxes: Sequence[Row]
) -> tuple[Figures, list[Decided]]:
    """Every line decided; tax that the ledger's rates cannot bear becomes lines of its own, on its frozen account."""
    settings = case.settings.procurement
    untaxed = settings.untaxed_type or case.settings.tax.untaxed_type
    taxation = Taxation(untaxed, settings.taxed_links, receipt.tax_code or "", source.tax_codes)
    lines = [_taxable(row, receipt, bears_tax=bool(wanted.tax)) for row in rows]
    decided = [_line(case, index, row, wanted.sign, taxation) for index, row in enumerate(lines)]
    rates = [item.tax.rate.rate for item in decided if item.tax is not None and item.tax.taxed]
    if not wanted.tax or not rates or any(rates):
        return wanted, decided
    for index, row in enumerate(taxes, start=len(decided)):
        asked = (row.line.account, "Purchase tax")
        untaxed_row = replace(row, line=replace(row.line, taxable=False))
        decided.append(purchases.decide_row(case, index, untaxed_row, wanted.sign, asked, taxation))
    return Figures(wanted.sign, wanted.total, ZERO), decided


def _taxable(row: Row, receipt: Receipt, *, bears_tax: bool) -> Row:
    """The row as taxed: freight by the header's flag, and nothing where the receipt has no tax at all."""
    line = row.line
    taxable = bears_tax and (line.taxable or (line.gl_type == FREIGHT and receipt.freight_taxable))
    percent = line.tax_percent if line.tax_percent is not None else receipt.tax_percent
    return replace(row, line=replace(line, taxable=taxable, tax_percent=percent))


def _line(case: Case, index: int, row: Row, sign: int, taxation: Taxation) -> Decided:
    frozen, kind = goods_account(case, index, row)
    return purchases.decide_row(case, index, row, sign, (frozen, kind), taxation)


def goods_account(case: Case, index: int, row: Row) -> tuple[str, str]:
    """(frozen account, what a clerk calls it): stock for what goes into stock, else cost; freight has its own."""
    line = row.line
    if line.gl_type == FREIGHT:
        return line.account, "Freight"
    in_stock = line.product_class == STOCK_CLASS and not line.drop_shipped
    if line.product_class is None and line.stock_account and line.cost_account and not line.drop_shipped:
        case.add("PRODUCT_CLASS_UNKNOWN", index, item=line.product or line.description)
    elif line.product_class is None and not line.drop_shipped:
        in_stock = bool(line.stock_account) and not line.cost_account
    why = "is drop-shipped" if line.drop_shipped else f"is of class {line.product_class or 'unknown'}"
    way = Candidate("catalog", line.product or line.description, matched=True, reason=why)
    case.trace.add(
        Decision("kind", f"purchase of '{line.product or line.description}'", _goes(in_stock=in_stock), (way,))
    )
    frozen = (line.stock_account if in_stock else line.cost_account) or line.account
    return frozen, "Stock" if in_stock else "Cost of sales"


def _goes(*, in_stock: bool) -> str:
    return "stock" if in_stock else "cost"


def bill_number(case: Case, product: Product, receipt: Receipt) -> str:
    """The vendor invoice number, with the packing slip behind it from the second receipt of that invoice on."""
    ways = [
        ("vendor invoice number", receipt.vendor_invoice_number),
        ("document number", receipt.document_number),
        ("purchase order", product.number),
    ]
    source, number = next((way for way in ways if way[1]), ways[-1])
    slip = receipt.packing_slip or product.source_id
    named = f"{number}-{slip}" if receipt.later and slip != number else number
    reason = "has an earlier receipt, so the packing slip tells them apart" if receipt.later else "names the bill"
    way = Candidate(source, number, matched=True, reason=reason)
    case.trace.add(Decision("kind", f"number of {product.source_id}", named, (way,)))
    return named


def due_date(case: Case, source: ProcurementInput, receipt: Receipt, dated: date) -> tuple[date, str | None]:
    """(due date, term in the ledger): the term's days from the bill's date, else what its cross-reference says (M14)."""
    term, xref = source.term, receipt.terms_xref or (source.term.xref if source.term else None) or ""
    days = term.due_days if term and term.due_days is not None else receipt.due_days
    by_days = dated + timedelta(days=days) if days is not None else None
    by_reference = due_by_reference(xref, dated) if xref else None
    ways = [("the term's days", by_days), ("its cross-reference", by_reference), ("the document date", dated)]
    chosen, due = next((name, value) for name, value in ways if value is not None)
    candidates = tuple(
        Candidate(
            name, value.isoformat() if value else "", name == chosen, "decides" if name == chosen else "not needed"
        )
        for name, value in ways
    )
    case.trace.add(Decision("terms", term.name if term else "no term", due.isoformat(), candidates))
    links = case.settings.terms.links
    named = (links.get(term.name) if term else None) or links.get(xref) or xref
    return due, ledger_term(case, named) if named else None
