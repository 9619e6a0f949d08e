"""Contacts are found by their own number, listed whole, and never created twice or by accident."""

from __future__ import annotations

from typing import Any

import pytest

from ledgerwire.accounting.gate import LimitReport
from ledgerwire.accounting.port import ContactSpec
from ledgerwire.accounting.wire import Json
from ledgerwire.accounting.xero.contacts import created_contact, find_contact, list_contacts
from ledgerwire.accounting.xero.errors import Answer
from ledgerwire.common.errors import Ambiguous, Stopped


class Pages:
    """A client that answers reads from a script and remembers what was asked."""

    def __init__(self, *answers: Json) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def read(self, path: str, params: dict[str, str] | None = None) -> Json:
        self.asked.append((path, dict(params or {})))
        return self.answers.pop(0) if self.answers else {}


def reads(*answers: Json) -> Any:
    return Pages(*answers)


def contact(contact_id: str = "C1", **changes: Any) -> Json:
    return {"ContactID": contact_id, "Name": "Acme", "ContactNumber": "cw-1", "ContactStatus": "ACTIVE", **changes}


async def test_a_contact_is_asked_for_by_condition_archived_ones_included() -> None:
    client = reads({"Contacts": [contact(ContactStatus="ARCHIVED")]})
    found = await find_contact(client, "cw-1")
    assert found is not None
    assert (found.contact_id, found.active) == ("c1", False)
    asked = {"where": 'ContactNumber=="cw-1"', "page": "1", "includeArchived": "true"}
    assert client.asked == [("/Contacts", asked)]


async def test_a_merged_contact_is_the_one_it_was_merged_into() -> None:
    merged = contact(ContactStatus="ARCHIVED", MergedToContactID="C2")
    client = reads({"Contacts": [merged]}, {"Contacts": [contact("C2", Name="Acme Group", ContactNumber=None)]})
    found = await find_contact(client, "cw-1")
    assert found is not None
    assert (found.contact_id, found.name, client.asked[1][0]) == ("c2", "Acme Group", "/Contacts/c2")


async def test_two_contacts_with_one_number_stop() -> None:
    with pytest.raises(Stopped) as stopped:
        await find_contact(reads({"Contacts": [contact(), contact("C2")]}), "cw-1")
    assert stopped.value.code == "OUTCOME_AMBIGUOUS"


@pytest.mark.parametrize("number", ['c"w', "c\\w"])
async def test_an_external_number_that_breaks_the_condition_is_never_sent(number: str) -> None:
    client = reads()
    with pytest.raises(Stopped):
        await find_contact(client, number)
    assert client.asked == []


async def test_all_pages_of_contacts_are_listed() -> None:
    client = reads({"Contacts": [contact(f"C{n}") for n in range(1000)]}, {"Contacts": [contact("last")]})
    assert len(await list_contacts(client)) == 1001


SPEC = ContactSpec("Acme", "cw-1")


def answered(status: int, body: bytes) -> Answer:
    return Answer(status, body, limits=LimitReport())


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (200, b"<html>", Ambiguous, "OUTCOME_UNKNOWN"),
        (200, b'{"Contacts":[]}', Ambiguous, "OUTCOME_UNKNOWN"),
        (200, b'{"Contacts":[{"ContactID":"00000000-0000-0000-0000-000000000000"}]}', Ambiguous, "OUTCOME_UNKNOWN"),
        (
            200,
            (
                b'{"Contacts":[{"ValidationErrors":[{"Message":"The contact number cw-1 is already assigned to another'
                b' contact."}]}]}'
            ),
            Ambiguous,
            "OUTCOME_UNKNOWN",
        ),
        (
            200,
            b'{"Contacts":[{"ValidationErrors":[{"Message":"Please enter a unique Name."}]}]}',
            Stopped,
            "CONTACT_NAME_TAKEN",
        ),
        (
            400,
            (
                b'{"Message":"A validation exception occurred","Elements":[{"ValidationErrors":[{"Message":"Email address'
                b' must be valid."}]}]}'
            ),
            Stopped,
            "LEDGER_REFUSED",
        ),
        (400, b'{"Message":"Idempotency Key: k is used with a different request."}', Ambiguous, "OUTCOME_UNKNOWN"),
        (400, b"<html>", Stopped, "LEDGER_REFUSED"),
        (400, b"{}", Stopped, "LEDGER_REFUSED"),
    ],
)
def test_what_became_of_a_contact(status: int, body: bytes, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as raised:
        created_contact(SPEC, answered(status, body))
    assert raised.value.code == code  # type: ignore[attr-defined]


def test_a_refused_contact_is_told_by_its_name() -> None:
    body = b'{"Contacts":[{"ValidationErrors":[{"Message":"Email address must be valid."}]}]}'
    with pytest.raises(Stopped, match="Xero refused Acme: Email address must be valid"):
        created_contact(SPEC, answered(200, body))
