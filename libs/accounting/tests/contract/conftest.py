"""The worlds in which the contract of the ledger port is checked: one per adapter.

A new adapter adds its world here (a `World` and a fixture `<name>_world`) and must pass every test of this folder
unchanged. Where packages differ, a test asks `ledger.limits` or `reference_data().rules`, never which package it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from ledgerwire.accounting.port import Ledger, Prepared
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, Tracking
from ledgerwire.sandbox.quickbooks.books.desk import Desk as QuickBooksDesk
from ledgerwire.sandbox.quickbooks.books.writing import delete, save, void
from ledgerwire.sandbox.quickbooks.kinds import KINDS
from ledgerwire.sandbox.xero.books.desk import Desk
from ledgerwire.sandbox.xero.books.money_movements import pay, undo_payment

SALES = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE})


@dataclass(frozen=True)
class Names:
    """What the accounts and rates of the examples are called in this ledger, and the keys of its tax rates.

    `archived` is a cost account, `no_journal` one that takes no journals, `unfit_tax` a rate that the sales account
    refuses; `sales_tax` and `purchase_tax` are 10 %, `fifteen` is 15 % on sales, `no_tax` fits every account.
    """

    sales: str
    cost: str
    stock: str
    archived: str
    no_journal: str
    rounding: str
    sales_tax: str
    purchase_tax: str
    fifteen: str
    no_tax: str
    unfit_tax: str
    tracking: Tracking


class World(ABC):
    """A connected ledger of one package, and what its people and its network do to it."""

    ledger: Ledger
    names: Names
    foreign = "USD"
    unknown_id: str
    locked_day = date(2026, 1, 31)

    def __init__(self, document: Callable[..., LedgerDocument], line: Callable[..., DocumentLine]) -> None:
        self._document = document
        self._line = line

    # --- examples

    def line(self, net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
        """A sales line as this ledger takes it."""
        return self._line(net, tax, **{"account_code": self.names.sales, "tax_type": self.names.sales_tax, **changes})

    def cost_line(self, net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
        """A line of a bill or supplier credit."""
        named = {"account_code": self.names.cost, "tax_type": self.names.purchase_tax}
        return self._line(net, tax, **{**named, **changes})

    def journal_line(self, net: str, account: str, **changes: Any) -> DocumentLine:
        """A debit, or with a negative amount a credit."""
        return self._line(net, "0.00", **{"account_code": account, "tax_type": self.names.no_tax, **changes})

    def lines(self, kind: DocumentKind) -> tuple[DocumentLine, ...]:
        """The lines of the usual example of a kind: 100.00 and, where there is tax, 10.00 of it."""
        if kind is DocumentKind.JOURNAL:
            return (self.journal_line("100.00", self.names.cost), self.journal_line("-100.00", self.names.stock))
        return (self.line() if kind in SALES else self.cost_line(),)

    def document(self, number: str, *lines: DocumentLine, **changes: Any) -> LedgerDocument:
        """A document that adds up, a sales invoice unless `kind` says otherwise."""
        kind = changes.get("kind", DocumentKind.SALES_INVOICE)
        rows = lines or self.lines(kind)
        if kind is DocumentKind.JOURNAL:
            debits = sum((line.net for line in rows if line.net > 0), Decimal("0.00"))
            changes = {"contact": None, "net": debits, "tax": Decimal(0), "total": debits, **changes}
        return self._document(number, *rows, **changes)

    def prepared(
        self, kind: DocumentKind, number: str, *lines: DocumentLine, ledger_id: str | None = None, **changes: Any
    ) -> Prepared:
        """A document of a kind with the usual contact of that kind."""
        return Prepared(self.document(number, *lines, kind=kind, **changes), self.contact_of(kind), ledger_id)

    # --- what stands in the ledger

    @abstractmethod
    def contact_of(self, kind: DocumentKind, which: str = "usual") -> str:
        """Id of a contact for documents of a kind: "usual", "other", "archived" or "foreign"; "" for a journal."""

    @abstractmethod
    def live_count(self, number: str) -> int:
        """How many documents of any kind with this number count in the books."""

    @abstractmethod
    def contact_count(self, external_number: str) -> int:
        """How many contacts carry this number."""

    # --- time, network and people

    @abstractmethod
    def now(self) -> datetime: ...

    @abstractmethod
    def elapse(self, time: timedelta) -> None: ...

    @abstractmethod
    def lose_next_answer(self) -> None:
        """The next write is done, its answer never arrives."""

    @abstractmethod
    def limit_next_write(self) -> timedelta | None:
        """The next write meets the rate limit; the wait that the provider names, None where it names none."""

    @abstractmethod
    def spoil_next_total(self) -> None:
        """The next document gets another total than its lines add up to."""

    @abstractmethod
    def lock(self, day: date) -> None:
        """The books are closed up to and including this day."""

    @abstractmethod
    def void(self, kind: DocumentKind, ledger_id: str) -> None:
        """A person voids a document in the ledger's own screens."""

    @abstractmethod
    async def pay(self, amounts: Mapping[str, str]) -> Any:
        """A customer pays sales invoices (id to amount), with one payment where the package has such payments."""

    @abstractmethod
    async def undo_payment(self, payment: Any) -> None:
        """A person takes a payment back."""


class XeroWorld(World):
    """Xero in the sandbox."""

    unknown_id = "00000000-0000-4000-8000-000000000404"
    names = Names(
        sales="200",
        cost="310",
        stock="600",
        archived="319",
        no_journal="630",
        rounding="860",
        sales_tax="OUTPUT",
        purchase_tax="INPUT",
        fifteen="TAX015",
        no_tax="NONE",
        unfit_tax="INPUT",
        tracking=Tracking("Location", "Perth"),
    )

    def __init__(self, server: Any, document: Callable[..., LedgerDocument], line: Callable[..., DocumentLine]) -> None:
        super().__init__(document, line)
        self._server = server
        self.ledger: Ledger = server.ledger

    def contact_of(self, kind: DocumentKind, which: str = "usual") -> str:
        if kind is DocumentKind.JOURNAL:
            return ""
        usual = "Harbour Dental" if kind in SALES else "Northwind Supply"
        other = "O'Neill Legal" if kind in SALES else "Southwind Supply"
        named = {"usual": usual, "other": other, "archived": "Gone & Co", "foreign": usual}
        return str(self._server.contact_id(named[which]))

    def live_count(self, number: str) -> int:
        state = self._server.state
        rows = [*state.invoices.by_key(number), *state.credit_notes.by_key(number)]
        rows += [row for row in state.manual_journals if str(row["Narration"]).split(":")[0] == number]
        return sum(row["Status"] not in {"VOIDED", "DELETED"} for row in rows)

    def contact_count(self, external_number: str) -> int:
        return sum(row.get("ContactNumber") == external_number for row in self._server.state.contacts)

    def now(self) -> datetime:
        moment: datetime = self._server.clock.now()
        return moment

    def elapse(self, time: timedelta) -> None:
        self._server.clock.advance(time)

    def lose_next_answer(self) -> None:
        self._server.arm("timeout_after_commit", method="PUT", params={"seconds": 0.05})

    def limit_next_write(self) -> timedelta:
        self._server.arm("429", method="PUT", params={"problem": "minute", "retry_after": 17})
        return timedelta(seconds=17)

    def spoil_next_total(self) -> None:
        self._server.arm("wrong_total")

    def lock(self, day: date) -> None:
        self._server.state.set_lock_dates(day)

    def void(self, kind: DocumentKind, ledger_id: str) -> None:
        collection = {DocumentKind.CREDIT_NOTE: "credit_notes", DocumentKind.SUPPLIER_CREDIT: "credit_notes"}
        changes = {"Status": "VOIDED", "UpdatedDateUTC": self.now()}
        self._server.state.amend(collection.get(kind, "invoices"), ledger_id, changes)

    async def pay(self, amounts: Mapping[str, str]) -> list[str]:
        made = []
        for ledger_id, amount in amounts.items():
            sent = {"Invoice": {"InvoiceID": ledger_id}, "Account": {"Code": "090"}, "Amount": Decimal(amount)}
            outcome = pay(self._desk(), {**sent, "Date": self.now().date().isoformat()})
            assert not outcome.problems
            made.append(str(outcome.row["PaymentID"]))
        return made

    async def undo_payment(self, payment: list[str]) -> None:
        for payment_id in payment:
            assert not undo_payment(self._desk(), payment_id, {"Status": "DELETED"}).problems

    def _desk(self) -> Desk:
        return Desk(self._server.state, self.now())


@pytest.fixture
async def xero_world(
    xero: Any, document: Callable[..., LedgerDocument], line: Callable[..., DocumentLine]
) -> XeroWorld:
    made = XeroWorld(xero, document, line)
    await made.ledger.reference_data()
    return made


class QuickBooksWorld(World):
    """QuickBooks Online in the sandbox."""

    unknown_id = "404404"
    names = Names(
        sales="200",
        cost="310",
        stock="600",
        archived="319",
        no_journal="610",
        rounding="860",
        sales_tax="GST on sales",
        purchase_tax="GST on costs",
        fifteen="Fifteen",
        no_tax="Free",
        unfit_tax="GST on costs",
        tracking=Tracking("Class", "Projects"),
    )
    _items: ClassVar = {"200": "MS-SERVER", "860": "ROUNDING"}
    _contacts: ClassVar = {
        "usual": ("61", "71"),
        "other": ("62", "72"),
        "archived": ("63", "73"),
        "foreign": ("64", "74"),
    }

    def __init__(self, server: Any, document: Callable[..., LedgerDocument], line: Callable[..., DocumentLine]) -> None:
        super().__init__(document, line)
        self._server = server
        self.ledger: Ledger = server.ledger

    def line(self, net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
        """A sales line: the item decides its account."""
        item = self._items.get(str(changes.get("account_code", self.names.sales)))
        return super().line(net, tax, **{"item_code": item, **changes})

    def contact_of(self, kind: DocumentKind, which: str = "usual") -> str:
        if kind is DocumentKind.JOURNAL:
            return ""
        customer, vendor = self._contacts[which]
        return str(customer if kind in SALES else vendor)

    def live_count(self, number: str) -> int:
        state = self._server.state
        held = [row for name in _ENTITIES.values() for row in state.all(name) if row.get("DocNumber") == number]
        return sum(not str(row.get("PrivateNote", "")).startswith("Voided") for row in held)

    def contact_count(self, external_number: str) -> int:
        state = self._server.state
        customers = sum(f" {external_number}]" in str(row.get("Notes", "")) for row in state.all("Customer"))
        return customers + sum(row.get("AcctNum") == external_number for row in state.all("Vendor"))

    def now(self) -> datetime:
        moment: datetime = self._server.clock.now()
        return moment

    def elapse(self, time: timedelta) -> None:
        self._server.clock.advance(time)

    def lose_next_answer(self) -> None:
        self._server.arm("timeout_after_commit", method="POST", params={"seconds": 0.05})

    def limit_next_write(self) -> None:
        self._server.arm("429", method="POST")

    def spoil_next_total(self) -> None:
        self._server.arm("wrong_total")

    def lock(self, day: date) -> None:
        prefs = {"AccountingInfoPrefs": {"BookCloseDate": day.isoformat()}}
        self._server.state.amend("Preferences", "1", prefs)

    def void(self, kind: DocumentKind, ledger_id: str) -> None:
        void(self._desk(), KINDS[_ENTITIES[kind]], self._identity(_ENTITIES[kind], ledger_id))

    async def pay(self, amounts: Mapping[str, str]) -> str:
        links = [
            {"Amount": amount, "LinkedTxn": [{"TxnId": ledger_id, "TxnType": "Invoice"}]}
            for ledger_id, amount in amounts.items()
        ]
        paid = sum((Decimal(amount) for amount in amounts.values()), Decimal(0))
        sent = {"CustomerRef": {"value": "61"}, "CurrencyRef": {"value": "AUD"}, "TotalAmt": str(paid), "Line": links}
        return str(save(self._desk(), KINDS["Payment"], sent)["Id"])

    async def undo_payment(self, payment: str) -> None:
        delete(self._desk(), KINDS["Payment"], self._identity("Payment", payment))

    def _identity(self, entity: str, row_id: str) -> dict[str, str]:
        return {"Id": row_id, "SyncToken": self._server.state.get(entity, row_id)["SyncToken"]}

    def _desk(self) -> QuickBooksDesk:
        return QuickBooksDesk(self._server.state, self.now())


_ENTITIES = {
    DocumentKind.SALES_INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "CreditMemo",
    DocumentKind.BILL: "Bill",
    DocumentKind.SUPPLIER_CREDIT: "VendorCredit",
    DocumentKind.JOURNAL: "JournalEntry",
}


@pytest.fixture
async def quickbooks_world(
    quickbooks: Any, document: Callable[..., LedgerDocument], line: Callable[..., DocumentLine]
) -> QuickBooksWorld:
    return QuickBooksWorld(quickbooks, document, line)


@pytest.fixture(params=["xero", "quickbooks"])
def world(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"{request.param}_world")
