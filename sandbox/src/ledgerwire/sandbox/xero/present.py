"""Rows as Xero shows them."""

from collections import defaultdict
from functools import cached_property
from typing import Any

from ledgerwire.sandbox.xero.books.kinds import CREDIT_NOTE, INVOICE, Kind
from ledgerwire.sandbox.xero.rules.rounding import Rounding
from ledgerwire.sandbox.xero.state import XeroState
from ledgerwire.sandbox.xero.wire import Json, iso_midnight, iso_seconds

_CONTACT_LISTS = ("ContactGroups", "ContactPersons", "Addresses", "Phones")


class Presenter:
    """Shows rows of one answer; unit prices at the decimals the call asked for, on reads too."""

    def __init__(self, state: XeroState, rounding: Rounding) -> None:
        self._state = state
        self._rounding = rounding

    def document(self, kind: Kind, row: Json, *, lines: bool = True) -> Json:
        """An invoice, bill or credit note; without lines as in a list that is not paged."""
        shown: Json = {
            "Type": row["Type"],
            kind.id_field: row[kind.id_field],
            kind.number_field: row[kind.number_field] or "",
            "Reference": row["Reference"],
        }
        shown |= self._movements(kind, row)
        shown |= {key: row[key] for key in ("Url", "BrandingThemeID", "RoundingAmount") if row.get(key) is not None}
        shown |= {
            "CurrencyRate": row["CurrencyRate"],
            "HasAttachments": False,
            "HasErrors": False,
            "SentToContact": bool(row.get("SentToContact")),
            "Contact": self._contact_block(row["Contact"]["ContactID"]),
        }
        for field in ("Date", "DueDate"):
            if row.get(field):
                shown |= {f"{field}String": iso_midnight(row[field]), field: row[field]}
        shown |= {
            **self._discounted(kind, row),
            "Status": row["Status"],
            "LineAmountTypes": row["LineAmountTypes"],
            "LineItems": [self._line(line) for line in row["LineItems"]] if lines else [],
            "SubTotal": row["SubTotal"],
            "TotalTax": row["TotalTax"],
            "Total": row["Total"],
            "CurrencyCode": row["CurrencyCode"],
        }
        if "FullyPaidOnDate" in row:
            shown["FullyPaidOnDate"] = row["FullyPaidOnDate"]
        return shown | _updated(row)

    def payment(self, row: Json) -> Json:
        """A payment with the document it pays."""
        kind = INVOICE if "InvoiceID" in row else CREDIT_NOTE
        document: Any = kind.rows(self._state).get(row[kind.id_field])
        account: Any = self._state.accounts.get(row["AccountID"])
        shown = {key: value for key, value in row.items() if key not in {"AccountID", kind.id_field, "UpdatedDateUTC"}}
        shown["Account"] = {"AccountID": account["AccountID"], "Code": account.get("Code"), "Name": account["Name"]}
        shown["Invoice" if kind is INVOICE else "CreditNote"] = {
            "Type": document["Type"],
            kind.id_field: document[kind.id_field],
            kind.number_field: document[kind.number_field] or "",
            "Contact": self._contact_block(document["Contact"]["ContactID"]),
            "CurrencyCode": document["CurrencyCode"],
        }
        return shown | {"HasAccount": True, "HasValidationErrors": False} | _updated(row)

    def allocation(self, row: Json) -> Json:
        """A credit applied to an invoice."""
        invoice: Any = self._state.invoices.get(row["InvoiceID"])
        return {
            "AllocationID": row["AllocationID"],
            "Amount": row["Amount"],
            "Date": row["Date"],
            "Invoice": {"InvoiceID": invoice["InvoiceID"], "InvoiceNumber": invoice["InvoiceNumber"] or ""},
            "IsDeleted": row["IsDeleted"],
        }

    def journal(self, row: Json, *, lines: bool = True) -> Json:
        """A manual journal; without lines as in a list that is not paged."""
        shown = {key: value for key, value in row.items() if value is not None and key != "JournalLines"}
        return shown | {"HasAttachments": False} | ({"JournalLines": row["JournalLines"]} if lines else {})

    def contact(self, row: Json) -> Json:
        """A contact with every list present, empty or not."""
        lists: Json = {key: row.get(key) or [] for key in _CONTACT_LISTS}
        flags = {"IsSupplier": bool(row.get("IsSupplier")), "IsCustomer": bool(row.get("IsCustomer"))}
        shown = {key: value for key, value in row.items() if value is not None}
        return {**shown, **lists, **flags, "HasAttachments": False, "HasValidationErrors": False}

    def _movements(self, kind: Kind, row: Json) -> Json:
        row_id = row[kind.id_field]
        payments = [
            {"PaymentID": payment["PaymentID"], "Date": payment["Date"], "Amount": payment["Amount"]}
            for payment in self._payments[row_id]
        ]
        allocations = [self.allocation(allocation) for allocation in self._allocations[row_id]]
        if kind is CREDIT_NOTE:
            return {
                "Payments": payments,
                "Allocations": allocations,
                "RemainingCredit": row["RemainingCredit"],
                "AppliedAmount": row["AmountCredited"],
            }
        return {
            "Payments": payments,
            "CreditNotes": [self._applied(one) for one in self._allocations[row_id] if "CreditNoteID" in one],
            "Prepayments": self._advances("Prepayment", row_id),
            "Overpayments": self._advances("Overpayment", row_id),
            "AmountDue": row["AmountDue"],
            "AmountPaid": row["AmountPaid"],
            "AmountCredited": row["AmountCredited"],
        }

    def _discounted(self, kind: Kind, row: Json) -> Json:
        if kind is CREDIT_NOTE:
            return {}
        return {
            "IsDiscounted": any(line.get("DiscountRate") or line.get("DiscountAmount") for line in row["LineItems"])
        }

    def _applied(self, allocation: Json) -> Json:
        note: Any = self._state.credit_notes.get(allocation["CreditNoteID"])
        return {
            "CreditNoteID": note["CreditNoteID"],
            "CreditNoteNumber": note["CreditNoteNumber"] or "",
            "AppliedAmount": allocation["Amount"],
            "Date": allocation["Date"],
        }

    def _advances(self, name: str, invoice_id: str) -> list[Json]:
        """Money that came before the invoice, as far as it is applied to it."""
        field = f"{name}ID"
        return [
            {field: one[field], "AppliedAmount": one["Amount"], "Date": one["Date"], "LineItems": []}
            for one in self._allocations[invoice_id]
            if field in one
        ]

    def _line(self, line: Json) -> Json:
        return {**line, "UnitAmount": self._rounding.unit(line["UnitAmount"])}

    def _contact_block(self, contact_id: str) -> Json:
        contact: Any = self._state.contacts.get(contact_id)
        block: Json = {"ContactID": contact["ContactID"], "Name": contact["Name"]}
        if contact.get("ContactNumber"):
            block["ContactNumber"] = contact["ContactNumber"]
        lists: Json = {key: [] for key in _CONTACT_LISTS}
        return block | lists | {"HasValidationErrors": False}

    @cached_property
    def _payments(self) -> defaultdict[str, list[Json]]:
        found: defaultdict[str, list[Json]] = defaultdict(list)
        for payment in self._state.payments:
            if payment["Status"] == "AUTHORISED":
                found[payment.get("InvoiceID") or payment["CreditNoteID"]].append(payment)
        return found

    @cached_property
    def _allocations(self) -> defaultdict[str, list[Json]]:
        found: defaultdict[str, list[Json]] = defaultdict(list)
        for allocation in self._state.allocations:
            if not allocation["IsDeleted"]:
                found[allocation["InvoiceID"]].append(allocation)
                if "CreditNoteID" in allocation:
                    found[allocation["CreditNoteID"]].append(allocation)
        return found


def _updated(row: Json) -> Json:
    return {"UpdatedDateUTC": row["UpdatedDateUTC"], "UpdatedDateUTCString": iso_seconds(row["UpdatedDateUTC"])}
