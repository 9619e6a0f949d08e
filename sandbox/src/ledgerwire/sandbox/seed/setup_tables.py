"""The PSA's set-up tables: statuses, terms, places, people, agreement types, work roles, currencies."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ledgerwire.sandbox.seed.month import end_of_month

Row = dict[str, Any]

STATUS_NEW = 1
STATUS_CLOSED = 2
STATUS_GL_RELOAD = 3

LOCATIONS = {"Sydney": 2, "Melbourne": 3}
DEPARTMENTS = {"Service Desk": 10, "NOC": 11, "Projects": 12, "Procurement": 13}
WORK_ROLES = {"Engineer": 1, "Senior Engineer": 2, "Project Engineer": 3, "Project Milestone": 4}
AGREEMENT_TYPES = {
    "Managed": 1,
    "Cloud Monthly": 2,
    "Cloud Annual": 3,
    "Block Time": 4,
    "Backup": 5,
    "Hosting": 6,
    "Managed Security": 7,
}


@dataclass(frozen=True, slots=True)
class Term:
    """A billing term: the PSA's row and how it prints a due date."""

    id: int
    name: str
    due_days: int
    xref: str
    due: Callable[[date], date]

    def row(self) -> Row:
        """The term as REST shows it; a blank cross-reference is an empty string."""
        return {
            "id": self.id,
            "name": self.name,
            "dueDays": self.due_days,
            "defaultFlag": self.id == TERMS["net30"].id,
            "termsXref": self.xref,
        }


def _days(count: int) -> Callable[[date], date]:
    return lambda day: day + timedelta(days=count)


TERMS = {
    "receipt": Term(1, "Due on receipt", 0, "0", _days(0)),
    "net14": Term(2, "Net 14", 14, "", _days(14)),  # nobody filled the cross-reference: TERMS_XREF_MISSING
    "net30": Term(3, "Net 30", 30, "30", _days(30)),
    "eom20": Term(4, "End of month + 20", 20, "EOM+20", lambda day: end_of_month(day) + timedelta(days=20)),
}

_STATUSES = (
    # id, name, closed, sent, default
    (STATUS_NEW, "New", False, False, True),
    (STATUS_CLOSED, "Closed", True, True, False),
    (STATUS_GL_RELOAD, "GL Reload", False, False, False),
    (4, "Sent", True, True, False),
    (5, "On Hold", False, False, False),
)


def _billing_statuses() -> list[Row]:
    return [
        {
            "id": key,
            "name": name,
            "sortOrder": key,
            "defaultFlag": default,
            "closedFlag": closed,
            "inactiveFlag": False,
            "sentFlag": sent,
        }
        for key, name, closed, sent, default in _STATUSES
    ]


def _named(names: dict[str, int]) -> list[Row]:
    return [{"id": key, "name": name} for name, key in names.items()]


def _agreement_types() -> list[Row]:
    return [
        {
            "id": key,
            "name": name,
            "prePaymentFlag": name == "Block Time",
            "oneTimeFlag": name == "Cloud Annual",
            "inactiveFlag": False,
            "invoicingCycle": "CalendarYear",
        }
        for name, key in AGREEMENT_TYPES.items()
    ]


_MEMBERS = (
    (151, "ledgerwire", "Ledgerwire", "Integration", True),
    (152, "phan", "Linh", "Phan", False),
    (153, "dcosta", "Marco", "D'Costa", False),
    (154, "tsullivan", "Tess", "Sullivan", False),
)


def _members() -> list[Row]:
    return [
        {
            "id": key,
            "identifier": login,
            "firstName": first,
            "lastName": last,
            "inactiveFlag": False,
            "licenseClass": "A" if is_api else "F",
        }
        for key, login, first, last, is_api in _MEMBERS
    ]


CURRENCY_REF = {"id": 1, "symbol": "$", "currencyCode": "AUD", "name": "Australian Dollar", "numberOfDecimals": 2}


def _currencies() -> list[Row]:
    return [
        {
            "id": 1,
            "currencyIdentifier": "AUD",
            "name": "Australian Dollar",
            "symbol": "$",
            "currencyCode": {"id": 1, "name": "AUD"},
            "thousandsSeparator": ",",
            "decimalSeparator": ".",
            "numberOfDecimals": 2,
        },
    ]


_PACKAGE = {
    "id": 1,
    "accountingPackage": {"id": 6, "identifier": "Other", "name": "Other"},
    "directTransferFlag": False,
    "includeInvoicesFlag": True,
    "invoiceFormat": "Detailed",
    "includeExpensesFlag": True,
    "transferExpensesAsBillFlag": True,
    "includeSalesTaxFlag": True,
    "enableTaxGroupsFlag": False,
    "zeroDollarTaxAmountsFlag": True,
    "includeItemsFlag": True,
    "includeCogsEntriesFlag": True,
    "includeCogsDropShipFlag": False,
}


def setup_tables() -> dict[str, list[Row]]:
    """Every set-up table by its REST path."""
    return {
        "finance/billingStatuses": _billing_statuses(),
        "finance/billingTerms": [term.row() for term in TERMS.values()],
        "finance/currencies": _currencies(),
        "finance/accountingPackageSetup": [dict(_PACKAGE)],
        "finance/accountingPackages": [{"id": 6, "identifier": "Other", "name": "Other"}],
        "finance/agreements/types": _agreement_types(),
        "system/locations": [{"id": 1, "name": "Corporate"}, *_named(LOCATIONS)],
        "system/departments": _named(DEPARTMENTS),
        "system/members": _members(),
        "time/workRoles": _named(WORK_ROLES),
        "service/boards": _named(DEPARTMENTS),
    }
