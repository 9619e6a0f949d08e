"""Payment rows of invoices: money and applied credit memos, and what they leave open."""

from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.unposted import bill_to
from ledgerwire.sandbox.connectwise.wire import timestamp

ENTITY = "Payment"
CASH = "P"
WRITABLE = frozenset({"type", "amount", "paymentDate", "invoice", "credit"})
_CENT = Decimal("0.01")
_ZERO = Decimal("0.00")


class PaymentDesk:
    """The payments screen of an invoice; every change keeps the balances of invoice and credit memo."""

    def __init__(self, state: ConnectWiseState) -> None:
        self._state = state

    def rows(self, invoice_id: int) -> list[Row]:
        """The rows of an invoice. Raises ApiError 404 for an unknown one."""
        self._invoice(invoice_id)
        return [self._shown(row) for row in self._stored() if row["invoice"]["id"] == invoice_id]

    def row(self, invoice_id: int, payment_id: int) -> Row:
        """One row of an invoice. Raises ApiError 404."""
        self._invoice(invoice_id)
        row = self._state.tables["payments"].get(payment_id)
        if row is None or row["invoice"]["id"] != invoice_id:
            raise record_not_found(ENTITY, payment_id)
        return self._shown(row)

    def create(self, invoice_id: int, fields: Row, member_id: int) -> Row:
        """Add a row. Raises ApiError 400 for what the invoice, its balance or the credit memo does not allow."""
        invoice = self._invoice(invoice_id)
        given = {name: value for name, value in fields.items() if name in WRITABLE and value is not None}
        if not given.get("type"):
            raise invalid_field(ENTITY, "type", "The type field is required.", "MissingRequiredField")
        if (given.get("invoice") or {}).get("id", invoice_id) != invoice_id:
            raise invalid_field(ENTITY, "invoice", "The payment names another invoice.")
        credit = self._credit(invoice, given)
        amount = self._amount(given.get("amount"), invoice, credit, _ZERO)
        self._check_rows(invoice_id, credit)
        row = self._state.insert(
            "payments",
            {
                "type": given["type"],
                "source": "Default",
                "invoice": _reference(invoice),
                "credit": _reference(credit) if credit else None,
                "amount": amount,
                "paymentDate": given.get("paymentDate") or timestamp(self._state.clock.now()),
                "appliedBy": self._state.member_identifier(member_id),
                "paymentSyncStatus": "Unapplied",
            },
            member_id,
        )
        self._settle(invoice, credit, member_id)
        return self._shown(row)

    def change(self, invoice_id: int, payment_id: int, changes: Row, member_id: int) -> Row:
        """Change amount or date. Raises ApiError 404, 400 for a batched row or too much."""
        invoice, row = self._invoice(invoice_id), self._changeable(invoice_id, payment_id)
        credit = self._invoice(row["credit"]["id"]) if row.get("credit") else None
        if "amount" in changes:
            row["amount"] = self._amount(changes["amount"], invoice, credit, row["amount"])
        if changes.get("paymentDate"):
            row["paymentDate"] = changes["paymentDate"]
        self._state.saved("payments", payment_id, member_id)
        self._settle(invoice, credit, member_id)
        return self._shown(row)

    def delete(self, invoice_id: int, payment_id: int, member_id: int) -> None:
        """Take a row away. Raises ApiError 404, 400 for a batched row."""
        invoice, row = self._invoice(invoice_id), self._changeable(invoice_id, payment_id)
        credit = self._state.tables["invoices"].get(row["credit"]["id"]) if row.get("credit") else None
        self._state.delete("payments", payment_id, member_id)
        self._settle(invoice, credit, member_id)

    def unposted(self) -> list[Row]:
        """Rows of the unposted payments list: money that is in no batch."""
        names = ("id", "type", "source", "invoice", "amount", "paymentDate", "appliedBy", "paymentSyncStatus")
        return [
            {name: row.get(name) for name in names}
            for row in self._stored()
            if not row.get("glBatchID") and not row.get("credit")
        ]

    def _stored(self) -> list[Row]:
        return list(self._state.tables["payments"].values())

    def _invoice(self, invoice_id: int) -> Row:
        row = self._state.tables["invoices"].get(invoice_id)
        if row is None:
            raise record_not_found("Invoice", invoice_id)
        return row

    def _changeable(self, invoice_id: int, payment_id: int) -> Row:
        self.row(invoice_id, payment_id)
        row: Row = self._state.tables["payments"][payment_id]
        if row.get("glBatchID"):
            raise invalid_field(ENTITY, "id", "The payment is part of a batch and cannot be changed.")
        return row

    def _credit(self, invoice: Row, given: Row) -> Row | None:
        named = given.get("credit")
        if not named:
            return None
        credit = self._state.tables["invoices"].get(int(named.get("id", 0)))
        if credit is None or _total(credit) >= 0:
            raise invalid_field(ENTITY, "credit", "The credit is not a credit memo.")
        if bill_to(credit)["id"] != bill_to(invoice)["id"]:
            raise invalid_field(ENTITY, "credit", "The credit memo belongs to another company.")
        return credit

    def _amount(self, value: Any, invoice: Row, credit: Row | None, before: Decimal) -> Decimal:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            raise invalid_field(ENTITY, "amount", "The amount field is required.", "MissingRequiredField")
        amount = Decimal(value)
        if amount != amount.quantize(_CENT):
            raise invalid_field(ENTITY, "amount", "The amount has more than two decimals.")
        sign = -1 if _total(invoice) < 0 else 1
        if sign * amount < 0:
            raise invalid_field(ENTITY, "amount", "The amount has the wrong sign for this invoice.")
        if sign * amount > sign * (self._balance(invoice) + before):
            raise invalid_field(ENTITY, "amount", "The amount is more than the balance of the invoice.")
        if credit is not None and amount > -self._balance(credit) + before:
            raise invalid_field(ENTITY, "amount", "The amount is more than what is left of the credit memo.")
        return amount.quantize(_CENT)

    def _check_rows(self, invoice_id: int, credit: Row | None) -> None:
        """Which rows may stand beside each other on one invoice."""
        rule = self._state.switches.payment_rows
        others = [row for row in self._stored() if row["invoice"]["id"] == invoice_id]
        if rule == "one_of_money":
            others = [row for row in others if credit is None and not row.get("credit")]
        if rule != "many" and others:
            raise invalid_field(ENTITY, "invoice", "The invoice has a payment already.", "ObjectExists")

    def _settle(self, invoice: Row, credit: Row | None, member_id: int) -> None:
        for document in (invoice, credit):
            if document is not None:
                money, credits_ = self._settled(document)
                document |= {"payments": money, "credits": credits_, "balance": self._balance(document)}
                self._state.saved("invoices", int(document["id"]), member_id)

    def _settled(self, document: Row) -> tuple[Decimal, Decimal]:
        """Money and credits that settle a document; what a credit memo gave away counts against it."""
        number = document["id"]
        own = [row for row in self._stored() if row["invoice"]["id"] == number]
        money = sum((row["amount"] for row in own if not row.get("credit")), _ZERO)
        credits_ = sum((row["amount"] for row in own if row.get("credit")), _ZERO)
        given = sum((row["amount"] for row in self._stored() if (row.get("credit") or {}).get("id") == number), _ZERO)
        return money, credits_ - given

    def _balance(self, document: Row) -> Decimal:
        return _total(document) - sum(self._settled(document), _ZERO)

    def _shown(self, row: Row) -> Row:
        invoice = self._state.tables["invoices"].get(row["invoice"]["id"])
        if invoice is None:
            return row
        return {**row, "invoiceTotal": _total(invoice), "invoiceBalance": self._balance(invoice)}


def _total(invoice: Row) -> Decimal:
    return Decimal(invoice.get("total") or _ZERO)


def _reference(invoice: Row) -> Row:
    return {
        "id": invoice["id"],
        "identifier": invoice.get("invoiceNumber"),
        "billingType": invoice.get("type"),
        "invoiceDate": invoice.get("date"),
    }
