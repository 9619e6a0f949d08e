"""What a caller of the GL export asks for."""

from dataclasses import dataclass
from typing import Any

from ledgerwire.sandbox.connectwise.errors import bad_request
from ledgerwire.sandbox.connectwise.state import Row


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What an export was asked for."""

    invoices: bool
    expenses: bool
    products: bool
    included: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()
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
            included=_ids(body, "includedInvoiceIds"),
            excluded=_ids(body, "excludedInvoiceIds"),
            thru_date=body.get("thruDate"),
            location_id=int(body.get("locationId") or 0),
        )
        if not (request.invoices or request.expenses or request.products):
            raise bad_request("At least one of invoices, expenses and products must be exported.")
        return request


def _ids(body: Row, name: str) -> frozenset[int]:
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, int) for value in values):
        raise bad_request(f"{name} is an array of whole numbers.")
    return frozenset(values)
