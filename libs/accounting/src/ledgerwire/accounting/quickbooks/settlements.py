"""What has settled invoices and credit memos: cash, and parts of credit memos (M18).

A payment holds the money received, the invoices it is applied to and the credit memos it uses up, without saying which
credit went to which invoice. Credits are taken as applied first, in the order of the lines; what is left of each invoice's
part is cash, as far as money came: what no money covers is another credit, such as a journal's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from ledgerwire.accounting.port import CreditApplied, Settlement
from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.accounting.quickbooks.documents import found_document
from ledgerwire.accounting.quickbooks.errors import unreadable
from ledgerwire.accounting.quickbooks.query import any_of
from ledgerwire.accounting.quickbooks.wire import amount, calendar_date, group, needed
from ledgerwire.accounting.wire import Json, UnreadableError, rows, text
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import ZERO, total

_KINDS = {"Invoice": DocumentKind.SALES_INVOICE, "CreditMemo": DocumentKind.CREDIT_NOTE}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of one payment on one invoice: cash, a credit memo's, or another credit's; or a refund of a credit memo.

    Cash has neither a `credit_id` nor is it `named`; a credit that is no credit memo is `named`.
    """

    payment_id: str
    paid_on: date
    invoice_id: str
    credit_id: str
    amount: Decimal
    named: str = ""


@dataclass(slots=True)
class _Read:
    """Rows by id; `told` are the documents whose payments have all been read, None for every one."""

    documents: dict[str, dict[str, Json]] = field(default_factory=lambda: {name: {} for name in _KINDS})
    payments: dict[str, Json] = field(default_factory=dict)
    told: set[tuple[str, str]] | None = None


async def read_settlements(
    client: QuickBooksClient, changed_since: datetime | None, home: str
) -> tuple[Settlement, ...]:
    """Every invoice and credit memo whose settlement may have changed since then; all that are live for None.

    A payment that was deleted or voided names nothing any more; the documents it settled carry the change.
    Raises Waiting, Transient or Stopped as any read.
    """
    read = await (_read_all(client) if changed_since is None else _read_changed(client, changed_since))
    try:
        found = tuple(_settlements(read, home))
    except UnreadableError as error:
        unreadable(str(error), write=False)
    return found if changed_since is not None else tuple(item for item in found if item.live)


def shares(payment: Json) -> tuple[Share, ...]:
    """How a payment's money and credits fall on its invoices. Raises UnreadableError for an amount that is none."""
    dated = calendar_date(payment, "TxnDate")
    if dated is None:
        raise UnreadableError("TxnDate of a payment is missing")
    payment_id = needed(payment, "Id")
    parts = [(kind, row_id, value) for kind, row_id, value in linked(payment) if value]
    unused = {row_id: value for kind, row_id, value in parts if kind == "CreditMemo"}
    other, named = _other_credit(payment, parts)
    found: list[Share] = []
    # Invoices first: what is left of a credit went back as money, through a check or an expense.
    owed = sorted((part for part in parts if part[0] != "CreditMemo"), key=lambda part: part[0] != "Invoice")
    for kind, row_id, value in owed:
        left = value
        invoice_id = row_id if kind == "Invoice" else ""
        for credit_id, rest in unused.items():
            used = min(left, rest)
            if used > ZERO:
                found.append(Share(payment_id, dated, invoice_id, credit_id, used))
                unused[credit_id] = rest - used
                left -= used
        if invoice_id:
            by_other = min(left, other)
            other -= by_other
            rests = ((by_other, named), (left - by_other, ""))
            found += [Share(payment_id, dated, invoice_id, "", rest, name) for rest, name in rests if rest > ZERO]
    return tuple(found)


def _other_credit(payment: Json, parts: Sequence[tuple[str, str, Decimal]]) -> tuple[Decimal, str]:
    """What neither the payment's money nor its credit memos cover of its invoices, and what a person knows it by."""
    invoices = total(value for kind, _, value in parts if kind == "Invoice")
    memos = total(value for kind, _, value in parts if kind == "CreditMemo")
    money = amount(payment, "TotalAmt") - amount(payment, "UnappliedAmt")
    names = [f"{kind} with id {row_id}" for kind, row_id, _ in parts if kind not in _KINDS]
    return max(invoices - memos - money, ZERO), ", ".join(names) or f"Payment with id {needed(payment, 'Id')}"


def linked(payment: Json) -> Iterable[tuple[str, str, Decimal]]:
    """(entity, id, amount) of what a payment is applied to."""
    for line in rows(payment, "Line"):
        for link in rows(line, "LinkedTxn"):
            yield text(link, "TxnType") or "", text(link, "TxnId") or "", amount(line, "Amount")


async def _read_all(client: QuickBooksClient) -> _Read:
    read = _Read()
    for name, found in read.documents.items():
        found |= {needed(row, "Id"): row async for row in client.select(name)}
    read.payments |= {needed(row, "Id"): row async for row in client.select("Payment")}
    return read


async def _read_changed(client: QuickBooksClient, since: datetime) -> _Read:
    """What changed, all payments on it, and the numbers of what these payments name besides."""
    read = _Read()
    changed = f"MetaData.LastUpdatedTime >= '{since.astimezone(UTC).isoformat(timespec='seconds')}'"
    read.payments |= {needed(row, "Id"): row async for row in client.select("Payment", changed)}
    for name, found in read.documents.items():
        found |= {needed(row, "Id"): row async for row in client.select(name, changed)}
        await _fetch(client, name, _named(read, name), found)
    read.told = {(name, row_id) for name, found in read.documents.items() for row_id in found}
    links = (link for found in read.documents.values() for row in found.values() for link in rows(row, "LinkedTxn"))
    payments = {text(link, "TxnId") or "" for link in links if text(link, "TxnType") == "Payment"}
    await _fetch(client, "Payment", payments, read.payments)
    for name, found in read.documents.items():
        await _fetch(client, name, _named(read, name), found)
    return read


def _named(read: _Read, entity: str) -> set[str]:
    return {row_id for payment in read.payments.values() for kind, row_id, _ in linked(payment) if kind == entity}


async def _fetch(client: QuickBooksClient, entity: str, ids: set[str], found: dict[str, Json]) -> None:
    for condition in any_of("Id", sorted(ids - found.keys())):
        found |= {needed(row, "Id"): row async for row in client.select(entity, condition)}


def _settlements(read: _Read, home: str) -> Iterable[Settlement]:
    parts = [share for payment in read.payments.values() for share in shares(payment)]
    numbers = {
        (name, row_id): text(row, "DocNumber") or ""
        for name, found in read.documents.items()
        for row_id, row in found.items()
    }
    for name, found in read.documents.items():
        own = "invoice_id" if name == "Invoice" else "credit_id"
        by_document: dict[str, list[Share]] = {}
        for share in parts:
            by_document.setdefault(getattr(share, own), []).append(share)
        for row_id, row in found.items():
            if read.told is not None and (name, row_id) not in read.told:
                continue
            yield _settlement(_KINDS[name], row, by_document.get(row_id, ()), numbers, home)


def _settlement(
    kind: DocumentKind, row: Json, parts: Sequence[Share], numbers: dict[tuple[str, str], str], home: str
) -> Settlement:
    document = found_document(kind, row, text(row, "DocNumber") or "", home)
    invoice = kind is DocumentKind.SALES_INVOICE
    credited = [share for share in parts if share.named or (share.credit_id and share.invoice_id)]
    cash = [share for share in parts if share not in credited]
    return Settlement(
        ledger_id=document.ledger_id,
        kind=kind,
        number=document.number,
        contact_id=document.contact_id,
        currency=document.currency,
        total=document.total,
        balance=document.total - document.paid if document.live else ZERO,
        cash=total(share.amount for share in cash) + (amount(row, "Deposit") if invoice else ZERO),
        credits=tuple(
            CreditApplied(
                credit_id=share.credit_id,
                credit_number=share.named or numbers.get(("CreditMemo", share.credit_id), ""),
                invoice_id=share.invoice_id,
                invoice_number=numbers.get(("Invoice", share.invoice_id), ""),
                amount=share.amount,
                applied_on=share.paid_on,
                allocation_id=share.payment_id,
            )
            for share in credited
        ),
        paid_on=max((share.paid_on for share in cash), default=None),
        live=document.live,
        changed_at=_changed_at(row),
        reference=text(row, "PrivateNote"),
    )


def _changed_at(row: Json) -> datetime | None:
    """When QuickBooks says it changed last. Raises UnreadableError when that is no moment."""
    spelled = text(group(row, "MetaData"), "LastUpdatedTime")
    if spelled is None:
        return None
    try:
        moment = datetime.fromisoformat(spelled)
    except ValueError as error:
        raise UnreadableError("LastUpdatedTime is no moment") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
