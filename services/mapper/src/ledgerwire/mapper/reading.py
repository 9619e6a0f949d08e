"""From ConnectWise's entities to the domain's facts. Pure; a field that every invoice has and this one lacks stops it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper.domain import model

ZERO = Decimal(0)


class UnreadableError(Exception):
    """The invoice lacks a field that mapping cannot do without; `field` is what ConnectWise calls it."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the invoice has no {field}")
        self.field = field


def bill_to_id(invoice: psa.Invoice) -> int:
    """The company that pays: bill-to, else the invoice's own (M13)."""
    reference = invoice.bill_to_company or invoice.company
    if reference is None or reference.id is None:
        raise UnreadableError("company")
    return reference.id


def location_id(invoice: psa.Invoice) -> int | None:
    """The location that routes the invoice to a ledger company."""
    if invoice.location_id is not None:
        return invoice.location_id
    return invoice.location.id if invoice.location else None


def invoice_facts(invoice: psa.Invoice, *, closed: bool, listed: bool) -> model.Invoice:
    """The invoice as mapping sees it; raises UnreadableError for one without number, date or total."""
    for field, value in (
        ("invoiceNumber", invoice.invoice_number),
        ("date", invoice.date),
        ("total", invoice.total),
        ("type", invoice.type),
    ):
        if value is None:
            raise UnreadableError(field)
    assert invoice.invoice_number is not None and invoice.date is not None  # noqa: S101, PT018 - checked above
    assert invoice.total is not None and invoice.type is not None  # noqa: S101, PT018 - checked above
    return model.Invoice(
        invoice_id=invoice.id,
        number=invoice.invoice_number.strip(),
        invoice_type=invoice.type,
        closed=closed,
        status=(invoice.status.name if invoice.status else None) or "",
        batch=_batch(invoice),
        listed=listed,
        company_name=_name(invoice.company),
        bill_to_id=bill_to_id(invoice),
        document_date=invoice.date,
        due_date=invoice.due_date,
        total=invoice.total,
        tax=invoice.sales_tax or ZERO,
        currency=invoice.currency.iso_code if invoice.currency else None,
        taxable=bool(invoice.taxable_flag),
        tax_code=_code(invoice.tax_code),
        term=_name(invoice.billing_terms) or None,
        reference=invoice.reference or None,
        customer_po=invoice.customer_po or None,
        agreement=_name(invoice.agreement) or None,
        downpayment_taxed=bool(invoice.downpayment_previously_taxed_flag),
        kinds=_kinds(invoice),
        location=_name(invoice.location) or None,
        department=_name(invoice.department) or None,
    )


def _batch(invoice: psa.Invoice) -> str | None:
    if invoice.gl_batch is None:
        return None
    return invoice.gl_batch.name or str(invoice.gl_batch.id or "")


def _name(reference: psa.Reference | None) -> str:
    return (reference.name or reference.identifier or "").strip() if reference else ""


def _code(reference: psa.Reference | None) -> str | None:
    return ((reference.identifier or reference.name or "").strip() or None) if reference else None


def _kinds(invoice: psa.Invoice) -> tuple[str, ...]:
    totals = (
        ("R", invoice.service_total),
        ("RA", invoice.agreement_amount),
        ("RP", invoice.product_total),
        ("RE", invoice.expense_total),
        ("RD", invoice.downpayment_applied),
    )
    return tuple(kind for kind, amount in totals if amount)


def export_facts(transaction: psa.ExportTransaction) -> model.GlExport:
    """One export transaction; a row without an id or amount makes it unreadable (it could never be batched)."""
    try:
        header_ids = transaction.gl_entry_ids
    except ValueError as error:
        raise UnreadableError("readable list of GL entry ids") from error
    return model.GlExport(
        header_ids=header_ids,
        header_total=transaction.total or ZERO,
        lines=tuple(_line(row) for row in transaction.details),
        tax=transaction.sales_tax,
        taxable=transaction.taxable,
        tax_code=_code(transaction.tax_code),
        tax_percent=transaction.tax_group_rate,
        tax_xrefs=tuple(level.tax_code_xref for level in transaction.tax_levels or () if level.tax_code_xref),
        downpayment_taxed=bool(transaction.tax_dp_applied_flag),
        due_date=transaction.due_date,
        due_days=days(transaction.due_days),
        terms_xref=transaction.billing_terms_xref,
        account_number=transaction.company_account_number,
        tax_levels=_tax_levels(transaction.tax_levels or ()),
    )


def _tax_levels(levels: Iterable[psa.ExportTaxLevel]) -> tuple[model.TaxLevel, ...]:
    known = (item for item in levels if item.tax_level is not None)
    ordered = sorted(known, key=lambda item: item.tax_level or 0)
    return tuple(
        model.TaxLevel(item.tax_level or 0, (item.tax_code_xref or "").strip(), abs(item.tax_amount or ZERO))
        for item in ordered
    )


def days(value: int | str | None) -> int | None:
    """A number of days however a server writes it; None where it says none."""
    text = str(value).strip() if value is not None else ""
    return int(text) if text.isdigit() else None


def _line(row: psa.ExportDetail) -> model.GlLine:
    if row.id is None or row.total is None:
        raise UnreadableError("GL entry id" if row.id is None else "GL entry amount")
    return model.GlLine(
        entry_id=row.id,
        gl_type=(row.gl_type_id or "").strip(),
        account=(row.account_number or "").strip(),
        gl_class=(row.gl_class or "").strip(),
        total=row.total,
        description=(row.item_description or row.description or row.memo or "").strip(),
        quantity=row.quantity,
        price=row.item_price,
        non_product_id=(row.gl_item_id or "").strip() or None,
        product=((row.item.identifier if row.item else None) or "").strip() or None,
        taxable=bool(row.taxable_flag),
        tax_code=_code(row.tax_code),
        tax_xref=(row.tax_code_xref or "").strip() or None,
        tax_percent=row.tax_rate_percent,
        cost=row.cost,
        cost_account=(row.cost_account_number or "").strip(),
        stock_account=(row.inventory_account_number or "").strip(),
        drop_shipped=bool(row.drop_shipped_flag),
        tax_levels=_taxed_at(row.tax_levels),
    )


def _taxed_at(levels: Iterable[psa.ExportLineTaxLevel] | None) -> tuple[int, ...] | None:
    """The tax levels at which a line is taxed; None where the export does not tell."""
    if not levels:
        return None
    return tuple(sorted(item.tax_level for item in levels if item.tax_level is not None and item.taxable_flag))


def with_product(line: model.GlLine, product: psa.CatalogItem | None) -> model.GlLine:
    """A line with what the catalog says about its product."""
    if product is None:
        return line
    return replace(
        line,
        product_class=product.product_class,
        product_type=_name(product.type) or None,
        category=_name(product.category) or None,
    )


def with_entry(line: model.GlLine, entry: model.GlEntry | None, accounts: Sequence[int]) -> model.GlLine:
    """A line with cost and stock account from its frozen entry, where that was read; `accounts` are the account segments."""
    if entry is None or not any(entry.cogs):
        return line
    parts = (entry.cogs[index].strip() for index in accounts if index < len(entry.cogs))
    return replace(
        line, cost_account=":".join(part for part in parts if part), stock_account=entry.stock or line.stock_account
    )


def entry_facts(entries: Iterable[psa.GlEntry]) -> tuple[model.GlEntry, ...]:
    """Frozen GL entries with their segments apart."""
    return tuple(
        model.GlEntry(
            entry_id=entry.id,
            segments=tuple(segment or "" for segment in entry.segments),
            product_id=entry.product_id,
            cogs=tuple(getattr(entry, f"cogs{number}") or "" for number in range(1, 11)),
            stock=(entry.inventory or "").strip(),
        )
        for entry in entries
        if entry.id is not None
    )


def segment_facts(captions: psa.GlCaptions) -> tuple[model.Segment, ...]:
    """The captions of the ten segments, blank ones included so that positions hold."""
    return tuple(model.Segment(caption or "", kind or "") for caption, kind in captions.segments)


def gl_table_facts(
    rows: Iterable[psa.GlAccount], levels: Iterable[psa.GlMappedType] = ()
) -> tuple[model.GlTableRow, ...]:
    """Today's GL table as far as it explains: type, level with its place in the order, record and account, in a fixed order."""
    order = {level.id: level.sort_order or 0 for level in levels}
    facts = (
        model.GlTableRow(
            gl_type=row.gl_type or "",
            level=_name(row.mapped_type),
            record=_name(row.mapped_record),
            account=(row.segment1 or "").strip(),
            non_product_id=(row.product_id or "").strip(),
            order=order.get((row.mapped_type.id or 0) if row.mapped_type else 0, 0),
        )
        for row in rows
    )
    return tuple(sorted(facts, key=lambda row: (row.gl_type, row.level, row.record, row.account)))


def company_facts(company: psa.Company, billing_email: str | None) -> model.Company:
    """The bill-to company; the invoice e-mail address, else the billing contact's."""
    return model.Company(
        company_id=company.id,
        name=(company.name or company.identifier or str(company.id)).strip(),
        account_number=(company.account_number or "").strip() or None,
        email=(company.invoice_to_email_address or billing_email or "").strip() or None,
        primary_contact=_name(company.default_contact) or None,
        billing_contact=_name(company.billing_contact) or None,
    )


def term_facts(terms: Iterable[psa.BillingTerm], invoice: psa.Invoice) -> model.Term | None:
    """The invoice's billing term, by id, else by name; None where it has none or it is not in the table."""
    wanted = invoice.billing_terms
    if wanted is None:
        return None
    found = next((item for item in terms if item.id == wanted.id or item.name == wanted.name), None)
    return model.Term(found.name or _name(wanted), found.due_days, found.terms_xref) if found else None


def tax_code_facts(codes: Iterable[psa.TaxCode], wanted: frozenset[str]) -> tuple[model.TaxCode, ...]:
    """The tax codes that a record names."""
    return tuple(
        model.TaxCode(code.identifier, code.description, tuple(item or "" for item in code.level_xrefs if item))
        for code in codes
        if code.identifier and wanted & {code.identifier, code.description}
    )


def empty_reference(ledger: str) -> ReferenceData:
    """Reference data of a ledger that was not asked."""
    return ReferenceData(ledger, "", frozenset(), (), (), (), ())
