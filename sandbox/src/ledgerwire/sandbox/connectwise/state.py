"""The tenant's data: REST-shaped rows by table, invoice lines, and the GL entries frozen at close."""

import base64
import copy
import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledgerwire.sandbox.connectwise.agreements.setup import fill_in
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.gl_mapping import mapped_types
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, InterfaceRecord, Procurement, RecordKey
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.receipts import Receipt
from ledgerwire.sandbox.connectwise.security import accounting_role, customized_tables, seats_settings, security_roles
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, Transfer
from ledgerwire.sandbox.connectwise.switches import Switches
from ledgerwire.sandbox.connectwise.wire import timestamp
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.journal import Journal

if TYPE_CHECKING:
    from ledgerwire.sandbox.connectwise.agreements.charges import Billed

acting_member: ContextVar[int | None] = ContextVar("acting_member", default=None)
"""Set while a request is made by somebody else than the accounting integration: a person, or another API member."""

Row = dict[str, Any]
Table = dict[int, Row]

TABLES = (
    "companies", "company_types", "company_statuses", "contacts", "sites",
    "billing_statuses", "billing_terms", "tax_codes", "tax_code_levels", "tax_code_xrefs", "tax_xref_levels",
    "tax_integrations", "currencies",
    "gl_accounts", "gl_mapped_types", "gl_captions",
    "invoices", "batches", "accounting_packages", "accounting_package_setup", "payments",
    "locations", "departments", "members", "api_members", "my_security", "callbacks",
    "security_roles", "security_settings", "customize_items",
    "agreements", "agreement_types", "additions", "agreement_adjustments", "billing_cycles", "products",
    "categories", "subcategories", "product_types", "units_of_measure", "catalog",
    "warehouses", "warehouse_bins", "purchase_orders", "purchase_order_lines", "purchase_order_statuses",
    "adjustments", "adjustment_types",
    "expense_entries", "expense_reports", "expense_types", "payment_types", "classifications",
)  # fmt: skip
"""Every table. Rows are what the REST API shows; child rows carry `parentId`, which is never shown.

Children: `sites` (of a company; also `company`), `tax_code_levels` and `tax_code_xrefs` (of a tax code),
`tax_xref_levels` (of a cross-reference), `purchase_order_lines` (of a purchase order), `additions` and
`agreement_adjustments` (of an agreement), `security_settings` and `customize_items` (of a security role).
"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the one integration calls, and the API member it acts as."""

    company_id: str
    public_key: str
    private_key: str
    client_id: str
    member_id: int = 151
    member_identifier: str = "ledgerwire"

    @classmethod
    def derive(cls, seed: int, company_id: str = "harbourline") -> "Credentials":
        """Keys that are the same for the same seed and shaped like the real ones."""

        def key(purpose: str) -> str:
            return base64.b32encode(hashlib.sha256(f"{purpose}:{seed}".encode()).digest()).decode()[:16].lower()

        client_id = uuid.uuid5(uuid.NAMESPACE_DNS, f"client-{seed}.sandbox.invalid")
        return cls(company_id, key("public"), key("private"), str(client_id))

    def for_seats(self) -> "Credentials":
        """The keys of a second API member, whose role is that of seat billing and always applies."""

        def key(part: str) -> str:
            return base64.b32encode(hashlib.sha256(f"seats:{part}".encode()).digest()).decode()[:16].lower()

        public, private = key(self.public_key), key(self.private_key)
        return Credentials(self.company_id, public, private, self.client_id, 191, "ledgerwire-seats")


@dataclass(frozen=True, slots=True)
class Saved:
    """A record was saved: what the callback dispatcher listens to."""

    table: str
    record_id: int
    action: str
    member_id: int
    row: Row | None


@dataclass(slots=True)
class Site:
    """The parts of the server's identity that a control call may change."""

    codebase: str = "v2025_1"
    version: str = "v2025.1.108254"
    api_version: str = "2025.1"
    base_url: str = "http://127.0.0.1"
    signing_key_id: str = "0b0f4e5e-5c5e-4a58-8a4e-2f86a2a7d001"
    signing_key: str = "Rk9LZWRnZXJ3aXJlU2FuZGJveEtleQ"

    def rotate_signing_key(self) -> None:
        """A new key under a new id; the old id stops answering."""
        self.signing_key_id = str(uuid.uuid4())
        self.signing_key = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


@dataclass(slots=True)
class ConnectWiseState:
    """Everything one simulated tenant knows."""

    clock: VirtualClock
    journal: Journal
    credentials: Credentials
    switches: Switches = field(default_factory=Switches)
    site: Site = field(default_factory=Site)
    tables: dict[str, Table] = field(default_factory=dict)
    invoice_lines: dict[int, list[InvoiceLine]] = field(default_factory=dict)
    gl_entries: dict[int, list[GlEntry]] = field(default_factory=dict)
    entries: dict[int, GlEntry] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    adjustments: dict[str, Adjustment] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    expenses: dict[int, Expense] = field(default_factory=dict)
    billed: "dict[int, list[Billed]]" = field(default_factory=dict)
    interface: dict[RecordKey, InterfaceRecord] = field(default_factory=dict)
    entry_batches: dict[int, int] = field(default_factory=dict)
    batch_names: set[str] = field(default_factory=set)
    unposted_rows: dict[int, int] = field(default_factory=dict)
    closed_at: dict[int, str] = field(default_factory=dict)
    last_ids: dict[str, int] = field(default_factory=dict)
    listeners: list[Callable[[Saved], None]] = field(default_factory=list)
    entry_ids: Iterator[int] = field(default_factory=lambda: itertools.count(410_001))
    unposted_ids: Iterator[int] = field(default_factory=lambda: itertools.count(871_001))

    def __post_init__(self) -> None:
        self.load({}, {})

    def load(
        self,
        tables: Mapping[str, Mapping[int, Mapping[str, Any]]],
        lines: Mapping[int, Sequence[InvoiceLine]],
        *,
        procurement: Iterable[Procurement] = (),
        expenses: Iterable[Expense] = (),
    ) -> None:
        """Replace all data. Rows are copied; audit stamps, mapped types and the API member are filled in.

        Records that arrive closed, received or approved are given their GL entries by the desks' `adopt`; the rows of
        purchase orders, adjustments and expense entries that belong to them are made where the tables have none.
        Raises ValueError for an unknown table or a record given twice.
        """
        unknown = set(tables) - set(TABLES)
        if unknown:
            raise ValueError(f"unknown tables: {', '.join(sorted(unknown))}")
        self.tables = {name: {} for name in TABLES}
        for name, rows in tables.items():
            self.tables[name] = {int(number): copy.deepcopy(dict(row)) for number, row in rows.items()}
        if not self.tables["gl_mapped_types"]:
            self.tables["gl_mapped_types"] = mapped_types()
        if not self.tables["my_security"]:
            self.tables["my_security"] = accounting_role()
        self._ensure_api_members()
        fill_in(self.tables)
        for table in self.tables.values():
            for row in table.values():
                self._stamp_new(row, "zAdmin")
        self.invoice_lines = {int(number): list(each) for number, each in lines.items()}
        self._load_facts(list(procurement), list(expenses))
        self.gl_entries, self.entries, self.entry_batches, self.interface = {}, {}, {}, {}
        self.unposted_rows, self.closed_at, self.last_ids, self.billed = {}, {}, {}, {}
        self.batch_names = {str(row["batchIdentifier"]).casefold() for row in self.tables["batches"].values()}

    def _load_facts(self, procurement: list[Procurement], expenses: list[Expense]) -> None:
        self.receipts = {one.id: one for one in procurement if isinstance(one, Receipt)}
        self.adjustments = {one.id: one for one in procurement if isinstance(one, Adjustment)}
        self.transfers = {one.id: one for one in procurement if isinstance(one, Transfer)}
        self.expenses = {one.expense_id: one for one in expenses}
        distinct = len(self.receipts) + len(self.adjustments) + len(self.transfers)
        if distinct < len(procurement) or len(self.expenses) < len(expenses):
            raise ValueError("a receipt, stock movement or expense was given twice")

    def _ensure_api_members(self) -> None:
        for keys, name, role in (
            (self.credentials, "Ledgerwire integration", 1),
            (self.credentials.for_seats(), "Ledgerwire seat billing", 2),
        ):
            self.tables["api_members"].setdefault(
                keys.member_id,
                {
                    "id": keys.member_id,
                    "identifier": keys.member_identifier,
                    "name": name,
                    "emailAddress": "integrations@example.com",
                    "inactiveFlag": False,
                    "securityRole": {"id": role, "name": security_roles()[role]["name"]},
                },
            )
        self.tables["security_roles"] = self.tables["security_roles"] or security_roles()
        self.tables["security_settings"] = self.tables["security_settings"] or seats_settings()
        self.tables["customize_items"] = self.tables["customize_items"] or customized_tables()

    def _stamp_new(self, row: Row, by: str) -> None:
        now = timestamp(self.clock.now())
        row.setdefault("_info", {})
        for name, value in (("dateEntered", now), ("enteredBy", by), ("lastUpdated", now), ("updatedBy", by)):
            row["_info"].setdefault(name, value)

    def actor(self) -> int:
        """The member on whose behalf the present call runs: the API member unless a person was named."""
        person = acting_member.get()
        return self.credentials.member_id if person is None else person

    def member_identifier(self, member_id: int) -> str:
        """The login name of a member or API member; a made-up one for an id nobody has."""
        for table in ("members", "api_members"):
            row = self.tables[table].get(member_id)
            if row is not None:
                return str(row["identifier"])
        return f"member{member_id}"

    def insert(self, table: str, row: Row, member_id: int) -> Row:
        """Add a row under a new id (one deleted is never given again), stamp it and tell the listeners."""
        rows = self.tables[table]
        row["id"] = self.last_ids[table] = self.next_id(table)
        rows[row["id"]] = row
        self._stamp_new(row, self.member_identifier(member_id))
        self.notify(table, row["id"], "added", member_id)
        return row

    def adopt_row(self, table: str, row: Row) -> Row:
        """Add a row that belongs to loaded data under its own id; nobody is told. One that is there already stays."""
        number = int(row["id"])
        if number not in self.tables[table]:
            self.tables[table][number] = row
            self._stamp_new(row, "zAdmin")
        return self.tables[table][number]

    def next_id(self, table: str) -> int:
        """The id that a new row of the table gets."""
        rows, last = self.tables[table], self.last_ids.get(table)
        number = 1 + (last if last is not None else max(rows, default=0))
        while number in rows:  # rows of loaded data come under ids of their own
            number += 1
        return number

    def saved(self, table: str, record_id: int, member_id: int) -> Row:
        """Stamp a changed row and tell the listeners."""
        row = self.tables[table][record_id]
        row["_info"] = {
            **row.get("_info", {}),
            "lastUpdated": timestamp(self.clock.now()),
            "updatedBy": self.member_identifier(member_id),
        }
        self.notify(table, record_id, "updated", member_id)
        return row

    def delete(self, table: str, record_id: int, member_id: int) -> None:
        """Remove a row and tell the listeners. Raises KeyError when it is not there."""
        del self.tables[table][record_id]
        self.notify(table, record_id, "deleted", member_id)

    def put_entries(self, invoice_id: int, entries: list[GlEntry]) -> None:
        """Give an invoice its GL entries."""
        self.gl_entries[invoice_id] = entries
        self.entries.update({entry.id: entry for entry in entries})

    def drop_entries(self, invoice_id: int) -> None:
        """Take an invoice's GL entries away, as reopening it does."""
        for entry in self.gl_entries.pop(invoice_id, []):
            self.entries.pop(entry.id, None)

    def put_record(self, record: InterfaceRecord) -> None:
        """Put a receipt, stock movement or expense on the accounting interface with its entries."""
        self.interface[record.key] = record
        self.entries.update({entry.id: entry for entry in record.entries})

    def drop_record(self, key: RecordKey) -> None:
        """Take it off again, as reversing an approval does."""
        record = self.interface.pop(key, None)
        for entry in record.entries if record else []:
            self.entries.pop(entry.id, None)

    def entries_of(self, key: RecordKey) -> list[GlEntry]:
        """The entries of a record that a batch names; none where its close found no mapping."""
        if key.kind == "invoice":
            return self.gl_entries.get(int(key.id), [])
        record = self.interface.get(key)
        return record.entries if record else []

    def notify(self, table: str, record_id: int, action: str, member_id: int) -> None:
        """Tell every listener what happened to a record."""
        event = Saved(table, record_id, action, member_id, self.tables[table].get(record_id))
        for listener in self.listeners:
            listener(event)
