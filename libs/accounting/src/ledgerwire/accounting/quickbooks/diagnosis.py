"""Which of a refused document's references is at fault.

QuickBooks says only that something is inactive or not found, and in the company's language. What the document names is
compared with what the company has now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledgerwire.accounting.port import Composed
from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.accounting.quickbooks.company import Company
from ledgerwire.accounting.quickbooks.errors import LEDGER
from ledgerwire.accounting.quickbooks.payloads import ENDPOINTS
from ledgerwire.accounting.quickbooks.wire import group, ref
from ledgerwire.accounting.wire import Json, decode, rows, text
from ledgerwire.common.catalogue import Finding

_LINE_REFERENCES = (
    ("AccountRef", "Account", "ACCOUNT_ARCHIVED"),
    ("ItemRef", "Item", "ITEM_INACTIVE"),
    ("TaxCodeRef", "TaxCode", "TAX_CODE_UNKNOWN"),
    ("ClassRef", "Class", "TRACKING_UNKNOWN"),
    ("DepartmentRef", "Department", "TRACKING_UNKNOWN"),
)
_UNITED_STATES = frozenset({"TAX", "NON"})


async def diagnose(
    client: QuickBooksClient, composed: Composed, company: Company, about: Mapping[str, str]
) -> tuple[Finding, ...]:
    """What of a document is inactive or gone; nothing where all of it is there. `company` was read just now."""
    wanted, endpoint = composed.expected[0], ENDPOINTS[composed.kind]
    common = {"number": wanted.number, "ledger": LEDGER} | dict(about)
    if endpoint.party:
        contact = await client.read_one(endpoint.party.removesuffix("Ref"), wanted.contact_id)
        if contact is None or contact.get("Active") is False:
            chosen = text(contact or {}, "DisplayName") or wanted.contact_id
            return (Finding("CONTACT_ARCHIVED", {"customer": chosen} | common | {"chosen": chosen}),)
    return tuple(_gone(decode(composed.body) or {}, company, common))


def _gone(body: Json, company: Company, common: dict[str, str]) -> Iterator[Finding]:
    active = set(company.active_ids())
    for index, line in enumerate(rows(body, "Line")):
        detail = group(line, text(line, "DetailType") or "")
        for field, entity, code in _LINE_REFERENCES:
            row_id = ref(detail, field) or ref(body, field)
            if row_id is not None and row_id not in _UNITED_STATES and (entity, row_id) not in active:
                yield Finding(code, common | _named(entity, row_id, company), index)


def _named(entity: str, row_id: str, company: Company) -> dict[str, str]:
    if entity == "Account":
        account = next((row for row in company.accounts.values() if row.account_id == row_id), None)
        return {"account": account.shown.code if account else row_id, "name": account.shown.name if account else "gone"}
    if entity == "Item":
        return {"item": next((row.shown.code for row in company.items.values() if row.item_id == row_id), row_id)}
    if entity == "TaxCode":
        return {"tax_code": company.tax_type(row_id), "nearest": "none"}
    dimension = company.classes if entity == "Class" else company.departments
    category = "Class" if entity == "Class" else "Location"
    return {"category": category, "found": "A value", "expected": ", ".join(dimension.names) or "none"}
