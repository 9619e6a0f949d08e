"""The unposted lists of products and expenses: received, closed or approved, and not wholly in a batch."""

from decimal import Decimal

from ledgerwire.sandbox.connectwise.expense_rows import shown_amount
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.export_expenses import member_reference
from ledgerwire.sandbox.connectwise.gl import entry_account
from ledgerwire.sandbox.connectwise.interface_records import InterfaceRecord, RecordKind
from ledgerwire.sandbox.connectwise.receipts import Receipt
from ledgerwire.sandbox.connectwise.references import reference_or_none
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, Transfer
from ledgerwire.sandbox.connectwise.tax import TaxLevel, by_number, level_columns, level_rows, levels_of
from ledgerwire.sandbox.connectwise.wire import midnight


def unposted_records(state: ConnectWiseState, kind: RecordKind) -> list[InterfaceRecord]:
    """The records of a kind that stand on its list, by row id."""
    found = [one for key, one in state.interface.items() if key.kind == kind and one.batch is None]
    return sorted(found, key=lambda one: one.row_id)


def _levels(state: ConnectWiseState, tax_code_id: int | None) -> list[TaxLevel]:
    return levels_of(state, {"id": tax_code_id} if tax_code_id is not None else None)


def _receipt_columns(state: ConnectWiseState, receipt: Receipt) -> Row:
    vendor = state.tables["companies"].get(receipt.vendor_company_id, {})
    taxes, dated = receipt.taxes(), receipt.vendor_invoice_date
    taxable = any(line.taxable for line in receipt.lines)
    return {
        "description": f"Purchase order {receipt.po_number}",
        "procurementType": "Purchase",
        "purchaseOrder": {"id": receipt.purchase_order_id, "name": receipt.po_number},
        "purchaseDate": midnight(receipt.received),
        "trackingNumber": receipt.tracking_number,
        "billingTerms": reference_or_none(state, "billing_terms", receipt.billing_terms_id),
        "currency": reference_or_none(state, "currencies", receipt.currency_id),
        "taxCode": reference_or_none(state, "tax_codes", receipt.tax_code_id),
        "avalaraTaxFlag": False,
        "itemTaxableFlag": taxable,
        "purchaseOrderTaxableFlag": taxable,
        **level_columns(_levels(state, receipt.tax_code_id), by_number(taxes), taxable=taxable),
        "taxTotal": sum(taxes, Decimal(0)),
        "customer": reference_or_none(state, "companies", receipt.customer_company_id),
        "vendor": reference_or_none(state, "companies", receipt.vendor_company_id),
        "vendorAccountNumber": vendor.get("vendorIdentifier"),
        "vendorInvoiceNumber": receipt.vendor_invoice_number,
        "vendorInvoiceDate": midnight(dated) if dated else None,
        "taxFreightFlag": receipt.freight_taxable,
        "freightTaxTotal": sum(receipt.freight_tax_by_level, Decimal(0)),
        "freightCost": receipt.freight,
    }


def _adjustment_columns(adjustment: Adjustment) -> Row:
    return {
        "description": adjustment.identifier,
        "procurementType": "Adjustment",
        "purchaseDate": midnight(adjustment.closed),
    }


def _transfer_columns(transfer: Transfer) -> Row:
    return {
        "description": f"Transfer of {transfer.line.item_identifier}",
        "procurementType": "Transfer",
        "purchaseDate": midnight(transfer.moved),
        "locationId": transfer.to_location_id,
        "departmentId": transfer.to_department_id,
    }


def procurement_row(state: ConnectWiseState, record: InterfaceRecord) -> Row:
    """One row of `/unpostedprocurement`; a batch names an adjustment by this row's `id`."""
    fact = record.fact
    if isinstance(fact, Expense):
        raise TypeError("an expense is not on the list of products")
    organisation: Row = {}
    if isinstance(fact, Receipt):
        columns = _receipt_columns(state, fact)
    elif isinstance(fact, Adjustment):
        columns = _adjustment_columns(fact)
    else:
        columns = _transfer_columns(fact)
    if not isinstance(fact, Transfer):
        organisation = {"locationId": fact.location_id, "departmentId": fact.department_id}
    return {
        "id": record.row_id,
        "unpostedProductId": fact.id,
        **organisation,
        **columns,
        "total": fact.total,
        "dateClosed": record.closed_at,
        "_info": {"lastUpdated": record.closed_at, "dateEntered": record.closed_at},
    }


def expense_row(state: ConnectWiseState, record: InterfaceRecord) -> Row:
    """One row of `/unpostedexpenses`; `expenseDetailId` is the expense, `id` is not."""
    fact = record.fact
    if not isinstance(fact, Expense):
        raise TypeError("only an expense is on the list of expenses")
    entry = record.entries[0] if record.entries else None
    debit, _ = entry_account(state, entry) if entry else (None, None)
    credit, _ = entry_account(state, entry.offset) if entry and entry.offset else (None, None)
    amount = shown_amount(state, fact)
    billable = amount if fact.billable == "Billable" else Decimal(0)
    return {
        "id": record.row_id,
        "locationId": fact.location_id,
        "departmentId": fact.department_id,
        "company": reference_or_none(state, "companies", fact.company_id),
        "accountNumber": debit,
        "creditAccount": credit,
        "expenseDetailId": fact.expense_id,
        "expenseType": reference_or_none(state, "expense_types", fact.expense_type_id),
        "classification": fact.classification,
        "glType": "EE" if fact.is_external else "EI",
        "member": member_reference(state, fact.member_id),
        "dateExpense": midnight(fact.spent),
        "chargeCode": {"id": fact.charge_to_id, "name": fact.charge_code} if fact.charge_code else None,
        "chargeDescription": fact.notes or None,
        "inPolicy": True,
        "paymentMethod": reference_or_none(state, "payment_types", fact.payment_method_id),
        "currency": reference_or_none(state, "currencies", fact.currency_id),
        "total": amount,
        "billableAmount": billable,
        "nonBillableAmount": amount - billable,
        "agreement": reference_or_none(state, "agreements", fact.agreement_id),
        **_charged_to(fact),
        **_expense_tax(state, fact),
        "dateClosed": record.closed_at,
        "_info": {"lastUpdated": record.closed_at, "dateEntered": record.closed_at},
    }


def _charged_to(expense: Expense) -> Row:
    is_ticket = expense.charge_to_type in {"ServiceTicket", "ProjectTicket"} and expense.charge_to_id
    return {
        "ticket": {"id": expense.charge_to_id} if is_ticket else None,
        "project": {"id": expense.project_id} if expense.project_id else None,
    }


def _expense_tax(state: ConnectWiseState, expense: Expense) -> Row:
    taxed = bool(expense.tax_by_level)
    return {
        "taxCode": reference_or_none(state, "tax_codes", expense.tax_code_id),
        "avalaraTaxFlag": False,
        "itemTaxableFlag": taxed,
        "salesTaxAmount": expense.tax,
        **level_columns(_levels(state, expense.tax_code_id), by_number(expense.tax_by_level), taxable=taxed),
    }


def record_levels(state: ConnectWiseState, record: InterfaceRecord) -> list[Row]:
    """`…/taxableLevels` of a receipt or an expense; a stock movement has none."""
    fact = record.fact
    if isinstance(fact, Receipt):
        return level_rows(_levels(state, fact.tax_code_id), by_number(fact.taxes()))
    if isinstance(fact, Expense):
        return level_rows(_levels(state, fact.tax_code_id), by_number(fact.tax_by_level))
    return []
