"""Which members of a request are objects, which are arrays; everything else is a plain value."""

from typing import Any

_OBJECTS = frozenset({
    "Account", "Balances", "BatchPayment", "BatchPayments", "BrandingTheme", "Contact", "CreditNote", "Invoice", "Item",
    "Overpayment", "PaymentTerms", "Prepayment", "PurchaseDetails", "SalesDetails",
})  # fmt: skip
_ARRAYS = frozenset({
    "Addresses", "Allocations", "Attachments", "ContactGroups", "ContactPersons", "CreditNotes", "InvoiceAddresses",
    "JournalLines", "LineItems", "Options", "Overpayments", "Payments", "Phones", "Prepayments",
    "PurchasesTrackingCategories", "SalesTrackingCategories", "TaxBreakdown", "TaxComponents", "Tracking",
    "ValidationErrors", "Warnings",
})  # fmt: skip
# Below these names nothing is read, whatever stands there.
_UNREAD = frozenset({"PaymentTerms", "Balances", "BatchPayments", "BrandingTheme", "TaxBreakdown"})


def misshapen(element: dict[str, Any]) -> str | None:
    """The first member whose value is of the wrong shape, by name; None when all can be read."""
    for name, value in element.items():
        if value is None:
            continue
        found = _misshapen_member(name, value)
        if found is not None:
            return found
    return None


def _misshapen_member(name: str, value: Any) -> str | None:
    if name in _OBJECTS:
        if not isinstance(value, dict):
            return name
        return None if name in _UNREAD else misshapen(value)
    if name in _ARRAYS:
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            return name
        wrong = (misshapen(row) for row in value)
        return None if name in _UNREAD else next((found for found in wrong if found), None)
    return name if isinstance(value, dict | list) else None
