"""What the control API does with agreements: run the billing, read what was billed, change a role."""

from datetime import date
from typing import Any

from ledgerwire.sandbox.connectwise.agreements.billing import AgreementBilling
from ledgerwire.sandbox.connectwise.agreements.roles import set_customized, set_levels
from ledgerwire.sandbox.connectwise.invoices import InvoiceDesk
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row


def run_billing(
    state: ConnectWiseState,
    desk: InvoiceDesk,
    until: date,
    member_id: int,
    *,
    agreement_ids: list[int] | None,
    close: bool,
) -> list[Row]:
    """Invoice all agreements that are due by `until`, closing each invoice if asked; a summary of each."""
    made = AgreementBilling(state, desk).invoice_until(until, member_id, agreement_ids)
    if close:
        closed = next(row for row in state.tables["billing_statuses"].values() if row.get("closedFlag"))
        for row in made:
            desk.set_status(int(row["id"]), {"id": closed["id"]}, member_id)
    return [summary(state, row) for row in made]


def summary(state: ConnectWiseState, invoice: Row) -> Row:
    """An invoice in short with its lines."""
    number = int(invoice["id"])
    return {
        "id": number,
        "invoice_number": invoice["invoiceNumber"],
        "agreement_id": invoice["agreement"]["id"],
        "company_id": invoice["company"]["id"],
        "date": str(invoice["date"])[:10],
        "subtotal": invoice["subtotal"],
        "sales_tax": invoice["salesTax"],
        "total": invoice["total"],
        "lines": [
            {"kind": line.kind, "item": line.item_identifier, "description": line.description, "total": line.total,
             "quantity": line.quantity, "price": line.price}
            for line in state.invoice_lines[number]
        ],
    }  # fmt: skip


def billed_rows(state: ConnectWiseState) -> list[Row]:
    """Every charge that agreement invoices made, by addition."""
    return [
        {
            "invoice_id": billed.invoice_id,
            "agreement_id": billed.agreement_id,
            "addition_id": billed.charge.addition_id,
            "product": state.tables["additions"].get(billed.charge.addition_id, {}).get("product"),
            "quantity": billed.charge.quantity,
            "first": billed.charge.stretch.first,
            "last": billed.charge.stretch.last,
            "factor": billed.charge.factor,
            "amount": billed.charge.amount,
            "cost": billed.charge.cost,
        }
        for history in state.billed.values()
        for billed in history
    ]


def change_role(state: ConnectWiseState, body: dict[str, Any]) -> dict[str, Any]:
    """`{"role", "function", "levels": {…}}` and/or `{"role", "function", "allow": [names] or null}`.

    Raises ValueError for an unknown function or level.
    """
    role, function = int(body.get("role", 2)), str(body.get("function", ""))
    try:
        row = set_levels(state, role, function, body.get("levels") or {})
    except KeyError as error:
        raise ValueError(f"the role has no function {error}") from error
    if "allow" in body:
        set_customized(state, role, function, body["allow"])
    return row
