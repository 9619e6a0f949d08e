"""Contacts: found by their external number, listed for matching, created with PUT only.

POST would edit whichever contact carries the name, and a look-up by search term or by number in the path may answer with
somebody else; neither is ever used.
"""

from __future__ import annotations

from ledgerwire.accounting.port import ContactSpec
from ledgerwire.accounting.wire import Json, decode, rows, text
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.errors import Answer, call_sentences, listed, raise_call_refused, unreadable
from ledgerwire.accounting.xero.payloads import contact_body
from ledgerwire.accounting.xero.query import PAGE_SIZE, equals
from ledgerwire.accounting.xero.refusals import (
    LEDGER,
    finding,
    findings,
    is_contact_number_taken,
    is_idempotency_mismatch,
    sentences,
)
from ledgerwire.accounting.xero.wire import ZERO_GUID, guid
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous, Stopped
from ledgerwire.common.ledger.document import Contact

CREATE_PATH = "/Contacts?summarizeErrors=false"


async def find_contact(client: XeroClient, external_number: str) -> Contact | None:
    """The one contact with this ContactNumber, archived ones included; one merged into another is that other.

    Raises:
        Waiting, Transient: as any read.
        Stopped: OUTCOME_AMBIGUOUS when several carry the number, CHARACTER_NOT_SEARCHABLE when it cannot be asked for.
    """
    params = {"where": equals("ContactNumber", external_number), "page": "1", "includeArchived": "true"}
    read = listed(await client.read("/Contacts", params), "Contacts")
    # The filter ignores accents, uniqueness of the number ignores case.
    exact = [row for row in read if (text(row, "ContactNumber") or "").casefold() == external_number.casefold()]
    if len(exact) > 1:
        params = {"what": "contacts", "number": external_number, "count": str(len(exact)), "ledger": LEDGER}
        raise Stopped([Finding("OUTCOME_AMBIGUOUS", params)])
    return await _survivor(client, exact[0]) if exact else None


async def list_contacts(client: XeroClient) -> tuple[Contact, ...]:
    """All contacts, archived ones included. Raises Waiting or Transient."""
    found: list[Contact] = []
    page = 1
    while True:
        params = {"page": str(page), "pageSize": str(PAGE_SIZE), "includeArchived": "true"}
        read = listed(await client.read("/Contacts", params), "Contacts")
        found += [_contact(row) for row in read]
        if len(read) < PAGE_SIZE:
            return tuple(found)
        page += 1


async def create_contact(client: XeroClient, spec: ContactSpec, idempotency_key: str) -> Contact:
    """Create one contact.

    Raises:
        Waiting, Transient: nothing was created.
        Ambiguous: look it up by its external number.
        Stopped: CONTACT_NAME_TAKEN, or LEDGER_REFUSED with Xero's words.
    """
    answer = await client.write("PUT", CREATE_PATH, contact_body(spec), idempotency_key)
    return created_contact(spec, answer)


def created_contact(spec: ContactSpec, answer: Answer) -> Contact:
    """The contact an answer proves to exist. Raises Ambiguous or Stopped as `create_contact`."""
    body = decode(answer.body)
    if body is None:
        if answer.status == 400:
            raise_call_refused({}, answer.status, spec.name)
        unreadable("no JSON object", write=True)
    made = rows(body, "Contacts")
    told = [*call_sentences(body), *(sentence for row in made for sentence in sentences(row))]
    if told:
        _refuse(spec, told)
    if answer.status == 400:
        raise_call_refused(body, answer.status, spec.name)
    if len(made) != 1 or guid(made[0], "ContactID") in {None, ZERO_GUID}:
        unreadable("no contact in it", write=True)
    return _contact(made[0])


def _refuse(spec: ContactSpec, told: list[str]) -> None:
    if any(is_idempotency_mismatch(sentence) or is_contact_number_taken(sentence) for sentence in told):
        raise Ambiguous("A contact with this external number may exist already")
    named = findings(told, spec.external_number)
    taken = [item for item in named if item.code == "CONTACT_NAME_TAKEN"]
    if taken:
        raise Stopped([Finding("CONTACT_NAME_TAKEN", {**taken[0].params, "name": spec.name})])
    raise Stopped([finding(sentence, spec.name) for sentence in told])


async def _survivor(client: XeroClient, row: Json) -> Contact:
    merged_to = guid(row, "MergedToContactID")
    if merged_to is None or merged_to == ZERO_GUID:
        return _contact(row)
    read = listed(await client.read(f"/Contacts/{merged_to}"), "Contacts")
    return _contact(read[0] if read else row)


def _contact(row: Json) -> Contact:
    contact_id, name = guid(row, "ContactID"), text(row, "Name")
    if contact_id is None or name is None:
        unreadable("ContactID or Name of a contact is missing", write=False)
    return Contact(
        contact_id=contact_id,
        name=name,
        active=(text(row, "ContactStatus") or "ACTIVE") == "ACTIVE",
        email=text(row, "EmailAddress"),
        external_number=text(row, "ContactNumber"),
        account_number=text(row, "AccountNumber"),
    )
