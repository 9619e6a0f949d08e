"""The tenant's data: REST-shaped rows by table, invoice lines, and the GL entries frozen at close."""

import base64
import copy
import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.gl_mapping import mapped_types
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.security import accounting_role
from ledgerwire.sandbox.connectwise.switches import Switches
from ledgerwire.sandbox.connectwise.wire import timestamp
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.journal import Journal

acting_member: ContextVar[int | None] = ContextVar("acting_member", default=None)
"""Set while a request is made as a person rather than by the integration."""

Row = dict[str, Any]
Table = dict[int, Row]

TABLES = (
    "companies", "company_types", "company_statuses", "contacts", "sites",
    "billing_statuses", "billing_terms", "tax_codes", "tax_code_levels", "tax_code_xrefs", "currencies",
    "gl_accounts", "gl_mapped_types", "gl_captions",
    "invoices", "batches", "accounting_packages", "accounting_package_setup",
    "unposted_expenses", "unposted_procurement", "unposted_payments",
    "locations", "departments", "members", "api_members", "my_security", "callbacks",
    "agreements", "agreement_types", "categories", "catalog",
)  # fmt: skip
"""Every table. Rows are what the REST API shows; child rows carry `parentId`, which is never shown.

Children: `sites` (of a company; also `company`), `tax_code_levels` and `tax_code_xrefs` (of a tax code).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GlEntry:
    """One general ledger entry as frozen when the invoice closed; `amount` is a debit when positive."""

    id: int
    invoice_id: int
    gl_type: str
    amount: Decimal
    description: str
    segments: Mapping[str, str]
    cogs: Mapping[str, str]
    product_id: str | None
    inventory: str | None
    sales_code: str | None
    gl_account_id: int
    line: InvoiceLine | None = None
    tax_level: int | None = None


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
    entry_batches: dict[int, int] = field(default_factory=dict)
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
    ) -> None:
        """Replace all data. Rows are copied; audit stamps, mapped types and the API member are filled in.

        Invoices that arrive closed are given their GL entries by `InvoiceDesk.adopt_closed`.
        Raises ValueError for an unknown table.
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
        self._ensure_api_member()
        for table in self.tables.values():
            for row in table.values():
                self._stamp_new(row, "zAdmin")
        self.invoice_lines = {int(number): list(each) for number, each in lines.items()}
        self.gl_entries, self.entries, self.entry_batches = {}, {}, {}
        self.unposted_rows, self.closed_at, self.last_ids = {}, {}, {}

    def _ensure_api_member(self) -> None:
        member = self.credentials.member_id
        self.tables["api_members"].setdefault(
            member,
            {
                "id": member,
                "identifier": self.credentials.member_identifier,
                "name": "Ledgerwire integration",
                "emailAddress": "integrations@example.com",
                "inactiveFlag": False,
            },
        )

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
        row["id"] = self.last_ids[table] = max(self.last_ids.get(table, 0), max(rows, default=0)) + 1
        rows[row["id"]] = row
        self._stamp_new(row, self.member_identifier(member_id))
        self.notify(table, row["id"], "added", member_id)
        return row

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

    def notify(self, table: str, record_id: int, action: str, member_id: int) -> None:
        """Tell every listener what happened to a record."""
        event = Saved(table, record_id, action, member_id, self.tables[table].get(record_id))
        for listener in self.listeners:
            listener(event)
