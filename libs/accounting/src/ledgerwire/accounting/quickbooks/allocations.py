"""Credit memos applied to invoices: a payment over 0.00 that links both (M18)."""

from __future__ import annotations

from decimal import Decimal

from ledgerwire.accounting.port import CreditApplied
from ledgerwire.accounting.quickbooks.client import QuickBooksClient, request_id
from ledgerwire.accounting.quickbooks.errors import LEDGER
from ledgerwire.accounting.quickbooks.refusals import STALE, day_words, findings
from ledgerwire.accounting.quickbooks.settlements import linked
from ledgerwire.accounting.quickbooks.wire import amount, ref
from ledgerwire.accounting.wire import Json, rows, text
from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.money import ZERO

_TRIES = 2


async def allocate(client: QuickBooksClient, credit: CreditApplied, idempotency_key: str) -> None:
    """Apply a part of a credit memo to an invoice. Raises as `Ledger.allocate`."""
    invoice = await _open(client, "Invoice", credit.invoice_id, credit)
    await _open(client, "CreditMemo", credit.credit_id, credit)
    body: Json = {"CustomerRef": {"value": ref(invoice, "CustomerRef")}}
    if ref(invoice, "CurrencyRef"):
        body["CurrencyRef"] = {"value": ref(invoice, "CurrencyRef")}
    body |= {
        "TxnDate": credit.applied_on.isoformat(),
        "TotalAmt": ZERO,
        "PrivateNote": f"Credit {credit.credit_number} applied to {credit.invoice_number}",
        "Line": [
            _line("Invoice", credit.invoice_id, credit.amount),
            _line("CreditMemo", credit.credit_id, credit.amount),
        ],
    }
    answer = await client.write("/payment", wire_bytes(body), request_id(idempotency_key, "allocate"))
    if answer.problems:
        raise Stopped(findings(answer.problems, credit.invoice_number, _about(credit)))


async def deallocate(client: QuickBooksClient, credit: CreditApplied, idempotency_key: str) -> None:
    """Take a part of a credit memo off an invoice again; the money of the same payment stays where it is."""
    for attempt in range(_TRIES):
        payment = await client.read_one("Payment", credit.allocation_id)
        if payment is None or not _links_both(payment, credit):
            return
        body, parameters = _without(payment, credit)
        unique = request_id(idempotency_key, f"deallocate {attempt}")
        answer = await client.write("/payment", wire_bytes(body), unique, parameters)
        if not answer.problems:
            return
        if STALE not in answer.codes:
            break
    raise Stopped(findings(answer.problems, credit.invoice_number, _about(credit)))


def _about(credit: CreditApplied) -> dict[str, str]:
    return {"date": day_words(credit.applied_on), "amount": f"{credit.amount:,.2f}"}


async def _open(client: QuickBooksClient, entity: str, row_id: str, credit: CreditApplied) -> Json:
    row = await client.read_one(entity, row_id)
    number = credit.invoice_number if entity == "Invoice" else credit.credit_number
    if row is None:
        told = f"{entity} {row_id} is not there any more"
        raise Stopped([Finding("LEDGER_REFUSED", {"number": number, "ledger": LEDGER, "text": told})])
    left = amount(row, "Balance")
    if credit.amount > left:
        params = {"number": number, "ledger": LEDGER, "amount": f"{credit.amount:,.2f}", "balance": f"{left:,.2f}"}
        raise Stopped([Finding("PAYMENT_OVER_BALANCE", params)])
    return row


def _links_both(payment: Json, credit: CreditApplied) -> bool:
    found = {(kind, row_id) for kind, row_id, value in linked(payment) if value}
    return {("Invoice", credit.invoice_id), ("CreditMemo", credit.credit_id)} <= found


def _without(payment: Json, credit: CreditApplied) -> tuple[Json, dict[str, str]]:
    """The payment after the credit's part is off both sides; deleted where nothing is left of it."""
    named = {("Invoice", credit.invoice_id): credit.amount, ("CreditMemo", credit.credit_id): credit.amount}
    lines: list[Json] = []
    for line in rows(payment, "Line"):
        link = next(iter(rows(line, "LinkedTxn")), {})
        key = (text(link, "TxnType") or "", text(link, "TxnId") or "")
        left = amount(line, "Amount")
        off = min(named.get(key, ZERO), left)
        if key in named:
            named[key] -= off
        if left - off > ZERO:
            lines.append(_line(*key, left - off))
    identity = {"Id": text(payment, "Id"), "SyncToken": text(payment, "SyncToken") or "0"}
    if not lines and amount(payment, "TotalAmt") == ZERO:
        return identity, {"operation": "delete"}
    kept = ("CustomerRef", "CurrencyRef", "ExchangeRate", "TxnDate", "TotalAmt", "PaymentRefNum", "PrivateNote")
    also = ("DepositToAccountRef", "PaymentMethodRef")
    return identity | {name: payment[name] for name in (*kept, *also) if name in payment} | {"Line": lines}, {}


def _line(entity: str, row_id: str, value: Decimal) -> Json:
    return {"Amount": value, "LinkedTxn": [{"TxnId": row_id, "TxnType": entity}]}
