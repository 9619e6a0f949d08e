"""ConnectWise entities as this client reads them: every field optional, money exact, dates calendar dates."""

from ledgerwire.connectwise.models.base import (
    CurrencyReference,
    Entity,
    Info,
    Reference,
    StatusReference,
    psa_date,
    psa_moment,
)
from ledgerwire.connectwise.models.callbacks import (
    Callback,
    CallbackMessage,
    CallbackMetadata,
    CompanyInfo,
    SystemInfo,
)
from ledgerwire.connectwise.models.companies import CommunicationItem, Company, Contact
from ledgerwire.connectwise.models.exports import (
    Batch,
    Export,
    ExportDetail,
    ExportLineTaxLevel,
    ExportTaxLevel,
    ExportTransaction,
    GlEntry,
    Item,
)
from ledgerwire.connectwise.models.invoices import Invoice, InvoiceMark, UnpostedInvoice
from ledgerwire.connectwise.models.setup import BillingStatus, BillingTerm, GlAccount, GlCaptions, Location, TaxCode

__all__ = [
    "Batch",
    "BillingStatus",
    "BillingTerm",
    "Callback",
    "CallbackMessage",
    "CallbackMetadata",
    "CommunicationItem",
    "Company",
    "CompanyInfo",
    "Contact",
    "CurrencyReference",
    "Entity",
    "Export",
    "ExportDetail",
    "ExportLineTaxLevel",
    "ExportTaxLevel",
    "ExportTransaction",
    "GlAccount",
    "GlCaptions",
    "GlEntry",
    "Info",
    "Invoice",
    "InvoiceMark",
    "Item",
    "Location",
    "Reference",
    "StatusReference",
    "SystemInfo",
    "TaxCode",
    "UnpostedInvoice",
    "psa_date",
    "psa_moment",
]
