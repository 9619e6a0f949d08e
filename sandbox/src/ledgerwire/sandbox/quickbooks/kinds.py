"""The entities of the API: what each may do, and how it is named in references and faults."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["transaction", "name", "list", "setup"]
Operation = Literal["create", "update", "delete", "void"]

_WRITE: frozenset[Operation] = frozenset({"create", "update"})
_DOCUMENT: frozenset[Operation] = frozenset({"create", "update", "delete"})
_VOIDABLE: frozenset[Operation] = frozenset({"create", "update", "delete", "void"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One entity. `label` is its naming field, `element` its word in a 2500, `longest` the limit of its name."""

    name: str
    family: Family
    operations: frozenset[Operation]
    label: str = "Name"
    element: str = ""
    longest: int = 100
    parent_flag: str = ""

    @property
    def sequence(self) -> str:
        """Ids run through all transactions, through all names, and through each list of its own."""
        return self.family if self.family in {"transaction", "name"} else self.name


_ALL = (
    Kind("Customer", "name", _WRITE, "DisplayName", "Names", 500, "Job"),
    Kind("Vendor", "name", _WRITE, "DisplayName", "Names", 500),
    Kind("Employee", "name", _WRITE, "DisplayName", "Names", 500),
    Kind("Item", "list", _WRITE, element="Items", parent_flag="SubItem"),
    Kind("Account", "list", _WRITE, element="Accounts", parent_flag="SubAccount"),
    Kind("Class", "list", _WRITE, element="Klasses", parent_flag="SubClass"),
    Kind("Department", "list", _WRITE, element="Departments", parent_flag="SubDepartment"),
    Kind("Term", "list", _WRITE, element="Terms", longest=31),
    Kind("TaxCode", "list", frozenset(), element="TaxCodes"),
    Kind("TaxRate", "list", frozenset(), element="TaxRates"),
    Kind("CompanyCurrency", "list", _WRITE, "Code", "Currencies", 3),
    Kind("Invoice", "transaction", _VOIDABLE, "DocNumber"),
    Kind("CreditMemo", "transaction", _VOIDABLE, "DocNumber"),
    Kind("Bill", "transaction", _DOCUMENT, "DocNumber"),
    Kind("VendorCredit", "transaction", _DOCUMENT, "DocNumber"),
    Kind("JournalEntry", "transaction", _DOCUMENT, "DocNumber"),
    Kind("Payment", "transaction", _VOIDABLE, "PaymentRefNum"),
    Kind("BillPayment", "transaction", _VOIDABLE, "DocNumber"),
    Kind("Preferences", "setup", frozenset({"update"})),
    Kind("CompanyInfo", "setup", frozenset({"update"}), "CompanyName"),
)
KINDS = {kind.name: kind for kind in _ALL}
BY_PATH = {kind.name.casefold(): kind for kind in _ALL}
NAMES = ("Customer", "Vendor", "Employee")
SALES = ("Invoice", "CreditMemo")
PURCHASES = ("Bill", "VendorCredit")
