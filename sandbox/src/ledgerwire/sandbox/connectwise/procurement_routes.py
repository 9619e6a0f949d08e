"""Purchase orders, their lines and adjustments over HTTP: receiving is a change of a line."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.conditions import as_moment
from ledgerwire.sandbox.connectwise.errors import invalid_field
from ledgerwire.sandbox.connectwise.procurement_desk import ProcurementDesk
from ledgerwire.sandbox.connectwise.procurement_rows import closed_status
from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine
from ledgerwire.sandbox.connectwise.replies import Replies
from ledgerwire.sandbox.connectwise.resources import Resource, TableRoutes
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, StockLine
from ledgerwire.sandbox.connectwise.tax import levels_of

_ORDERS = Resource(
    "/procurement/purchaseorders", "purchase_orders", "PurchaseOrder", "CRUD", ("vendorCompany", "terms")
)
_LINES = Resource(
    "/procurement/purchaseorders/{parent_id:int}/lineitems",
    "purchase_order_lines",
    "PurchaseOrderLineItem",
    "CRUD",
    ("description", "lineNumber", "product", "quantity"),
)
_ADJUSTMENTS = Resource(
    "/procurement/adjustments", "adjustments", "ProcurementAdjustment", "CRUD", ("identifier", "type")
)
_CENT = Decimal("0.01")
_CLOSING = frozenset({"FullyReceived", "PartiallyReceiveCancelRest", "PartiallyReceiveCloneRest"})
_SPLIT = "PartiallyReceiveCloneRest"


def _id(row: Row, name: str) -> int | None:
    return int(row[name]["id"]) if row.get(name) else None


def _day(row: Row, name: str) -> date | None:
    return as_moment(str(row[name])).date() if row.get(name) else None


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


class PurchaseOrderRoutes(TableRoutes):
    """`/procurement/purchaseorders` with unbatch and rebatch."""

    def __init__(self, state: ConnectWiseState, replies: Replies, desk: ProcurementDesk) -> None:
        super().__init__(state, replies, _ORDERS)
        self._desk = desk

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        super().register(app)
        add = app.router.add_route
        add(f"{_ORDERS.path}/{{record_id:int}}/unbatch", self.unbatch, methods=["POST"])
        add(f"{_ORDERS.path}/{{record_id:int}}/rebatch", self.rebatch, methods=["POST"])

    def _before_save(self, row: Row, fields: Row) -> Row:
        number = row.get("id") or self._state.next_id("purchase_orders")
        status = fields.get("status") or self._open_status()
        closed = self._state.tables["purchase_order_statuses"].get(status["id"], {}).get("closedFlag")
        return {
            **fields,
            "poNumber": fields.get("poNumber") or str(number),
            "status": status,
            "closedFlag": bool(closed),
        }

    def _open_status(self) -> Row:
        rows = list(self._state.tables["purchase_order_statuses"].values())
        chosen = next((row for row in rows if row.get("defaultFlag")), {"id": 1, "name": "New"})
        return {"id": chosen["id"], "name": chosen["name"]}

    def _after_save(self, row: Row, before: Row) -> None:
        number, dated = row.get("vendorInvoiceNumber"), row.get("vendorInvoiceDate")
        if (number, dated) != (before.get("vendorInvoiceNumber"), before.get("vendorInvoiceDate")):
            self._desk.vendor_billed(int(row["id"]), number, _day(row, "vendorInvoiceDate"))

    async def delete(self, request: Request) -> Response:
        if self._desk.receipts_of(int(request.path_params["record_id"])):
            raise invalid_field("PurchaseOrder", "id", "A purchase order with received lines cannot be deleted.")
        return await super().delete(request)

    async def unbatch(self, request: Request) -> Response:
        return self._moved(request, self._desk.unbatch(int(self._row(request)["id"]), self._state.actor()))

    async def rebatch(self, request: Request) -> Response:
        return self._moved(request, self._desk.rebatch(int(self._row(request)["id"]), self._state.actor()))

    def _moved(self, request: Request, ids: list[str]) -> Response:
        return self._replies.json(request, {"success": True, "message": f"{len(ids)} record(s): {', '.join(ids)}"})


class PurchaseOrderLineRoutes(TableRoutes):
    """`…/lineitems`: closing a line by its `receivedStatus` receives what `receivedQuantity` says."""

    def __init__(self, state: ConnectWiseState, replies: Replies, desk: ProcurementDesk) -> None:
        super().__init__(state, replies, _LINES)
        self._desk = desk

    def _before_save(self, row: Row, fields: Row) -> Row:
        if row.get("batchedFlag"):
            raise invalid_field("PurchaseOrderLineItem", "batchedFlag", "The line is part of a batch.")
        if row.get("closedFlag"):
            raise invalid_field("PurchaseOrderLineItem", "closedFlag", "The line is received and closed.")
        quantity, received = Decimal(fields["quantity"]), fields.get("receivedQuantity")
        status = fields.get("receivedStatus") or "Waiting"
        if status == "Waiting" and received is not None and Decimal(received) == quantity:
            status = "FullyReceived"
        if status == "FullyReceived":
            received = int(quantity)
        if status in _CLOSING and not received:
            raise invalid_field("PurchaseOrderLineItem", "receivedQuantity", "Nothing was received.")
        computed = {"receivedStatus": status, "closedFlag": status in _CLOSING, "batchedFlag": False}
        return {
            **fields,
            **computed,
            "receivedQuantity": received,
            "extCost": _cents(quantity * Decimal(fields.get("unitCost") or 0)),
        }

    async def delete(self, request: Request) -> Response:
        if self._row(request).get("closedFlag"):
            raise invalid_field("PurchaseOrderLineItem", "closedFlag", "A received line cannot be deleted.")
        return await super().delete(request)

    def _after_save(self, row: Row, before: Row) -> None:
        order = self._state.tables["purchase_orders"][int(row["parentId"])]
        row["purchaseOrderId"], row["purchaseOrderNumber"] = order["id"], order["poNumber"]
        if not row.get("closedFlag") or before.get("closedFlag"):
            return
        self._split(row)
        delivery = Delivery(self._state, order, row)
        self._desk.receive_line(delivery.receipt(has_freight=self._freight_is_open(order, row)))
        lines = [one for one in self._state.tables["purchase_order_lines"].values() if one["parentId"] == order["id"]]
        if all(line.get("closedFlag") for line in lines):
            order |= {"closedFlag": True, "status": closed_status(self._state)}
            self._state.saved("purchase_orders", int(order["id"]), self._state.actor())

    def _split(self, row: Row) -> None:
        """What was not received stays on order as a line of its own, or is cancelled."""
        rest = Decimal(row["quantity"]) - Decimal(row["receivedQuantity"])
        if not rest:
            return
        row["quantity"] = Decimal(row["receivedQuantity"])
        if row["receivedStatus"] == _SPLIT:
            dropped = {"id", "receivedQuantity", "packingSlip", "dateReceived", "_info"}
            clone = {name: value for name, value in row.items() if name not in dropped}
            clone |= {"quantity": rest, "receivedStatus": "Waiting", "closedFlag": False}
            self._state.insert("purchase_order_lines", clone, self._state.actor())

    def _freight_is_open(self, order: Row, row: Row) -> bool:
        """Freight goes with the delivery whose packing slip it names, else with the first."""
        if any(receipt.freight for receipt in self._desk.receipts_of(int(order["id"]))):
            return False
        slip = order.get("freightPackingSlip")
        return not slip or slip == row.get("packingSlip")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One received line of a purchase order, as a receipt."""

    state: ConnectWiseState
    order: Row
    row: Row

    def _tax(self, amount: Decimal) -> tuple[Decimal, ...]:
        levels = levels_of(self.state, self.order.get("taxCode"))
        return tuple(_cents(amount * level.rate / 100) if level.products else Decimal(0) for level in levels)

    def _line(self) -> ReceiptLine:
        row, product = self.row, self.state.tables["catalog"].get(_id(self.row, "product") or 0, {})
        quantity, cost = Decimal(row["receivedQuantity"]), Decimal(row.get("unitCost") or 0)
        total, taxed = _cents(quantity * cost), bool(self.order.get("taxPoFlag"))
        return ReceiptLine(
            item_identifier=str(row["product"].get("identifier") or product.get("identifier")),
            description=str(row["description"]),
            quantity=quantity,
            cost=cost,
            total=total,
            product_class=str(product.get("productClass", "NonInventory")),
            item_id=_id(row, "product"),
            category_id=_id(product, "category"),
            subcategory_id=_id(product, "subcategory"),
            taxable=taxed,
            tax_by_level=self._tax(total) if taxed else (),
            drop_shipped=bool(self.order.get("dropShipCustomerFlag")),
            warehouse_id=_id(row, "warehouse"),
            serial_numbers=row.get("serialNumbers"),
            line_number=int(row["lineNumber"]),
            line_item_id=int(row["id"]),
        )

    def receipt(self, *, has_freight: bool) -> Receipt:
        """The receipt of this one line; with the order's freight where this delivery brought it."""
        order, row = self.order, self.row
        freight = Decimal(order.get("freightCost") or 0) if has_freight else Decimal(0)
        taxed = bool(order.get("taxFreightFlag"))
        return Receipt(
            purchase_order_id=int(order["id"]),
            po_number=str(order["poNumber"]),
            vendor_company_id=_id(order, "vendorCompany") or 0,
            received=_day(row, "dateReceived") or self.state.clock.now().date(),
            lines=(self._line(),),
            packing_slip=str(row.get("packingSlip") or ""),
            vendor_invoice_number=order.get("vendorInvoiceNumber"),
            vendor_invoice_date=_day(order, "vendorInvoiceDate"),
            freight=freight,
            freight_taxable=taxed,
            freight_tax_by_level=self._tax(freight) if taxed and freight else (),
            tax_code_id=_id(order, "taxCode"),
            billing_terms_id=_id(order, "terms"),
            currency_id=_id(order, "currency"),
            location_id=order.get("locationId") or _id(order, "location"),
            department_id=order.get("businessUnitId") or _id(order, "businessUnit"),
            customer_company_id=_id(order, "customerCompany"),
            tracking_number=order.get("trackingNumber"),
        )


class AdjustmentRoutes(TableRoutes):
    """`/procurement/adjustments`: setting `closedFlag` moves the stock."""

    def __init__(self, state: ConnectWiseState, replies: Replies, desk: ProcurementDesk) -> None:
        super().__init__(state, replies, _ADJUSTMENTS)
        self._desk = desk

    def _before_save(self, row: Row, fields: Row) -> Row:
        if row.get("closedFlag"):
            raise invalid_field("ProcurementAdjustment", "closedFlag", "A closed adjustment cannot be changed.")
        if not fields.get("closedFlag"):
            return fields
        if not fields.get("adjustmentDetails"):
            raise invalid_field("ProcurementAdjustment", "adjustmentDetails", "There is nothing to adjust.")
        by = self._state.member_identifier(self._state.actor())
        return {**fields, "closedBy": by, "closedDate": f"{self._state.clock.now().date().isoformat()}T00:00:00Z"}

    def _after_save(self, row: Row, before: Row) -> None:
        if row.get("closedFlag") and not before.get("closedFlag"):
            self._desk.adjust(self._adjustment(row))

    async def delete(self, request: Request) -> Response:
        if self._row(request).get("closedFlag"):
            raise invalid_field("ProcurementAdjustment", "closedFlag", "A closed adjustment cannot be deleted.")
        return await super().delete(request)

    def _adjustment(self, row: Row) -> Adjustment:
        closed = _day(row, "closedDate") or self._state.clock.now().date()
        return Adjustment(
            adjustment_id=int(row["id"]),
            identifier=str(row["identifier"]),
            closed=closed,
            lines=tuple(self._line(detail) for detail in row["adjustmentDetails"]),
            reason=str(row.get("reason") or ""),
            type_id=_id(row, "type"),
        )

    def _line(self, detail: dict[str, Any]) -> StockLine:
        product = self._state.tables["catalog"].get(_id(detail, "catalogItem") or 0, {})
        quantity = int(detail["quantityAdjusted"])
        cost = Decimal(detail.get("unitCost") or product.get("cost") or 0)
        return StockLine(
            item_identifier=str(product.get("identifier") or detail["catalogItem"].get("identifier")),
            description=str(detail.get("description") or product.get("description") or ""),
            quantity=quantity,
            cost=cost,
            total=_cents(quantity * cost),
            item_id=_id(detail, "catalogItem"),
            category_id=_id(product, "category"),
            subcategory_id=_id(product, "subcategory"),
            warehouse_id=_id(detail, "warehouse"),
            serial_numbers=detail.get("serialNumber"),
        )
