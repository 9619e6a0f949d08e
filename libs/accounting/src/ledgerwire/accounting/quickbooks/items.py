"""Items made on request: sold, never tracked, each with the one income account it posts to (M10)."""

from __future__ import annotations

from ledgerwire.accounting.port import ItemSpec
from ledgerwire.accounting.quickbooks.client import QuickBooksClient, request_id
from ledgerwire.accounting.quickbooks.company import Company
from ledgerwire.accounting.quickbooks.errors import LEDGER
from ledgerwire.accounting.quickbooks.payloads import item_body
from ledgerwire.accounting.quickbooks.query import EVERY_ONE, quoted
from ledgerwire.accounting.quickbooks.reference import ITEM_LIMIT
from ledgerwire.accounting.quickbooks.refusals import NAME_TAKEN, findings
from ledgerwire.accounting.quickbooks.wire import ref
from ledgerwire.accounting.wire import Json, text
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped


async def create_item(client: QuickBooksClient, spec: ItemSpec, company: Company, idempotency_key: str) -> None:
    """Create an item; one of the same name and account is no error.

    Raises:
        Waiting, Transient, Ambiguous: as any write.
        Stopped: ITEM_CODE_TOO_LONG, CHARACTER_NOT_SEARCHABLE, GL_ACCOUNT_UNKNOWN, ACCOUNT_ARCHIVED, ITEM_NAME_TAKEN.
    """
    account_id = _account_id(spec, company)
    answer = await client.write("/item", item_body(spec, account_id), request_id(idempotency_key, "item"))
    if not answer.problems:
        return
    if not answer.codes & NAME_TAKEN:
        about = {"item": spec.code, "account": spec.account_code, "kind": "Sales", "name": spec.account_code}
        raise Stopped(findings(answer.problems, spec.code, about))
    found: Json = {}
    async for row in client.select("Item", f"Name = {quoted('Name', spec.code)} and {EVERY_ONE}"):
        found = row
    if ref(found, "IncomeAccountRef") != account_id or found.get("Active") is False:
        raise Stopped([Finding("ITEM_NAME_TAKEN", _common(spec) | {"found": _words(found, company)})])


def _account_id(spec: ItemSpec, company: Company) -> str:
    common = _common(spec)
    if len(spec.code) > ITEM_LIMIT:
        raise Stopped(
            [Finding("ITEM_CODE_TOO_LONG", common | {"length": str(len(spec.code)), "limit": str(ITEM_LIMIT)})]
        )
    named = "a colon" if ":" in spec.code else "" if spec.code.isprintable() else "a control character"
    if named:
        raise Stopped(
            [Finding("CHARACTER_NOT_SEARCHABLE", common | {"field": "Item", "value": spec.code, "character": named})]
        )
    account = company.accounts.get(spec.account_code)
    if account is None:
        raise Stopped([Finding("GL_ACCOUNT_UNKNOWN", common | {"kind": "sales"})])
    if not account.shown.active:
        raise Stopped([Finding("ACCOUNT_ARCHIVED", common | {"name": account.shown.name})])
    return account.account_id


def _words(row: Json, company: Company) -> str:
    kind = text(row, "Type") or "something that cannot be seen"
    account = company.account_code(ref(row, "IncomeAccountRef"))
    state = ", inactive" if row.get("Active") is False else ""
    return f"{kind}{f' on account {account}' if account else ''}{state}"


def _common(spec: ItemSpec) -> dict[str, str]:
    return {"number": spec.code, "ledger": LEDGER, "item": spec.code, "account": spec.account_code}
