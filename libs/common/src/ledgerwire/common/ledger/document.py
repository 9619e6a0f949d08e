"""The ledger document: what mapper decides and poster writes. Shapes only; no rule lives here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class DocumentKind(StrEnum):
    """The kinds of ledger document, named as the field names them.

    bill, supplier_credit: what is owed to (or owed back by) a supplier or an employee. journal: debits and credits only.
    """

    SALES_INVOICE = "sales_invoice"
    CREDIT_NOTE = "credit_note"
    BILL = "bill"
    SUPPLIER_CREDIT = "supplier_credit"
    JOURNAL = "journal"


SALES = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE})


class ContactRole(StrEnum):
    """As what a contact stands on a document; an employee who is paid back is a supplier."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"


class LineRole(StrEnum):
    """Why a line is there: sold (or released) by ConnectWise, or added to tie the totals."""

    SALE = "sale"
    ROUNDING = "rounding"
    ADJUSTMENT = "adjustment"


class ContactPolicy(StrEnum):
    """What to do with a bill-to company that is not linked to a ledger contact yet."""

    LINK = "link"
    CREATE = "create"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Tracking:
    """One tracking category and the option chosen in it, by their ledger names."""

    category: str
    option: str


@dataclass(frozen=True, slots=True)
class ContactDecision:
    """Which company is billed (M13) and what the mapper decided; never a ledger id unless linked by a person or match.

    Attributes:
        company_key: key of the contact link: the ConnectWise company id as text for a customer, `supplier:<company id>` or
            `member:<member id>` for a supplier; with `:<currency>` behind it where the ledger gives a contact one currency
            and the document has another than the base currency (M15).
        decision: "linked" (a link row exists), "link" (use `candidate_id`), "create".
        candidate_id: the ledger contact to link to when the decision is "link".
    """

    company_key: str
    company_name: str
    decision: str
    candidate_id: str | None = None
    account_number: str | None = None
    email: str | None = None
    role: ContactRole = ContactRole.CUSTOMER
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One document line. Signs are the document's own: positive adds to its total; in a journal positive is a debit.

    Attributes:
        net: line amount without tax, 2 decimals; what the ledger must show.
        quantity, unit_amount: quantity x unit_amount rounds to `net`.
        tax_amount: tax of this line, 2 decimals; `tax_override` when it differs from what the ledger would compute.
        item_code: the Non-Product ID or product code the ledger knows, None where the line has none.
        source_ids: GL entry ids of the export rows this line came from.
        decision: indices into the trace's decisions that explain the line.
    """

    description: str
    quantity: Decimal
    unit_amount: Decimal
    net: Decimal
    account_code: str
    tax_type: str
    tax_amount: Decimal
    role: LineRole = LineRole.SALE
    item_code: str | None = None
    tax_override: bool = False
    tracking: tuple[Tracking, ...] = ()
    source_ids: tuple[int, ...] = ()
    decisions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item that must exist before the document is sent; made once, never a tracked one (M10).

    `revenue_account` is the code of its income account.
    """

    code: str
    name: str
    revenue_account: str


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """One complete document for the ledger; net + tax = total, to the cent.

    Attributes:
        contact: None for a journal, and for a journal only.
        net, tax, total: in a journal the sum of its debits, 0 and the sum of its debits; its lines add up to 0.
        terms: name of the payment terms in the ledger, where the cross-reference gives one.
        currency_rate: units of base currency for one of `currency`, where a table decides it (M15); None = the ledger's own.
        new_items: items its lines name that the ledger does not have yet.
    """

    kind: DocumentKind
    number: str
    contact: ContactDecision | None
    document_date: date
    due_date: date
    currency: str
    lines: tuple[DocumentLine, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    reference: str | None = None
    draft: bool = False
    terms: str | None = None
    currency_rate: Decimal | None = None
    new_items: tuple[NewItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A ledger contact as the contact guard sees it. `currency` is the only one it may have, None where it has any."""

    contact_id: str
    name: str
    active: bool = True
    email: str | None = None
    external_number: str | None = None
    account_number: str | None = None
    currency: str | None = None
