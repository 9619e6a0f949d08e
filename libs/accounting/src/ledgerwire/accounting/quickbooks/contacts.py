"""Customers and vendors: found by our number, listed for matching, created under a name nobody has.

QuickBooks has no field for another system's number that can be asked for. Ours stands in a customer's Notes and as a
vendor's account number, and is looked for in the whole list, so that what was created is found whatever became of its name.
"""

from __future__ import annotations

import re

from ledgerwire.accounting.port import ContactSpec
from ledgerwire.accounting.quickbooks.client import QuickBooksClient, request_id
from ledgerwire.accounting.quickbooks.errors import LEDGER, Answer, unreadable
from ledgerwire.accounting.quickbooks.query import EVERY_ONE, quoted
from ledgerwire.accounting.quickbooks.refusals import NAME_TAKEN, findings
from ledgerwire.accounting.quickbooks.wire import group, ref
from ledgerwire.accounting.wire import Json, decode, text
from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous, Stopped
from ledgerwire.common.ledger.document import Contact, ContactRole

ENTITIES = {ContactRole.CUSTOMER: "Customer", ContactRole.SUPPLIER: "Vendor"}

_NAME_LIMIT = 500
_MARK = re.compile(r"\[Ledgerwire (?P<number>[^\]]+)\]")
_WORDS = {"Customer": "a customer", "Vendor": "a vendor", "Employee": "an employee"}


async def find_contact(client: QuickBooksClient, external_number: str, role: ContactRole) -> Contact | None:
    """The one contact of a role with our number, inactive ones included.

    Raises:
        Waiting, Transient: as any read.
        Stopped: OUTCOME_AMBIGUOUS when several carry the number.
    """
    wanted = external_number.casefold()
    listed = await list_contacts(client, role)
    found = [contact for contact in listed if (contact.external_number or "").casefold() == wanted]
    if len(found) > 1:
        params = {"what": "contacts", "number": external_number, "count": str(len(found)), "ledger": LEDGER}
        raise Stopped([Finding("OUTCOME_AMBIGUOUS", params)])
    return found[0] if found else None


async def list_contacts(client: QuickBooksClient, role: ContactRole) -> tuple[Contact, ...]:
    """All contacts of a role, inactive ones included. Raises Waiting or Transient."""
    entity = ENTITIES[role]
    return tuple([_contact(entity, row) async for row in client.select(entity, EVERY_ONE)])


async def create_contact(client: QuickBooksClient, spec: ContactSpec, idempotency_key: str, home: str) -> Contact:
    """Create one contact; `home` is the company's own currency.

    Raises:
        Waiting, Transient: nothing was created.
        Ambiguous: look it up by its external number.
        Stopped: CONTACT_NAME_TAKEN naming who has the name, or LEDGER_REFUSED with QuickBooks' words.
    """
    entity = ENTITIES[spec.role]
    body = wire_bytes(contact_json(spec, home))
    answer = await client.write(f"/{entity.lower()}", body, request_id(idempotency_key, entity))
    if answer.problems:
        await _refuse(client, spec, answer, home)
    row = group(decode(answer.body) or {}, entity)
    if text(row, "Id") is None:
        unreadable(f"no {entity} in it", write=True)
    return _contact(entity, row)


def contact_json(spec: ContactSpec, home: str) -> Json:
    """The customer or vendor to create."""
    name = contact_name(spec, home)
    body: Json = {"DisplayName": name, "CompanyName": name[:100]}
    if spec.role is ContactRole.CUSTOMER:
        body["Notes"] = f"[Ledgerwire {spec.external_number}]"
        body |= {"AcctNum": spec.account_number} if spec.account_number else {}
    else:
        body["AcctNum"] = spec.external_number
    if spec.email:
        body["PrimaryEmailAddr"] = {"Address": spec.email}
    if spec.currency and spec.currency != home:
        body["CurrencyRef"] = {"value": spec.currency}
    return body


def contact_name(spec: ContactSpec, home: str) -> str:
    """A name as QuickBooks takes it: no colon, tab or newline; with its currency behind it where that is not the home one (M15)."""
    name = " ".join(spec.name.replace(":", " ").split())
    suffix = f" ({spec.currency})" if spec.currency and spec.currency != home else ""
    if suffix and name.endswith(suffix):
        suffix = ""
    return name[: _NAME_LIMIT - len(suffix)] + suffix


async def _refuse(client: QuickBooksClient, spec: ContactSpec, answer: Answer, home: str) -> None:
    if not answer.codes & NAME_TAKEN:
        raise Stopped(findings(answer.problems, spec.name, {"currency": spec.currency or home}))
    name = contact_name(spec, home)
    entity, row = await _holder(client, name)
    if entity == ENTITIES[spec.role] and _external_number(entity, row) == spec.external_number:
        raise Ambiguous("A contact with this external number may exist already")
    state = ", inactive" if row.get("Active") is False else ""
    other = f"{_WORDS[entity]}{state} (id {text(row, 'Id')})" if entity else "something that cannot be seen"
    params = {"number": spec.external_number, "ledger": LEDGER, "name": name, "other": other}
    raise Stopped([Finding("CONTACT_NAME_TAKEN", params | {"text": answer.problems[0].told})])


async def _holder(client: QuickBooksClient, name: str) -> tuple[str, Json]:
    """Who has a name: customers, vendors and employees share one name space, inactive ones included."""
    for entity in _WORDS:
        async for row in client.select(entity, f"DisplayName = {quoted('DisplayName', name)} and {EVERY_ONE}"):
            return entity, row
    return "", {}


def _contact(entity: str, row: Json) -> Contact:
    contact_id, name = text(row, "Id"), text(row, "DisplayName") or text(row, "FullyQualifiedName")
    if contact_id is None or name is None:
        unreadable(f"Id or DisplayName of a {entity} is missing", write=False)
    return Contact(
        contact_id=contact_id,
        name=name,
        active=row.get("Active") is not False,
        email=text(group(row, "PrimaryEmailAddr"), "Address"),
        external_number=_external_number(entity, row),
        # A vendor's account number is not the vendor's own: it is ours, or what people put in its place.
        account_number=text(row, "AcctNum") if entity == "Customer" else None,
        currency=ref(row, "CurrencyRef"),
    )


def _external_number(entity: str, row: Json) -> str | None:
    if entity == "Vendor":
        return text(row, "AcctNum")
    marked = _MARK.search(text(row, "Notes") or "")
    return marked["number"] if marked else None
