"""What a caller of the GL export asks for."""

from dataclasses import dataclass
from typing import Any

from ledgerwire.sandbox.connectwise.errors import bad_request
from ledgerwire.sandbox.connectwise.state import Row


@dataclass(frozen=True, slots=True)
class Ids:
    """Which records of a kind: all where none is named, never the excluded ones."""

    included: frozenset[int | str] = frozenset()
    excluded: frozenset[int | str] = frozenset()

    @classmethod
    def parse(cls, body: Row, what: str, kind: type) -> "Ids":
        """Read `included<what>Ids` and `excluded<what>Ids`. Raises ApiError 400 for another type of element."""
        return cls(_ids(body, f"included{what}Ids", kind), _ids(body, f"excluded{what}Ids", kind))

    def takes(self, number: int | str) -> bool:
        """Whether a record is asked for."""
        return number not in self.excluded and (not self.included or number in self.included)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What an export was asked for."""

    invoices: bool = False
    expenses: bool = False
    products: bool = False
    invoice_ids: Ids = Ids()
    expense_ids: Ids = Ids()
    product_ids: Ids = Ids()
    thru_date: str | None = None
    location_id: int = 0

    @classmethod
    def parse(cls, body: Any) -> "ExportRequest":
        """Read the request body. Raises ApiError 400 when nothing is asked for or a name is too long."""
        if not isinstance(body, dict):
            raise bad_request("An export request is an object.")
        if len(str(body.get("batchIdentifier") or "")) > 50:
            raise bad_request("batchIdentifier must not be longer than 50 characters.")
        request = cls(
            invoices=bool(body.get("exportInvoicesFlag")),
            expenses=bool(body.get("exportExpensesFlag")),
            products=bool(body.get("exportProductsFlag")),
            invoice_ids=Ids.parse(body, "Invoice", int),
            expense_ids=Ids.parse(body, "Expense", int),
            product_ids=Ids.parse(body, "Product", str),
            thru_date=body.get("thruDate"),
            location_id=int(body.get("locationId") or 0),
        )
        if not (request.invoices or request.expenses or request.products):
            raise bad_request("At least one of invoices, expenses and products must be exported.")
        return request


def _ids(body: Row, name: str, kind: type) -> frozenset[int | str]:
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, kind) for value in values):
        raise bad_request(f"{name} is an array of {'whole numbers' if kind is int else 'texts'}.")
    return frozenset(values)
