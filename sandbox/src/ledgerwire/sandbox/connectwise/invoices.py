"""What saving an invoice means: close, GL Reload, reopen, edits, and who is told."""

from collections.abc import Mapping, Sequence
from typing import Any

from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.gl import freeze_entries
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import timestamp

EDITABLE_WHEN_CLOSED = frozenset({"status", "internalNotes"})
COMPUTED = frozenset({"id", "glBatch", "unbatchedBatch", "closedBy", "adjustedBy", "_info"})


class InvoiceDesk:
    """The rules of the invoice screen; every save reaches the callback listeners."""

    def __init__(self, state: ConnectWiseState) -> None:
        self._state = state

    def invoice(self, invoice_id: int) -> Row:
        """The invoice. Raises ApiError 404."""
        row = self._state.tables["invoices"].get(invoice_id)
        if row is None:
            raise record_not_found("Invoice", invoice_id)
        return row

    @staticmethod
    def is_closed(invoice: Row) -> bool:
        """Closed is a property of the status, not of the invoice."""
        return bool(invoice.get("status", {}).get("isClosed"))

    def adopt_closed(self) -> None:
        """Give invoices that were loaded closed their entries, and their batch where they name one."""
        for invoice in self._state.tables["invoices"].values():
            if self.is_closed(invoice) and int(invoice["id"]) not in self._state.unposted_rows:
                self._close(invoice, str(invoice.get("closedBy", "zAdmin")))
                self._adopt_batch(invoice)

    def _adopt_batch(self, invoice: Row) -> None:
        batch = invoice.get("glBatch")
        if not batch:
            return
        number = int(batch["id"])
        self._state.batch_names.add(str(batch["name"]).casefold())
        self._state.tables["batches"].setdefault(
            number,
            {
                "id": number,
                "batchIdentifier": batch["name"],
                "exportInvoicesFlag": True,
                "exportExpensesFlag": False,
                "exportProductsFlag": False,
                "closedFlag": False,
            },
        )
        for entry in self._state.gl_entries[int(invoice["id"])]:
            self._state.entry_batches[entry.id] = number

    def status_reference(self, wanted: Mapping[str, Any]) -> Row:
        """A billing status reference by id or name. Raises ApiError 400 for an unknown one."""
        for row in self._state.tables["billing_statuses"].values():
            if row["id"] == wanted.get("id") or ("id" not in wanted and row["name"] == wanted.get("name")):
                return {"id": row["id"], "name": row["name"], "isClosed": bool(row.get("closedFlag"))}
        raise invalid_field("Invoice", "status", "The billing status does not exist.")

    def set_status(self, invoice_id: int, wanted: Mapping[str, Any], member_id: int) -> Row:
        """Move the invoice to a status and save it. Raises ApiError 400 when a batched invoice would reopen."""
        return self.edit(invoice_id, {"status": dict(wanted)}, member_id)

    def edit(
        self,
        invoice_id: int,
        changes: Mapping[str, Any],
        member_id: int,
        lines: Sequence[InvoiceLine] | None = None,
    ) -> Row:
        """Change fields and lines and save, as one save of the screen.

        Raises ApiError 404 for an unknown invoice, 400 for changes that a closed or batched invoice refuses.
        """
        invoice = self.invoice(invoice_id)
        status = self.status_reference(changes["status"]) if "status" in changes else invoice["status"]
        self._check(invoice, status, changes, lines)
        self._reopen_if_needed(invoice, status)
        for name, value in changes.items():
            if name in COMPUTED or name == "status":
                continue
            if value is None:
                invoice.pop(name, None)
            else:
                invoice[name] = value
        if lines is not None:
            self._state.invoice_lines[invoice_id] = list(lines)
        was_closed = self.is_closed(invoice)
        invoice["status"] = status
        if status["isClosed"] and not was_closed:
            self._close(invoice, self._state.member_identifier(member_id))
        return self._state.saved("invoices", invoice_id, member_id)

    def _check(
        self,
        invoice: Row,
        status: Row,
        changes: Mapping[str, Any],
        lines: Sequence[InvoiceLine] | None,
    ) -> None:
        stays_closed = self.is_closed(invoice) and status["isClosed"]
        if self.is_closed(invoice) and not status["isClosed"] and self._is_batched(invoice):
            raise invalid_field("Invoice", "status", "The invoice is part of a batch and cannot be reopened.")
        refused = sorted(set(changes) - EDITABLE_WHEN_CLOSED - COMPUTED)
        if stays_closed and (refused or lines is not None):
            field = refused[0] if refused else "products"
            raise invalid_field("Invoice", field, "A closed invoice accepts a new status and internal notes only.")

    def _is_batched(self, invoice: Row) -> bool:
        if invoice.get("glBatch"):
            return True
        entries = self._state.gl_entries.get(int(invoice["id"]), [])
        return any(entry.id in self._state.entry_batches for entry in entries)

    def _reopen_if_needed(self, invoice: Row, status: Row) -> None:
        if self.is_closed(invoice) and not status["isClosed"]:
            number = int(invoice["id"])
            self._state.drop_entries(number)
            self._state.unposted_rows.pop(number, None)
            self._state.closed_at.pop(number, None)
            invoice.pop("closedBy", None)
            invoice["status"] = status

    def _close(self, invoice: Row, by: str) -> None:
        number = int(invoice["id"])
        self._state.put_entries(number, freeze_entries(self._state, invoice))
        self._state.unposted_rows[number] = next(self._state.unposted_ids)
        self._state.closed_at[number] = timestamp(self._state.clock.now())
        invoice["closedBy"] = by

    def create(self, fields: Row, member_id: int) -> Row:
        """Add an invoice. Raises ApiError 400 for a missing type or company or a taken number."""
        for name in ("type", "company"):
            if not fields.get(name):
                raise invalid_field("Invoice", name, f"The {name} field is required.", code="MissingRequiredField")
        numbers = {str(row.get("invoiceNumber")) for row in self._state.tables["invoices"].values()}
        if fields.get("invoiceNumber") in numbers:
            raise invalid_field("Invoice", "invoiceNumber", "The invoice number is already in use.", "ObjectExists")
        wanted = fields.get("status") or self._default_status()
        invoice = {name: value for name, value in fields.items() if name not in COMPUTED and value is not None}
        invoice["status"] = self.status_reference(wanted)
        row = self._state.insert("invoices", invoice, member_id)
        row.setdefault("invoiceNumber", str(row["id"]))
        if self.is_closed(row):
            self._close(row, self._state.member_identifier(member_id))
        return row

    def _default_status(self) -> Row:
        statuses = list(self._state.tables["billing_statuses"].values())
        default = next((row for row in statuses if row.get("defaultFlag")), statuses[0])
        return {"id": default["id"]}

    def delete(self, invoice_id: int, member_id: int) -> None:
        """Remove an open invoice. Raises ApiError 400 for a closed one."""
        invoice = self.invoice(invoice_id)
        if self.is_closed(invoice):
            raise invalid_field("Invoice", "id", "A closed invoice cannot be deleted.")
        self._state.invoice_lines.pop(invoice_id, None)
        self._state.delete("invoices", invoice_id, member_id)
