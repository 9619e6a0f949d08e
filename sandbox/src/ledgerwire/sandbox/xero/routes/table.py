"""Which method on which path is answered by what, and the scope it needs."""

from collections.abc import Callable
from functools import partial

from ledgerwire.sandbox.xero.books.kinds import CREDIT_NOTE, INVOICE
from ledgerwire.sandbox.xero.call import Answer, Call
from ledgerwire.sandbox.xero.routes import documents, ledgers, reference

Handler = Callable[..., Answer]

_BROAD = "accounting.transactions"

# Resource → granular scopes any of which opens it, with its readers known by ".read".
SCOPES: dict[str, tuple[str, ...]] = {
    "invoices": ("accounting.invoices", _BROAD),
    "creditnotes": ("accounting.invoices", _BROAD),
    "manualjournals": ("accounting.manualjournals", _BROAD),
    "payments": ("accounting.payments", _BROAD),
    "contacts": ("accounting.contacts",),
    "organisation": ("accounting.settings",),
    "accounts": ("accounting.settings",),
    "taxrates": ("accounting.settings",),
    "items": ("accounting.settings", "accounting.invoices"),
    "trackingcategories": ("accounting.settings",),
    "currencies": ("accounting.settings",),
}


def _documents() -> dict[tuple[str, str], Handler]:
    routes: dict[tuple[str, str], Handler] = {}
    for name, kind in (("invoices", INVOICE), ("creditnotes", CREDIT_NOTE)):
        routes["GET", name] = partial(_with_kind, documents.read_documents, kind)
        routes["GET", f"{name}/{{}}"] = partial(_with_kind, documents.read_document, kind)
        for method, path in (("PUT", name), ("POST", name), ("POST", f"{name}/{{}}")):
            routes[method, path] = partial(_with_kind, documents.write_documents, kind)
    routes["PUT", "creditnotes/{}/allocations"] = documents.write_allocations
    routes["DELETE", "creditnotes/{}/allocations/{}"] = _remove_allocation
    return routes


def _ledgers() -> dict[tuple[str, str], Handler]:
    return {
        ("GET", "manualjournals"): ledgers.read_journals,
        ("GET", "manualjournals/{}"): ledgers.read_journal,
        ("PUT", "manualjournals"): ledgers.write_journals,
        ("POST", "manualjournals"): ledgers.write_journals,
        ("POST", "manualjournals/{}"): ledgers.write_journals,
        ("GET", "payments"): ledgers.read_payments,
        ("GET", "payments/{}"): ledgers.read_payment,
        ("PUT", "payments"): ledgers.write_payments,
        ("POST", "payments"): ledgers.write_payments,
        ("POST", "payments/{}"): ledgers.delete_payment,
        ("GET", "contacts"): ledgers.read_contacts,
        ("GET", "contacts/{}"): ledgers.read_contact,
        ("PUT", "contacts"): ledgers.write_contacts,
        ("POST", "contacts"): ledgers.write_contacts,
        ("POST", "contacts/{}"): ledgers.write_contacts,
    }


def _reference() -> dict[tuple[str, str], Handler]:
    routes: dict[tuple[str, str], Handler] = {
        ("GET", "organisation"): reference.read_organisation,
        ("GET", "organisation/{}"): reference.read_organisation_part,
        ("PUT", "trackingcategories/{}/options"): reference.write_options,
        ("POST", "trackingcategories/{}/options/{}"): reference.write_options,
    }
    tables = (reference.ACCOUNTS, reference.TAX_RATES, reference.ITEMS, reference.CATEGORIES, reference.CURRENCIES)
    writes = {
        "Accounts": (("PUT", ""), ("POST", "/{}")),
        "TaxRates": (("PUT", ""), ("POST", "")),
        "Items": (("PUT", ""), ("POST", ""), ("POST", "/{}")),
        "TrackingCategories": (("PUT", ""), ("POST", "/{}")),
        "Currencies": (("PUT", ""),),
    }
    for table in tables:
        name = table.plural.casefold()
        routes["GET", name] = partial(_with_table, reference.read_table, table)
        routes["GET", f"{name}/{{}}"] = partial(_with_table, reference.read_row, table)
        for method, tail in writes[table.plural]:
            routes[method, name + tail] = partial(_with_table, reference.write_table, table)
    return routes


def _with_kind(handler: Handler, kind: object, call: Call, *named: str) -> Answer:
    return handler(call, kind, *named)


def _with_table(handler: Handler, table: object, call: Call, *named: str) -> Answer:
    return handler(call, table, *named)


def _remove_allocation(call: Call, _note_id: str, allocation_id: str) -> Answer:
    return documents.remove_allocation(call, allocation_id)


ROUTES: dict[tuple[str, str], Handler] = {**_documents(), **_ledgers(), **_reference()}
_PATTERNS = {pattern for _, pattern in ROUTES}


def pattern_of(segments: list[str]) -> str:
    """Resource names in lower case, every second segment an id."""
    return "/".join("{}" if position % 2 else segment.casefold() for position, segment in enumerate(segments))


def is_known(segments: list[str]) -> bool:
    """Whether any method answers on that path."""
    return pattern_of(segments) in _PATTERNS
