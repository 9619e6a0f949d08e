"""Receiving, returning, adjusting and moving stock: what the procurement screens put onto the accounting interface."""

from dataclasses import replace
from datetime import date

from ledgerwire.sandbox.connectwise.batches import is_touched
from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.gl_procurement import freeze_adjustment, freeze_receipt, freeze_transfer
from ledgerwire.sandbox.connectwise.interface_records import InterfaceRecord, Procurement, RecordKey
from ledgerwire.sandbox.connectwise.procurement_rows import adjustment_row, order_line_row, order_row
from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine, add_levels
from ledgerwire.sandbox.connectwise.state import ConnectWiseState
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, Transfer
from ledgerwire.sandbox.connectwise.unbatching import rebatch_record, unbatch_record
from ledgerwire.sandbox.connectwise.wire import timestamp

_RESOURCE = "PurchaseOrder"


def procurement_key(record_id: str) -> RecordKey:
    """The interface's key of an `unpostedProductId`."""
    return RecordKey("procurement", record_id)


class ProcurementDesk:
    """The rules of the procurement screens. What is received, closed or moved is on the unposted list at once."""

    def __init__(self, state: ConnectWiseState) -> None:
        self._state = state

    def adopt(self) -> None:
        """Put everything that was loaded onto the accounting interface."""
        loaded: list[Procurement] = [
            *self._state.receipts.values(),
            *self._state.adjustments.values(),
            *self._state.transfers.values(),
        ]
        for fact in loaded:
            if procurement_key(fact.id) not in self._state.interface:
                self._post(fact)

    def receive(self, receipt: Receipt, member_id: int | None = None) -> InterfaceRecord:
        """Receive (or, with negative quantities, return) goods; with a member the order's callbacks go out.

        Raises ApiError 400 for a receipt already there.
        """
        record = self._post(self._new(receipt))
        if member_id is not None:
            self._state.saved("purchase_orders", receipt.purchase_order_id, member_id)
        return record

    def adjust(self, adjustment: Adjustment) -> InterfaceRecord:
        """Close an adjustment. Raises ApiError 400 for one already there."""
        return self._post(self._new(adjustment))

    def transfer(self, transfer: Transfer) -> InterfaceRecord:
        """Complete a transfer. Raises ApiError 400 for one already there."""
        return self._post(self._new(transfer))

    def _new(self, fact: Procurement) -> Procurement:
        if procurement_key(fact.id) in self._state.interface:
            raise invalid_field(_RESOURCE, "unpostedProductId", f"{fact.id} exists already.", "ObjectExists")
        return fact

    def record(self, record_id: str) -> InterfaceRecord:
        """The record of an `unpostedProductId`. Raises ApiError 404."""
        found = self._state.interface.get(procurement_key(record_id))
        if found is None:
            raise record_not_found("UnpostedProcurement", record_id)
        return found

    def amend(self, record_id: str, fact: Procurement) -> InterfaceRecord:
        """Change a receipt or movement, or freeze its entries anew by the mapping of today, keeping its row.

        Raises ApiError 404 for an unknown one, 400 for one with entries in a batch.
        """
        old = self.record(record_id)
        if is_touched(self._state, old.key):
            raise invalid_field(_RESOURCE, "batchedFlag", "The record is part of a batch.")
        self._state.drop_record(old.key)
        self._forget(record_id)
        made = self._post(fact, row_id=old.row_id)
        made.unbatched = old.unbatched
        return made

    def reload(self, record_id: str) -> InterfaceRecord:
        """Freeze the entries anew, as receiving it again would. Raises ApiError 404, or 400 once batched."""
        fact = self.record(record_id).fact
        if not isinstance(fact, (Receipt, Adjustment, Transfer)):
            raise record_not_found("UnpostedProcurement", record_id)
        return self.amend(record_id, fact)

    def remove(self, record_id: str) -> None:
        """Take a receipt or movement back, as un-receiving does. Raises ApiError 404, or 400 once batched."""
        old = self.record(record_id)
        if is_touched(self._state, old.key):
            raise invalid_field(_RESOURCE, "batchedFlag", "The record is part of a batch.")
        self._state.drop_record(old.key)
        self._forget(record_id)

    def _forget(self, record_id: str) -> None:
        self._state.receipts.pop(record_id, None)
        self._state.adjustments.pop(record_id, None)
        self._state.transfers.pop(record_id, None)

    def _post(self, fact: Procurement, row_id: int | None = None) -> InterfaceRecord:
        state = self._state
        if isinstance(fact, Receipt):
            fact = self._with_order(fact)
        number = next(state.unposted_ids) if row_id is None else row_id
        record = InterfaceRecord(procurement_key(fact.id), fact, number, timestamp(state.clock.now()))
        if isinstance(fact, Receipt):
            state.receipts[fact.id] = fact
            freeze_receipt(state, record, fact)
        elif isinstance(fact, Adjustment):
            state.adjustments[fact.id] = fact
            state.adopt_row("adjustments", adjustment_row(state, fact))
            freeze_adjustment(state, record, fact)
        else:
            state.transfers[fact.id] = fact
            freeze_transfer(state, record, fact)
        state.put_record(record)
        return record

    def _with_order(self, receipt: Receipt) -> Receipt:
        """The receipt with its purchase order and lines in the tables, made from it where they have none."""
        state = self._state
        state.adopt_row("purchase_orders", order_row(state, receipt))
        lines: list[ReceiptLine] = []
        for number, line in enumerate(receipt.lines, start=1):
            line_id = line.line_item_id or state.next_id("purchase_order_lines")
            whole = replace(line, line_item_id=line_id, line_number=line.line_number or number)
            state.adopt_row("purchase_order_lines", order_line_row(state, receipt, whole))
            lines.append(whole)
        return replace(receipt, lines=tuple(lines))

    def receipts_of(self, order_id: int) -> list[Receipt]:
        """The receipts of a purchase order, oldest first."""
        return [one for one in self._state.receipts.values() if one.purchase_order_id == order_id]

    def receive_line(self, delivery: Receipt) -> InterfaceRecord:
        """Receive one line: it joins the unposted receipt of its packing slip, else makes a receipt."""
        suffixes = ("", *(f"-{number}" for number in range(2, 100)))
        for suffix in suffixes:
            wanted = replace(delivery, suffix=suffix)
            existing = self._state.receipts.get(wanted.id)
            if existing is None:
                return self._post(wanted)
            if not is_touched(self._state, procurement_key(existing.id)):
                return self.amend(existing.id, _joined(existing, wanted))
        raise invalid_field(_RESOURCE, "packingSlip", "Too many deliveries under one packing slip.")

    def vendor_billed(self, order_id: int, number: str | None, dated: date | None) -> None:
        """The vendor's invoice came: the order's unbatched receipts carry its number and date."""
        for receipt in self.receipts_of(order_id):
            key = procurement_key(receipt.id)
            if not is_touched(self._state, key):
                changed = replace(receipt, vendor_invoice_number=number, vendor_invoice_date=dated)
                self._state.receipts[receipt.id] = changed
                self._state.interface[key].fact = changed

    def unbatch(self, order_id: int, member_id: int) -> list[str]:
        """Take every batched receipt of an order out of its batch. Raises ApiError 400 when none is batched."""
        return self._each(order_id, member_id, batched=True)

    def rebatch(self, order_id: int, member_id: int) -> list[str]:
        """Put them back. Raises ApiError 400 when none was taken out, 404 when the batch is gone."""
        return self._each(order_id, member_id, batched=False)

    def _each(self, order_id: int, member_id: int, *, batched: bool) -> list[str]:
        done: list[str] = []
        for receipt in self.receipts_of(order_id):
            record = self.record(receipt.id)
            if batched and record.batch:
                unbatch_record(self._state, record.key, member_id)
                done.append(receipt.id)
            elif not batched and record.unbatched:
                rebatch_record(self._state, record.key, member_id)
                done.append(receipt.id)
        if not done:
            what = "is part of a batch" if batched else "was taken out of a batch"
            raise invalid_field(_RESOURCE, "id", f"No receipt of this purchase order {what}.")
        return done


def _joined(existing: Receipt, delivery: Receipt) -> Receipt:
    """One receipt of both; a line received further is added to what it had."""
    added = {line.line_item_id: line for line in delivery.lines}
    lines = [
        _sum_of(line, added.pop(line.line_item_id)) if line.line_item_id in added else line for line in existing.lines
    ]
    return replace(
        existing,
        lines=(*lines, *added.values()),
        freight=existing.freight + delivery.freight,
        freight_tax_by_level=add_levels([existing.freight_tax_by_level, delivery.freight_tax_by_level]),
    )


def _sum_of(line: ReceiptLine, more: ReceiptLine) -> ReceiptLine:
    return replace(
        line,
        quantity=line.quantity + more.quantity,
        total=line.total + more.total,
        tax_by_level=add_levels([line.tax_by_level, more.tax_by_level]),
    )
