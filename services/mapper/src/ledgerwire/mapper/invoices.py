"""Invoices in hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ledgerwire.common.catalogue import Finding
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import reading
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings, compose
from ledgerwire.mapper.domain.model import MappingInput
from ledgerwire.mapper.reads import GroupReads
from ledgerwire.mapper.records import StoredRecord
from ledgerwire.mapper.subjects import ContactKey


@dataclass(frozen=True, slots=True)
class InvoiceSubject:
    """One invoice with the reads of its group."""

    invoice: psa.Invoice
    reads: GroupReads

    @property
    def _company(self) -> psa.Reference | None:
        return self.invoice.bill_to_company or self.invoice.company

    @property
    def _currency(self) -> str | None:
        return self.invoice.currency.iso_code if self.invoice.currency else None

    @property
    def location_id(self) -> int | None:
        return reading.location_id(self.invoice)

    @property
    def location_name(self) -> str:
        name = self.invoice.location.name if self.invoice.location else None
        return name or str(self.location_id or "none")

    @property
    def dated(self) -> date | None:
        return self.invoice.date

    @property
    def to_map(self) -> bool:
        return self.invoice.id in self.reads.unposted or self.invoice.id in self.reads.rebatched

    def contact_keys(self, _settings: Settings | None) -> tuple[ContactKey, ...]:
        return (ContactKey(str(self._company.id) if self._company else "", self._currency),)

    def described(self, record: StoredRecord) -> StoredRecord:
        invoice, company = self.invoice, self._company
        unposted = self.reads.unposted.get(invoice.id)
        due = invoice.due_date
        shown = {"tax": str(invoice.sales_tax or reading.ZERO), "due_date": due.isoformat() if due else ""}
        return replace(
            record,
            number=(invoice.invoice_number or "").strip() or record.number,
            customer=(company.name or company.identifier) if company else record.customer,
            invoice_type=invoice.type or record.invoice_type,
            record_date=invoice.date or record.record_date,
            total=invoice.total if invoice.total is not None else record.total,
            currency=self._currency if invoice.currency else record.currency,
            unposted_id=unposted.id if unposted else record.unposted_id,
            closed_at=unposted.date_closed if unposted else record.closed_at,
            particulars={**record.particulars, **shown},
        )

    def compose(self, ledger: LedgerReads, settings: Settings, earlier: Earlier) -> MappingInput:
        return compose(self.reads, self.invoice, ledger, settings, earlier)

    def unreadable(self, ledger: str, field: str) -> Finding:
        company = self._company
        params = {
            "number": self.invoice.invoice_number or f"invoice {self.invoice.id}",
            "customer": (company.name or company.identifier or "") if company else "",
            "ledger": ledger,
            "field": field,
        }
        return Finding("INVOICE_UNREADABLE", params)
