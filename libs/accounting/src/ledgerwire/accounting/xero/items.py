"""Items created for sale. In Xero an item only suggests an account: the account of the line counts (M10)."""

from __future__ import annotations

from ledgerwire.accounting.port import ItemSpec
from ledgerwire.accounting.wire import Json, text
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.errors import listed, saved, unreadable
from ledgerwire.accounting.xero.payloads import ITEM_CODE_LIMIT, item_body
from ledgerwire.accounting.xero.query import equals
from ledgerwire.accounting.xero.refusals import LEDGER
from ledgerwire.accounting.xero.wire import ZERO_GUID, guid
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped

CREATE_PATH = "/Items?summarizeErrors=false"


async def create_item(client: XeroClient, spec: ItemSpec, idempotency_key: str) -> None:
    """Create an item that is sold and not tracked; one with the same code and account is no error.

    Raises:
        Waiting, Transient: nothing was created.
        Ambiguous: call it again: what was created is then found.
        Stopped: ITEM_CODE_TOO_LONG, ITEM_ACCOUNT_MISMATCH where the code sells to another account, GL_ACCOUNT_UNKNOWN,
            or LEDGER_REFUSED in Xero's words.
    """
    if len(spec.code) > ITEM_CODE_LIMIT:
        raise Stopped([too_long(spec.code, spec.code)])
    read = listed(await client.read("/Items", {"where": equals("Code", spec.code)}), "Items")
    existing = [row for row in read if (text(row, "Code") or "").casefold() == spec.code.casefold()]
    if existing:
        _check_account(spec, existing[0])
        return
    answer = await client.write("PUT", CREATE_PATH, item_body(spec), idempotency_key)
    made = saved(answer, "Items", spec.code)
    if len(made) != 1 or guid(made[0], "ItemID") in {None, ZERO_GUID}:
        unreadable("no item in it", write=True)


def too_long(number: str, code: str) -> Finding:
    """The finding for an item code that Xero cannot keep."""
    limits = {"length": str(len(code)), "limit": str(ITEM_CODE_LIMIT)}
    return Finding("ITEM_CODE_TOO_LONG", {"number": number, "ledger": LEDGER, "item": code, **limits})


def _check_account(spec: ItemSpec, row: Json) -> None:
    sales = row.get("SalesDetails")
    found = text(sales, "AccountCode") if isinstance(sales, dict) else None
    if found == spec.account_code:
        return
    params = {"item": spec.code, "number": spec.code, "account": spec.account_code, "ledger": LEDGER}
    raise Stopped([Finding("ITEM_ACCOUNT_MISMATCH", {**params, "found": found or "none"})])
