"""The two families of documents with lines and a contact, and where they differ."""

from dataclasses import dataclass

from ledgerwire.sandbox.xero.collection import Collection
from ledgerwire.sandbox.xero.state import XeroState


@dataclass(frozen=True, slots=True)
class Kind:
    """Names and rules of one family."""

    plural: str
    noun: str
    collection: str
    id_field: str
    number_field: str
    sales_type: str
    purchase_type: str
    number_prefix: str
    number_taken: str

    @property
    def types(self) -> frozenset[str]:
        """The values of Type."""
        return frozenset({self.sales_type, self.purchase_type})

    def rows(self, state: XeroState) -> Collection:
        """Where documents of this kind are kept."""
        return state.collections[self.collection]


INVOICE = Kind(
    plural="Invoices",
    noun="Invoice",
    collection="invoices",
    id_field="InvoiceID",
    number_field="InvoiceNumber",
    sales_type="ACCREC",
    purchase_type="ACCPAY",
    number_prefix="INV-",
    number_taken="Invoice # must be unique.",
)
CREDIT_NOTE = Kind(
    plural="CreditNotes",
    noun="Credit note",
    collection="credit_notes",
    id_field="CreditNoteID",
    number_field="CreditNoteNumber",
    sales_type="ACCRECCREDIT",
    purchase_type="ACCPAYCREDIT",
    number_prefix="CN-",
    number_taken="Credit note # must be unique.",
)
