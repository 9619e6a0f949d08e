"""Purchase orders, their lines and adjustments in REST shape, from what was received, returned or counted."""

from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine
from ledgerwire.sandbox.connectwise.references import reference_or_none
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment
from ledgerwire.sandbox.connectwise.wire import midnight


def closed_status(state: ConnectWiseState) -> Row:
    """The status that a purchase order gets when everything is received."""
    rows = state.tables["purchase_order_statuses"].values()
    chosen = next((row for row in rows if row.get("defaultClosedFlag")), None)
    chosen = chosen or next((row for row in rows if row.get("closedFlag")), {"id": 2, "name": "Closed"})
    return {"id": chosen["id"], "name": chosen["name"]}


def order_row(state: ConnectWiseState, receipt: Receipt) -> Row:
    """The closed purchase order that a loaded receipt belongs to."""
    dated = receipt.vendor_invoice_date
    taxes = sum(receipt.taxes(), receipt.freight * 0)
    return {
        "id": receipt.purchase_order_id,
        "poNumber": receipt.po_number,
        "poDate": midnight(receipt.received),
        "status": closed_status(state),
        "closedFlag": True,
        "dateClosed": midnight(receipt.received),
        "vendorCompany": reference_or_none(state, "companies", receipt.vendor_company_id),
        "customerCompany": reference_or_none(state, "companies", receipt.customer_company_id),
        "dropShipCustomerFlag": any(line.drop_shipped for line in receipt.lines),
        "vendorInvoiceNumber": receipt.vendor_invoice_number,
        "vendorInvoiceDate": midnight(dated) if dated else None,
        "terms": reference_or_none(state, "billing_terms", receipt.billing_terms_id),
        "taxCode": reference_or_none(state, "tax_codes", receipt.tax_code_id),
        "taxPoFlag": any(line.taxable for line in receipt.lines),
        "taxFreightFlag": receipt.freight_taxable,
        "freightCost": receipt.freight,
        "freightPackingSlip": receipt.packing_slip if receipt.freight else None,
        "freightTaxTotal": sum(receipt.freight_tax_by_level, receipt.freight * 0),
        "subTotal": receipt.goods,
        "salesTax": taxes,
        "total": receipt.total,
        "trackingNumber": receipt.tracking_number,
        "currency": reference_or_none(state, "currencies", receipt.currency_id),
        "locationId": receipt.location_id,
        "businessUnitId": receipt.department_id,
    }


def order_line_row(state: ConnectWiseState, receipt: Receipt, line: ReceiptLine) -> Row:
    """The received purchase order line of a loaded receipt."""
    return {
        "id": line.line_item_id,
        "parentId": receipt.purchase_order_id,
        "purchaseOrderId": receipt.purchase_order_id,
        "purchaseOrderNumber": receipt.po_number,
        "lineNumber": line.line_number,
        "product": {"id": line.item_id, "identifier": line.item_identifier},
        "description": line.description,
        "quantity": line.quantity,
        "unitCost": line.cost,
        "extCost": line.total,
        "tax": sum(line.tax_by_level, line.total * 0),
        "receivedQuantity": int(line.quantity),
        "receivedStatus": "FullyReceived",
        "dateReceived": midnight(receipt.received),
        "packingSlip": receipt.packing_slip or None,
        "serialNumbers": line.serial_numbers,
        "warehouse": reference_or_none(state, "warehouses", line.warehouse_id),
        "closedFlag": True,
        "canceledFlag": False,
        "batchedFlag": False,
    }


def adjustment_row(state: ConnectWiseState, adjustment: Adjustment) -> Row:
    """The closed adjustment in REST shape."""
    return {
        "id": adjustment.adjustment_id,
        "identifier": adjustment.identifier,
        "type": reference_or_none(state, "adjustment_types", adjustment.type_id),
        "reason": adjustment.reason,
        "closedFlag": True,
        "closedDate": midnight(adjustment.closed),
        "adjustmentDetails": [
            {
                "id": number,
                "catalogItem": {"id": line.item_id, "identifier": line.item_identifier},
                "description": line.description,
                "unitCost": line.cost,
                "quantityAdjusted": line.quantity,
                "warehouse": reference_or_none(state, "warehouses", line.warehouse_id),
                "serialNumber": line.serial_numbers,
            }
            for number, line in enumerate(adjustment.lines, start=1)
        ],
    }
