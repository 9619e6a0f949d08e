"""What a contact must look like."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from ledgerwire.sandbox.xero.wire import Json

_LENGTHS = {
    "Name": 255,
    "FirstName": 255,
    "LastName": 255,
    "EmailAddress": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
    "TaxNumber": 50,
    "CompanyNumber": 50,
}
TEXT_FIELDS = tuple(_LENGTHS)
LIST_FIELDS = ("ContactPersons", "Addresses", "Phones")


def fold(value: Any) -> str:
    """A name as Xero compares it: without regard to case and accents."""
    decomposed = unicodedata.normalize("NFKD", str(value))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def shape_problems(contact: Json) -> list[str]:
    """What is wrong with a contact taken by itself."""
    problems = []
    name = str(contact.get("Name") or "")
    if not name:
        problems.append("The Contact Name is required.")
    if "<" in name or ">" in name:
        problems.append("The contact name cannot contain the characters < or >.")
    if name != name.strip() or "  " in name:
        problems.append("The contact name cannot start or end with a space or contain two spaces in a row.")
    problems += [
        f"The {field} field must be no longer than {limit} characters."
        for field, limit in _LENGTHS.items()
        if len(str(contact.get(field) or "")) > limit
    ]
    email = str(contact.get("EmailAddress") or "")
    if email and ("@" not in email or " " in email):
        problems.append("Email address must be valid.")
    return problems


def clash_problems(contact: Json, others: Iterable[Json]) -> list[str]:
    """What collides with the other contacts: names among active ones, contact numbers among all."""
    problems = []
    name, contact_number = fold(contact.get("Name") or ""), fold(contact.get("ContactNumber") or "")
    for other in others:
        if other["ContactStatus"] == "ACTIVE" and fold(other.get("Name") or "") == name:
            problems.append(
                f"The contact name {contact['Name']} is already assigned to another contact. "
                "The contact name must be unique across all active contacts."
            )
        if contact_number and fold(other.get("ContactNumber") or "") == contact_number:
            problems.append(
                f"The contact number {contact['ContactNumber']} is already assigned to another contact. "
                "The contact number must be unique across all contacts."
            )
    return problems
