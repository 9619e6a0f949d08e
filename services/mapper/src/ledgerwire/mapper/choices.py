"""What a person may choose about a stopped record, and how long a choice holds (D3). Pure."""

from __future__ import annotations

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.catalogue.revisions import CHOICES as POSTERS
from ledgerwire.mapper.domain.contacts import CREATE, LINK
from ledgerwire.mapper.domain.locks import FIRST_OPEN_DAY, HOLD
from ledgerwire.mapper.domain.rounding import ACCEPT_ROUNDING
from ledgerwire.mapper.looking import DECIDED
from ledgerwire.mapper.records import StoredRecord

_LINK = (f"{LINK}:<contact id>",)
_CONTACT = (*_LINK, CREATE)
OWN: dict[str, tuple[str, ...]] = {
    "PERIOD_LOCKED": (FIRST_OPEN_DAY, HOLD),
    "CONTACT_UNLINKED": _CONTACT,
    "CONTACT_LINK_UNKNOWN": _CONTACT,
    "CONTACT_ARCHIVED": _LINK,
    "ADJUSTMENT_OVER_LIMIT": (ACCEPT_ROUNDING,),
    "ROUNDING_BUDGET_EXCEEDED": (ACCEPT_ROUNDING,),
}
"""What the mapping does about a stop of its own, by code."""


def _answers(finding: Finding) -> tuple[str, ...]:
    """The choices that have an effect: a new contact would be another beside those that agree, and settings go before it."""
    if "agree" in finding.params or finding.params.get("source") == "settings":
        return tuple(choice for choice in OWN.get(finding.code, ()) if choice != CREATE)
    return OWN.get(finding.code, ())


def offered(record: StoredRecord) -> tuple[str, ...]:
    """The choices that answer what stops a record: the mapping's, or poster's where the document was sent already."""
    if record.state in DECIDED:
        codes = [item.code for item in record.settled_findings] if record.settled_outcome == "stopped" else []
        choices = [choice.value for code in codes for choice in POSTERS.get(code, ())]
    else:
        choices = [choice for item in record.findings if item.stops for choice in _answers(item)]
    return tuple(dict.fromkeys(choices))


def is_offered(record: StoredRecord, choice: str) -> bool:
    """Whether a choice answers what stops a record; `LINK:` needs the contact's id behind it."""
    prefix, _, contact = choice.partition(":")
    if prefix == LINK:
        return bool(contact.strip()) and any(item.startswith(f"{LINK}:") for item in offered(record))
    return choice in offered(record)
