"""Everything one QuickBooks company holds, and what a person may do in QuickBooks' own screens."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.quickbooks.company import DEFAULT_COMPANY, DEFAULT_PREFERENCES, DEFAULT_REALM
from ledgerwire.sandbox.quickbooks.identity import App, Identity
from ledgerwire.sandbox.quickbooks.kinds import KINDS, NAMES, SALES, Kind
from ledgerwire.sandbox.quickbooks.limits import Limits
from ledgerwire.sandbox.quickbooks.replay import Replays
from ledgerwire.sandbox.quickbooks.switches import Switches
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, day, exact, stamp, value_of

Key = tuple[str, str]
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_LISTS = tuple(name for name, kind in KINDS.items() if kind.family in {"name", "list"})
_LINK_SIGNS = ("Payment", "BillPayment")


class QuickBooksState:
    """One company with its apps, tokens, books and counters, all in memory."""

    def __init__(self) -> None:
        self.load({})

    def load(self, quickbooks: Mapping[str, Any]) -> None:
        """Replace everything by a seed in QuickBooks' own field names.

        Keys: the lists by entity name (``Customer``, ``Item``, ``Account``, …, rows as the API gives them; ids left out
        are counted up), ``CompanyInfo`` and ``Preferences`` (merged into the defaults), ``realm_id``, ``apps``
        (client_id, client_secret), ``switches``, ``day_rates`` (currency to the home units for one of it) and
        ``automated_tax_code`` (what automated sales tax finds for every address).

        Raises:
            ValueError: an unknown key or switch.
        """
        known = {*_LISTS, "CompanyInfo", "Preferences", "realm_id", "apps", "switches", "day_rates"}
        if unknown := set(quickbooks) - known - {"automated_tax_code"}:
            raise ValueError(f"unknown key in the QuickBooks seed: {', '.join(sorted(unknown))}")
        self.realm_id = str(quickbooks.get("realm_id", DEFAULT_REALM))
        self.automated_tax_code: str | None = quickbooks.get("automated_tax_code")
        self.day_rates = {code: Decimal(str(rate)) for code, rate in quickbooks.get("day_rates", {}).items()}
        self.switches = Switches.of(quickbooks.get("switches", {}))
        self.limits = Limits(self.switches)
        self.replays = Replays(self.switches)
        self.identity = Identity(App(**app) for app in quickbooks.get("apps", ()))
        self.rows: dict[str, dict[str, Json]] = {name: {} for name in KINDS}
        self.links: defaultdict[Key, dict[Key, Decimal]] = defaultdict(dict)
        self._numbers: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._names: dict[str, Key] = {}
        self._sequences: defaultdict[str, int] = defaultdict(int)
        self._seed_setup(quickbooks)
        for name in _LISTS:
            for row in quickbooks.get(name, ()):
                self.add(name, row)

    def _seed_setup(self, seed: Mapping[str, Any]) -> None:
        info = {**DEFAULT_COMPANY, **exact(seed.get("CompanyInfo", {}))}
        preferences = merged(DEFAULT_PREFERENCES, exact(seed.get("Preferences", {})))
        self._complete("CompanyInfo", {**info, "Id": "1"})
        self._complete("Preferences", {**preferences, "Id": "1"})

    @property
    def company(self) -> Json:
        """The CompanyInfo row."""
        return self.rows["CompanyInfo"]["1"]

    @property
    def preferences(self) -> Json:
        """The Preferences row."""
        return self.rows["Preferences"]["1"]

    @property
    def is_us(self) -> bool:
        """Whether sales tax works the United States way."""
        return str(self.company["Country"]) == "US"

    @property
    def home_currency(self) -> str:
        """Three-letter code of the currency the books are kept in."""
        return str(self.preferences["CurrencyPrefs"]["HomeCurrency"]["value"])

    @property
    def multi_currency(self) -> bool:
        """Whether other currencies are switched on."""
        return bool(self.preferences["CurrencyPrefs"]["MultiCurrencyEnabled"])

    @property
    def book_close_date(self) -> date | None:
        """The last day of the closed books."""
        closed = self.preferences["AccountingInfoPrefs"].get("BookCloseDate")
        return day(closed) if closed else None

    def all(self, name: str) -> Iterator[Json]:
        """Rows of an entity in order of creation."""
        return iter(list(self.rows[name].values()))

    def get(self, name: str, row_id: object) -> Json | None:
        """A row by its id."""
        return self.rows[name].get(str(row_id))

    def new_id(self, kind: Kind) -> str:
        """The next free id of the entity's sequence."""
        taken = [other.name for other in KINDS.values() if other.sequence == kind.sequence]
        while True:
            self._sequences[kind.sequence] += 1
            made = str(self._sequences[kind.sequence])
            if not any(made in self.rows[name] for name in taken):
                return made

    def next_number(self, name: str) -> str:
        """The company's next automatic document number not yet in use."""
        while True:
            self._sequences[f"number/{name}"] += 1
            number = str(1000 + self._sequences[f"number/{name}"])
            if not self.numbered(name, number):
                return number

    def numbered(self, name: str, number: str) -> list[Key]:
        """Documents that bear this number, whatever its letter case."""
        spaces = SALES if name in SALES and self.switches.number_space == "sales_forms" else (name,)
        return [(space, row_id) for space in spaces for row_id in self._numbers[space, number.casefold()]]

    def named(self, display_name: str) -> Key | None:
        """The customer, vendor or employee of that name, active or not."""
        return self._names.get(display_name.strip().casefold())

    def put(self, name: str, row: Json) -> Json:
        """Save a row under its id."""
        self.remove(name, str(row["Id"]), keep_place=True)
        row_id = str(row["Id"])
        self.rows[name][row_id] = row
        if name in NAMES:
            self._names[str(row["DisplayName"]).strip().casefold()] = (name, row_id)
        if KINDS[name].family == "transaction" and row.get("DocNumber"):
            self._numbers[name, str(row["DocNumber"]).casefold()].append(row_id)
        if name in _LINK_SIGNS:
            for key, amount in linked_amounts(row).items():
                self.links[key][name, row_id] = amount
        return row

    def remove(self, name: str, row_id: str, *, keep_place: bool = False) -> None:
        """Take a row away, with its number, its name and what it applied to others."""
        before = self.rows[name].get(row_id)
        if before is None:
            return
        if not keep_place:
            del self.rows[name][row_id]
        if name in NAMES:
            self._names.pop(str(before["DisplayName"]).strip().casefold(), None)
        if before.get("DocNumber") and KINDS[name].family == "transaction":
            self._numbers[name, str(before["DocNumber"]).casefold()].remove(row_id)
        if name in _LINK_SIGNS:
            for key in linked_amounts(before):
                self.links[key].pop((name, row_id), None)

    def applied(self, name: str, row_id: str, but: Key | None = None) -> Decimal:
        """How much payments have applied to a document, one of them left out on request."""
        parts = self.links.get((name, row_id), {})
        return sum((amount for key, amount in parts.items() if key != but), ZERO)

    # What only a person in QuickBooks' own screens can do; the control API calls these.

    def amend(self, name: str, row_id: str, changes: Mapping[str, Any]) -> Json:
        """Change fields of a row as a person would, past the API's rules. Raises KeyError: unknown entity or row."""
        row = merged(self.rows[name][row_id], exact(dict(changes)))
        return self.put(name, {**row, "Id": row_id, "SyncToken": str(int(row["SyncToken"]) + 1)})

    def add(self, name: str, row: Mapping[str, Any]) -> Json:
        """Add a row to a list as a person would. Raises KeyError for an entity that is no list."""
        if name not in _LISTS:
            raise KeyError(f"no list {name!r}")
        full: Json = {**_DEFAULTS.get(name, {}), "Active": True, **exact(dict(row))}
        full["Id"] = str(full.get("Id") or self.new_id(KINDS[name]))
        label = KINDS[name].label
        if name in NAMES or KINDS[name].parent_flag:
            parent = self.get(name, value_of(full.get("ParentRef")))
            full.setdefault(
                "FullyQualifiedName", f"{parent['FullyQualifiedName']}:{full[label]}" if parent else full[label]
            )
        if name in {"Customer", "Vendor"}:
            full.setdefault("CurrencyRef", {"value": self.home_currency})
        return self._complete(name, full)

    def _complete(self, name: str, row: Json) -> Json:
        moment = stamp(_EPOCH)
        made = {"CreateTime": moment, "LastUpdatedTime": moment}
        return self.put(name, {"domain": "QBO", "sparse": False, "SyncToken": "0", "MetaData": made, **row})


def linked_amounts(payment: Json) -> dict[Key, Decimal]:
    """What a payment applies to each document, always positive."""
    amounts: dict[Key, Decimal] = {}
    for line in payment.get("Line", ()):
        for link in line.get("LinkedTxn", ()):
            key = (str(link["TxnType"]), str(link["TxnId"]))
            amounts[key] = amounts.get(key, ZERO) + line["Amount"]
    return amounts


def unapplied(payment: Json) -> Decimal:
    """What is left of a payment and the credits it uses; negative where it applies more than there is."""
    left: Decimal = payment["TotalAmt"]
    for (name, _), amount in linked_amounts(payment).items():
        left += amount if name in {"CreditMemo", "VendorCredit"} else -amount
    return left


def merged(row: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    """A row with changes; groups of settings are merged one level deep."""
    result = dict(row)
    for key, value in changes.items():
        grouped = key.endswith("Prefs") and isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = {**result[key], **value} if grouped else value
    return result


_DEFAULTS: dict[str, Json] = {
    "Customer": {"Taxable": True, "Job": False, "BillWithParent": False},
    "Item": {"Type": "Service", "Taxable": True, "TrackQtyOnHand": False},
    "Account": {"SubAccount": False, "CurrentBalance": ZERO, "CurrentBalanceWithSubAccounts": ZERO},
    "Class": {"SubClass": False},
    "Department": {"SubDepartment": False},
    "TaxCode": {"Taxable": True, "TaxGroup": True},
    "TaxRate": {"RateValue": ZERO, "SpecialTaxType": "NONE", "DisplayType": "ReadOnly"},
    "Term": {"Type": "STANDARD"},
}
