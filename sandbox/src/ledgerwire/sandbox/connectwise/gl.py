"""The GL engine: what an invoice's close writes into the general ledger, once and for good."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.gl_mapping import CORPORATE, DIMENSIONS
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, RecordKey
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.tax import levels_of, tax_amounts, tax_engine_is_on

SEGMENTS = tuple(f"segment{number}" for number in range(1, 11))
COGS = tuple(f"cogs{number}" for number in range(1, 11))
_VALUES = (*SEGMENTS, *COGS, "productId", "inventory", "salesCode")
Dimensions = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class _Draft:
    gl_type: str
    amount: Decimal
    description: str
    dimensions: Dimensions
    line: InvoiceLine | None = None
    tax_level: int | None = None


def _reference_id(row: Row, name: str, plain: str = "") -> int | None:
    reference = row.get(name)
    if isinstance(reference, dict) and reference.get("id") is not None:
        return int(reference["id"])
    value = row.get(plain) if plain else None
    return int(value) if value is not None else None


def _organisation(invoice: Row) -> dict[str, int | None]:
    return {
        "location_id": _reference_id(invoice, "location", "locationId"),
        "department_id": _reference_id(invoice, "department", "departmentId"),
    }


def _agreement_type(state: ConnectWiseState, agreement_id: int | None) -> int | None:
    row = state.tables["agreements"].get(agreement_id) if agreement_id is not None else None
    return _reference_id(row, "type") if row else None


def _line_dimensions(state: ConnectWiseState, invoice: Row, line: InvoiceLine) -> Dimensions:
    organisation = _organisation(invoice)
    agreement_id = line.agreement_id or _reference_id(invoice, "agreement")
    return {
        "item_id": line.item_id,
        "subcategory_id": line.subcategory_id,
        "category_id": line.category_id,
        "agreement_id": agreement_id,
        "agreement_type_id": line.agreement_type_id or _agreement_type(state, agreement_id),
        "work_role_id": line.work_role_id,
        "work_type_id": line.work_type_id,
        "expense_type_id": line.expense_type_id,
        "location_id": line.location_id or organisation["location_id"],
        "department_id": line.department_id or organisation["department_id"],
    }


def matching_gl_accounts(state: ConnectWiseState, gl_type: str, dimensions: Dimensions) -> list[Row]:
    """The GL account rows that apply to a GL type, most specific first: mapped types in their `sortOrder`."""
    order = sorted(
        (row for row in state.tables["gl_mapped_types"].values() if row["glType"] == gl_type),
        key=lambda row: int(row["sortOrder"]),
    )
    accounts = [row for row in state.tables["gl_accounts"].values() if row["glType"] == gl_type]
    return [
        account
        for mapped in order
        for account in accounts
        if int(account["mappedType"]["id"]) == int(mapped["id"]) and _applies(account, str(mapped["name"]), dimensions)
    ]


def _applies(account: Row, mapped_name: str, dimensions: Dimensions) -> bool:
    if mapped_name == CORPORATE:
        return True
    wanted = dimensions.get(DIMENSIONS.get(mapped_name, ""))
    return wanted is not None and int(account["mappedRecord"]["id"]) == wanted


def account_segments(state: ConnectWiseState) -> frozenset[str]:
    """The segments that hold the account, as the captions type them; the first where nothing is said."""
    captions: Row = next(iter(state.tables["gl_captions"].values()), {})
    typed = frozenset(name for name in SEGMENTS if captions.get(f"{name}type") == "Account")
    return typed or frozenset({"segment1"})


def resolve_mapping(state: ConnectWiseState, gl_type: str, dimensions: Dimensions) -> Row | None:
    """What the mapping gives, value by value from the most specific row that fills it in.

    None when no row fills an account segment: then there is no mapping. `id` is the row that gave the account.
    """
    merged: Row = {}
    accounts = account_segments(state)
    for row in matching_gl_accounts(state, gl_type, dimensions):
        for name in _VALUES:
            if row.get(name) and name not in merged:
                merged[name] = row[name]
                if name in accounts:
                    merged.setdefault("id", row["id"])
    return merged if "id" in merged else None


def _receivable(state: ConnectWiseState, invoice: Row) -> Iterator[_Draft]:
    total, tax = Decimal(invoice.get("total") or 0), Decimal(invoice.get("salesTax") or 0)
    organisation = _organisation(invoice)
    description = f"Invoice {invoice.get('invoiceNumber', '')}"
    if state.switches.split_receivable and tax:
        yield _Draft("AR", total - tax, description, organisation)
        yield _Draft("AR", tax, f"{description} tax", organisation)
    else:
        yield _Draft("AR", total, description, organisation)


def _taxes(state: ConnectWiseState, invoice: Row, lines: list[InvoiceLine]) -> Iterator[_Draft]:
    levels = levels_of(state, invoice.get("taxCode"))
    captions = {level.number: level.caption for level in levels}
    zero_too = any(row.get("zeroDollarTaxAmountsFlag") for row in state.tables["accounting_package_setup"].values())
    dimensions = {**_organisation(invoice), "tax_code_id": _reference_id(invoice, "taxCode")}
    if tax_engine_is_on(state) and invoice.get("taxableFlag"):
        yield _Draft("ST", -Decimal(invoice.get("salesTax") or 0), "Sales tax by the tax engine", dimensions)
        return
    for number, amount in tax_amounts(invoice, lines, levels).items():
        if amount or (zero_too and invoice.get("taxableFlag")):
            yield _Draft("ST", -amount, captions.get(number, "Sales tax"), dimensions, tax_level=number)


def _drafts(state: ConnectWiseState, invoice: Row) -> Iterator[_Draft]:
    lines = state.invoice_lines.get(int(invoice["id"]), [])
    yield from _receivable(state, invoice)
    for line in lines:
        yield _Draft(line.kind, -line.total, line.description, _line_dimensions(state, invoice, line), line)
    yield from _taxes(state, invoice, lines)


def _texts(row: Row, names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(row[name]) for name in names if row.get(name)}


def frozen_entry(
    state: ConnectWiseState,
    record: RecordKey,
    gl_type: str,
    amount: Decimal,
    description: str,
    mapping: Row,
    **more: Any,
) -> GlEntry:
    """An entry under a new id with a mapping's values copied as they stand now; they stay so whatever happens later."""
    return GlEntry(
        id=next(state.entry_ids),
        record=record,
        gl_type=gl_type,
        amount=amount,
        description=description,
        segments=_texts(mapping, SEGMENTS),
        cogs=_texts(mapping, COGS),
        product_id=mapping.get("productId") or None,
        inventory=mapping.get("inventory") or None,
        sales_code=mapping.get("salesCode") or None,
        gl_account_id=int(mapping["id"]),
        **more,
    )


def freeze_entries(state: ConnectWiseState, invoice: Row) -> list[GlEntry]:
    """The entries that closing the invoice makes; none at all when any part of it has no mapping."""
    drafts = list(_drafts(state, invoice))
    rows = [resolve_mapping(state, draft.gl_type, draft.dimensions) for draft in drafts]
    if any(row is None for row in rows):
        return []
    record = RecordKey("invoice", int(invoice["id"]))
    return [
        frozen_entry(
            state,
            record,
            draft.gl_type,
            draft.amount,
            draft.description,
            row,
            line=draft.line,
            tax_level=draft.tax_level,
        )
        for draft, row in zip(drafts, rows, strict=True)
        if row is not None
    ]


def entry_row(state: ConnectWiseState, entry: GlEntry) -> dict[str, Any]:
    """The entry as `/finance/invoices/{id}/glEntries/` shows it."""
    return {
        "id": entry.id,
        "type": entry.gl_type,
        "amount": entry.amount,
        "description": entry.description,
        **entry.segments,
        "productId": entry.product_id,
        "cost": entry.line.cost if entry.line else None,
        "salesCode": entry.sales_code,
        "inventory": entry.inventory,
        **entry.cogs,
        "isBatched": entry.id in state.entry_batches,
    }


def account_and_class(state: ConnectWiseState, values: Mapping[str, str], prefix: str = "segment") -> tuple[str, str]:
    """Segment values as the export's `accountNumber` and `glClass`, by the types that the captions give them."""
    names = [f"{prefix}{number}" for number in range(1, 11)]
    present = [(name, values[name]) for name in names if name in values]
    if state.switches.export_joins_segments:
        return ":".join(value for _, value in present), ""
    captions: Row = next(iter(state.tables["gl_captions"].values()), {})
    parts: dict[str, list[str]] = {"Account": [], "Class": []}
    for name, value in present:
        number = name.removeprefix(prefix)
        default = "Account" if number == "1" else "Class"
        parts[captions.get(f"segment{number}type") or default].append(value)
    return ":".join(parts["Account"]), ":".join(parts["Class"])


def entry_account(state: ConnectWiseState, entry: GlEntry) -> tuple[str, str]:
    """The entry's account and class; the account is the segments' unless the entry has one of its own."""
    account, gl_class = account_and_class(state, entry.segments)
    return entry.account or account, gl_class
