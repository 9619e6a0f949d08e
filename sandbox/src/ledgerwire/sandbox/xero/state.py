"""Everything one Xero organisation holds, and what a person may do in Xero's own screens."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ledgerwire.sandbox.xero.collection import Collection, UndoLog
from ledgerwire.sandbox.xero.idempotency import IdempotencyStore
from ledgerwire.sandbox.xero.identity import App, Identity
from ledgerwire.sandbox.xero.limits import Limits
from ledgerwire.sandbox.xero.rules.locks import Locks
from ledgerwire.sandbox.xero.rules.reference import account_class
from ledgerwire.sandbox.xero.seeding import exact, seeded_document, with_dates
from ledgerwire.sandbox.xero.switches import Switches
from ledgerwire.sandbox.xero.wire import Json

DEFAULT_TENANT = "0f6f6a2c-54f3-4b3e-9f1d-7d5a3a0c9e11"

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_LOCK_FIELDS = frozenset({"PeriodLockDate", "EndOfYearLockDate"})

# Documents, and where they keep what is left of them.
_LEFT = {"invoices": "AmountDue", "credit_notes": "RemainingCredit"}

# (key in the seed, id field, natural key)
_KINDS = (
    ("accounts", "AccountID", "Code"),
    ("tax_rates", "TaxType", "Name"),
    ("items", "ItemID", "Code"),
    ("tracking_categories", "TrackingCategoryID", "Name"),
    ("contacts", "ContactID", "Name"),
    ("currencies", "Code", None),
    ("invoices", "InvoiceID", "InvoiceNumber"),
    ("credit_notes", "CreditNoteID", "CreditNoteNumber"),
    ("manual_journals", "ManualJournalID", None),
    ("payments", "PaymentID", None),
    ("allocations", "AllocationID", None),
)


class XeroState:
    """One organisation with its apps, tokens, books and counters, all in memory.

    `siblings` are the other organisations that the same user may open: a consent given here reaches them too.
    """

    def __init__(self) -> None:
        self.siblings: tuple[XeroState, ...] = ()
        self.load({})

    def load(self, xero: Mapping[str, Any]) -> None:
        """Replace everything by a seed in Xero's own field names.

        Keys: ``organisation``, ``accounts``, ``tax_rates``, ``items``, ``tracking_categories``, ``contacts``,
        ``currencies``, ``invoices``, ``credit_notes``, ``manual_journals`` (rows as the
        API gives them, dates as ISO dates); ``apps`` (client_id, client_secret, scopes, custom_connection),
        ``tenant_id`` (else the OrganisationID), ``switches``, ``day_rates`` (currency to the rate Xero takes where a
        document names none, foreign units for one of the base currency). Ids left out are derived from the natural key, so a seed always gives the same ones.

        Raises:
            ValueError: an unknown key or switch.
        """
        seeded = [(kind, key) for kind, _, key in _KINDS if kind not in {"payments", "allocations"}]
        known = {kind for kind, _ in seeded} | {"organisation", "apps", "tenant_id", "switches", "day_rates"}
        if unknown := set(xero) - known:
            raise ValueError(f"unknown key in the Xero seed: {', '.join(sorted(unknown))}")
        organisation = xero.get("organisation", {})
        self.tenant_id: str = str(xero.get("tenant_id") or organisation.get("OrganisationID") or DEFAULT_TENANT)
        self.day_rates = {code: Decimal(str(rate)) for code, rate in xero.get("day_rates", {}).items()}
        self.switches = Switches.of(xero.get("switches", {}))
        self.limits = Limits(self.switches)
        self.idempotency = IdempotencyStore()
        self.identity = Identity(App(**app) for app in xero.get("apps", ()))
        self.undo = UndoLog()
        self._made = 0
        self._numbers: dict[str, int] = {}
        self.organisation: Json = with_dates({**_organisation_defaults(self.tenant_id), **organisation})
        self.collections = {kind: Collection(id_field, self.undo, key) for kind, id_field, key in _KINDS}
        for kind, key in seeded:
            for row in xero.get(kind, ()):
                self.collections[kind].put(self._complete(kind, key, row))
        base = str(self.organisation["BaseCurrency"])
        if self.currencies.get(base) is None:
            self.currencies.put({"Code": base, "Description": base})
        self.undo.forget()

    @property
    def accounts(self) -> Collection:
        """Chart of accounts."""
        return self.collections["accounts"]

    @property
    def tax_rates(self) -> Collection:
        """Tax rates by tax type."""
        return self.collections["tax_rates"]

    @property
    def items(self) -> Collection:
        """Products and services."""
        return self.collections["items"]

    @property
    def tracking_categories(self) -> Collection:
        """Tracking categories with their options."""
        return self.collections["tracking_categories"]

    @property
    def contacts(self) -> Collection:
        """Customers and suppliers, archived ones included."""
        return self.collections["contacts"]

    @property
    def currencies(self) -> Collection:
        """Currencies the organisation subscribes to."""
        return self.collections["currencies"]

    @property
    def invoices(self) -> Collection:
        """Sales invoices and bills."""
        return self.collections["invoices"]

    @property
    def credit_notes(self) -> Collection:
        """Credit notes of both sides."""
        return self.collections["credit_notes"]

    @property
    def manual_journals(self) -> Collection:
        """Manual journals."""
        return self.collections["manual_journals"]

    @property
    def payments(self) -> Collection:
        """Payments and refunds."""
        return self.collections["payments"]

    @property
    def allocations(self) -> Collection:
        """Credit applied to invoices."""
        return self.collections["allocations"]

    @property
    def base_currency(self) -> str:
        """Three-letter code of the currency the books are kept in."""
        return str(self.organisation["BaseCurrency"])

    @property
    def locks(self) -> Locks:
        """The lock dates in force."""
        return Locks(
            self.organisation.get("PeriodLockDate"),
            self.organisation.get("EndOfYearLockDate"),
            self.switches.adviser,
        )

    def new_id(self, kind: str) -> str:
        """A fresh GUID; the same sequence of writes always gives the same ones."""
        rows = self.collections.get(kind)
        while True:
            self._made += 1
            made = self._guid(kind, f"made-{self._made}")
            if rows is None or rows.get(made) is None:  # a seed may hold documents made by another run
                return made

    def next_number(self, prefix: str, taken: Collection) -> str:
        """The organisation's next automatic document number not yet in use."""
        while True:
            self._numbers[prefix] = self._numbers.get(prefix, 0) + 1
            number = f"{prefix}{self._numbers[prefix]:04d}"
            if not taken.by_key(number):
                return number

    def account(self, code_or_id: str) -> Json | None:
        """An account by code or by id."""
        rows = self.accounts.by_key(code_or_id) if code_or_id else []
        return rows[0] if rows else self.accounts.get(code_or_id)

    # What only a person in Xero's own screens can do; the control API calls these.

    def set_lock_dates(self, period: date | None, end_of_year: date | None = None) -> None:
        """Set or lift the lock dates."""
        self.organisation = {
            **{key: value for key, value in self.organisation.items() if key not in _LOCK_FIELDS},
            **({"PeriodLockDate": period} if period else {}),
            **({"EndOfYearLockDate": end_of_year} if end_of_year else {}),
        }

    def set_contact_archived(self, contact_id: str, *, archived: bool) -> None:
        """Archive a contact or take it back. Raises KeyError for an unknown one."""
        self.amend("contacts", contact_id, {"ContactStatus": "ARCHIVED" if archived else "ACTIVE"})

    def amend(self, kind: str, key: str, changes: Mapping[str, Any]) -> Json:
        """Change fields of a row (by id or natural key) as a person would, past the API's rules.

        Raises:
            KeyError: unknown kind or row.
        """
        rows = self.collections[kind]
        named = rows.by_key(key)
        row = rows.get(key) or (named[0] if named else None)
        if row is None:
            raise KeyError(f"no {kind} row {key!r}")
        changed = rows.put({**row, **exact(with_dates(dict(changes)))})
        self.undo.forget()
        return changed

    def add(self, kind: str, row: Mapping[str, Any]) -> Json:
        """Add a reference row (account, tax rate, item, …) as a person would. Raises KeyError for an unknown kind."""
        key = next(key for name, _, key in _KINDS if name == kind) if kind in self.collections else None
        added = self.collections[kind].put(self._complete(kind, key, row))
        self.undo.forget()
        return added

    def _complete(self, kind: str, key: str | None, row: Mapping[str, Any]) -> Json:
        id_field = self.collections[kind].id_field
        full: Json = exact({**_ROW_DEFAULTS.get(kind, {}), **with_dates(dict(row))})
        if kind in _LEFT:
            full = seeded_document(full, str(key), _LEFT[kind], str(self.organisation["BaseCurrency"]))
        if not full.get(id_field):
            natural = full.get(key or "") or full.get("ContactNumber") or len(self.collections[kind])
            full[id_field] = self._guid(kind, str(natural))
        if not isinstance(full.get("UpdatedDateUTC"), datetime):
            full["UpdatedDateUTC"] = _EPOCH
        if kind == "accounts":
            full.setdefault("Class", account_class(str(full.get("Type", ""))))
        if kind == "tracking_categories":
            full["Options"] = [self._option(str(full["Name"]), option) for option in full.get("Options", [])]
        return full

    def _option(self, category: str, option: Mapping[str, Any]) -> Json:
        made = {"TrackingOptionID": self._guid("option", f"{category}/{option['Name']}"), "Status": "ACTIVE"}
        return {**made, **option}

    def _guid(self, kind: str, key: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"xero/{self.tenant_id}/{kind}/{key}"))


_ROW_DEFAULTS: dict[str, Json] = {
    "accounts": {"Status": "ACTIVE", "EnablePaymentsToAccount": False, "Description": ""},
    "tax_rates": {
        "Status": "ACTIVE",
        "CanApplyToAssets": True,
        "CanApplyToEquity": True,
        "CanApplyToExpenses": True,
        "CanApplyToLiabilities": True,
        "CanApplyToRevenue": True,
        "EffectiveRate": Decimal(0),
        "DisplayTaxRate": Decimal(0),
    },
    "items": {"IsTrackedAsInventory": False, "IsSold": True, "IsPurchased": True},
    "tracking_categories": {"Status": "ACTIVE"},
    "contacts": {"ContactStatus": "ACTIVE"},
}


def _organisation_defaults(tenant_id: str) -> Json:
    return {
        "OrganisationID": tenant_id,
        "Name": "Harbour IT Services",
        "LegalName": "Harbour IT Services Pty Ltd",
        "PaysTax": True,
        "Version": "AU",
        "OrganisationType": "COMPANY",
        "BaseCurrency": "AUD",
        "CountryCode": "AU",
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 30,
        "FinancialYearEndMonth": 6,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY1",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "Timezone": "AUSEASTERNSTANDARDTIME",
        "OrganisationEntityType": "COMPANY",
        "ShortCode": "!h4RbR",
        "Class": "PREMIUM",
        "Edition": "BUSINESS",
        "CreatedDateUTC": _EPOCH,
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
