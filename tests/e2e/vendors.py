"""Both vendors as people see them: what they do on the screens, what the books hold, what crossed the wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ledgerwire.sandbox.audit import AuditReport, audit
from ledgerwire.sandbox.connectwise.copies import copy_invoice
from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.core.journal import Entry
from ledgerwire.sandbox.last_look import last_look
from ledgerwire.sandbox.seed import ExpectedRecord, close_request
from ledgerwire.sandbox.server import Sandbox

COORDINATOR = 152
"""The member who closes and edits invoices on the screen."""
CLOSED, REOPENED = "Closed", "GL Reload"
"""A closed invoice is opened again by GL Reload: its frozen entries are dropped."""


@dataclass
class Vendors:
    """ConnectWise and Xero behind one sandbox."""

    sandbox: Sandbox

    def expected(self, invoice_id: int) -> ExpectedRecord:
        """What a bookkeeper would write for it."""
        return next(one for one in self.sandbox.world.scenario.expected if one.invoice_id == invoice_id)

    def number(self, invoice_id: int) -> str:
        return str(self.invoice(invoice_id)["invoiceNumber"])

    # --- what people do ---------------------------------------------------------------------------------------------

    @property
    def psa(self) -> Any:
        """The simulated ConnectWise."""
        return self.sandbox.world.connectwise

    @property
    def ledger(self) -> Any:
        """The books of the simulated Xero."""
        return self.sandbox.world.xero

    async def as_person(self, method: str, path: str, body: Any = None) -> Any:
        """A change on ConnectWise's screen; AssertionError if ConnectWise refuses it."""
        answer = await self.psa.as_person(COORDINATOR, method, path, body)
        assert not answer.is_error, answer.text
        return answer

    async def close(self, *invoice_ids: int) -> None:
        """A coordinator closes invoices; ConnectWise calls back."""
        for invoice_id in invoice_ids:
            request = close_request(invoice_id)
            await self.as_person(request["method"], request["path"], request["body"])

    def set_status(self, invoice_id: int, status: str) -> None:
        self.psa.desk.set_status(invoice_id, {"name": status}, COORDINATOR)

    def edit(self, invoice_id: int, changes: dict[str, Any] | None = None, lines: Any = None) -> None:
        """Save an invoice on the screen, whatever its status."""
        self.psa.desk.edit(invoice_id, changes or {}, COORDINATOR, lines)

    def copies(self, invoice_id: int, count: int, *, batched: bool) -> list[int]:
        """Copies of an open invoice: open, or closed and batched as an old month; nobody is called back."""
        state, desk = self.psa.state, self.psa.desk
        return copy_invoice(state, desk, invoice_id, count, batched=batched, member_id=COORDINATOR)

    def arm(self, name: str, system: str = "xero", **fields: Any) -> None:
        """Plan a fault by name."""
        self.sandbox.world.faults.add(Fault(name=name, system=system, **fields))

    # --- what the vendors hold --------------------------------------------------------------------------------------

    def invoice(self, invoice_id: int) -> dict[str, Any]:
        """The invoice as ConnectWise has it now."""
        row: dict[str, Any] = self.psa.state.tables["invoices"][invoice_id]
        return row

    def batch_name(self, invoice_id: int) -> str | None:
        """The batch the invoice bears, if any."""
        mark = self.invoice(invoice_id).get("glBatch")
        return None if mark is None else str(mark["name"])

    def batches(self) -> list[str]:
        """The names of all batches in ConnectWise."""
        return [str(row["batchIdentifier"]) for row in self.psa.state.tables["batches"].values()]

    def documents(self, number: str | None = None) -> list[dict[str, Any]]:
        """Ledger documents that are neither voided nor deleted, those with `number` or all."""
        books = self.ledger.collections
        rows = [(row, row["InvoiceNumber"]) for row in books["invoices"]]
        rows += [(row, row["CreditNoteNumber"]) for row in books["credit_notes"]]
        live = [(row, own) for row, own in rows if row["Status"] not in {"VOIDED", "DELETED"}]
        return [row for row, own in live if number in {None, own}]

    def journal(self, system: str, method: str, path_end: str, since: int = 0) -> list[Entry]:
        """Exchanges on the wire by the end of their path."""
        return [
            one
            for one in self.sandbox.world.journal.entries(system, method, since_seq=since)
            if one.path.rstrip("/").endswith(path_end)
        ]

    def writes(self) -> list[Entry]:
        """Every call that could have changed a vendor's books: ledger documents and contacts, and batches."""
        xero = [
            one
            for method in ("PUT", "POST")
            for one in self.sandbox.world.journal.entries("xero", method)
            if "/api.xro/" in one.path
        ]
        return xero + self.journal("connectwise", "POST", "/finance/accounting/batches")

    def audit(self, aside: Collection[str] = ()) -> AuditReport:
        """The outsider's check over the invoices that are closed now: of what crossed the wire, and of the books as they are now.

        `aside` are bills and batches that somebody else checks.
        """
        state = self.psa.state
        inside = self.sandbox.world
        records = [one for one in inside.scenario.expected if one.invoice_id in state.closed_at]
        entries = [*inside.journal.entries(since_seq=inside.seeded_at), *last_look(inside)]
        return audit(records, entries, list(state.tables["invoices"].values()), aside)

    def books_are_clean(self, aside: Collection[str] = ()) -> None:
        """Every closed invoice in the ledger once, to the cent, batched once after it: by the journal and by the books."""
        report = self.audit(aside)
        assert report.clean, report.findings
        twice = {name: n for name, n in Counter(number_of(row) for row in self.documents()).items() if n > 1}
        assert not twice, twice
        names = [name for name in self.batches() if name not in aside]
        assert len(names) == len(set(names)) == report.counts.batched


def number_of(row: Mapping[str, Any]) -> str:
    """The number of a document of the ledger, as people know it."""
    return str(row.get("InvoiceNumber") or row.get("CreditNoteNumber"))
