"""The bill-to company's ledger contact: by link, number, exact name; near ones by policy, never in silence (M13, D9)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ledgerwire.common.ledger.document import Contact, ContactDecision, ContactPolicy
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.mapper.domain.model import Company, ContactLink, Party
from ledgerwire.mapper.domain.parts import Case, listed
from ledgerwire.mapper.domain.trace import Candidate, Decision

_LEGAL = frozenset(
    [
        "pty",
        "ltd",
        "limited",
        "inc",
        "incorporated",
        "llc",
        "llp",
        "lp",
        "plc",
        "corp",
        "corporation",
        "co",
        "company",
        "gmbh",
        "ag",
        "bv",
        "nv",
        "sa",
        "sarl",
        "srl",
        "ulc",
    ]
)
_NOT_WORDS = re.compile(r"[^\w&]+")


@lru_cache(maxsize=4096)
def spoken(name: str) -> str:
    """A name without regard to case and spaces."""
    return " ".join(name.casefold().split())


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """A name without regard to case, spaces, punctuation and legal suffix."""
    words = _NOT_WORDS.sub(" ", name.casefold().replace("&", " and ").replace("'", "")).split()
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _LEGAL:
        kept.pop()
    return " ".join(kept[1:] if len(kept) > 1 and kept[0] == "the" else kept)


LINK = "LINK"
CREATE = "CREATE_CONTACT"
"""What a person may choose for one record: `LINK:<contact id>`, or a new contact whatever the policy."""


def own_currency(reference: ReferenceData, currency: str | None) -> str | None:
    """The currency that a contact of the document needs to be in, None where a contact may have any (M15)."""
    if not reference.rules.contact_has_one_currency or currency in {None, "", reference.base_currency}:
        return None
    return currency


def contact_key(key: str, reference: ReferenceData, currency: str | None) -> str:
    """`company_key` of the contact link: with the currency behind it where that needs a contact of its own."""
    own = own_currency(reference, currency)
    return f"{key}:{own}" if own else key


def chosen_contact(choices: Iterable[str]) -> str | None:
    """The contact that a person chose for this record, None where nothing or, later, a new contact was chosen."""
    latest = next((item for item in reversed(tuple(choices)) if item == CREATE or item.startswith(f"{LINK}:")), CREATE)
    return latest.partition(":")[2] or None


@dataclass(slots=True)
class ContactIndex:
    """All contacts of a ledger company, ready to be asked for one company's candidates."""

    by_id: dict[str, Contact] = field(default_factory=dict)
    by_number: dict[str, list[Contact]] = field(default_factory=dict)
    by_name: dict[str, list[Contact]] = field(default_factory=dict)
    by_email: dict[str, list[Contact]] = field(default_factory=dict)

    @classmethod
    def of(cls, contacts: Iterable[Contact]) -> ContactIndex:
        index = cls()
        for contact in contacts:
            index.by_id[contact.contact_id] = contact
            index.by_name.setdefault(bare(contact.name), []).append(contact)
            for number in {contact.account_number, contact.external_number} - {None, ""}:
                index.by_number.setdefault(str(number), []).append(contact)
            if contact.email:
                index.by_email.setdefault(contact.email.casefold(), []).append(contact)
        return index

    def candidates(self, company: Company, link: ContactLink | None, *chosen: str | None) -> tuple[Contact, ...]:
        """Contacts that could be this company, in a fixed order; linked and chosen ones included."""
        found: list[Contact] = [
            self.by_id[key] for key in (link.contact_id if link else None, *chosen) if key in self.by_id
        ]
        found += self.by_number.get(company.account_number or "", [])
        found += self.by_name.get(bare(company.name), [])
        found += self.by_email.get((company.email or "").casefold(), [])
        return tuple(sorted({item.contact_id: item for item in found}.values(), key=lambda item: item.contact_id))


@dataclass(frozen=True, slots=True)
class _Found:
    how: str
    contacts: tuple[Contact, ...]
    sure: bool

    @property
    def active(self) -> tuple[Contact, ...]:
        return tuple(item for item in self.contacts if item.active)


def check_company(case: Case, company: Company) -> None:
    """Stop when the bill-to company lacks its primary or billing contact (A012, A129)."""
    if company.primary_contact is None:
        case.add("CONTACT_PRIMARY_MISSING")
    if company.billing_contact is None:
        case.add("CONTACT_BILLING_MISSING")


@dataclass(frozen=True, slots=True)
class _Search:
    """Whom a contact is looked for: the name it would have in the ledger, and the currency it must be in, if any."""

    case: Case
    party: Party
    name: str
    currency: str | None

    @classmethod
    def of(cls, case: Case, party: Party, currency: str | None) -> _Search:
        own = own_currency(case.reference, currency)
        return cls(case, party, f"{party.company.name} ({own})" if own else party.company.name, own)

    def names(self, contact: Contact) -> tuple[str, ...]:
        """What a contact may be called: a customer that is in the currency already bears the plain name."""
        own = self.currency is not None and contact.currency == self.currency
        return (self.name.strip(), self.party.company.name.strip()) if own else (self.name.strip(),)

    def could_be(self, contact: Contact) -> bool:
        """Whether a contact that agrees otherwise can take the document's currency (M15)."""
        if self.currency is None:
            base = self.case.reference.base_currency
            return contact.currency in {None, base} or not self.case.reference.rules.contact_has_one_currency
        return contact.currency == self.currency or (
            contact.currency is None and spoken(contact.name) == spoken(self.name)
        )


def decide(case: Case, party: Party, currency: str | None = None) -> ContactDecision:
    """Whether the contact is linked, to be linked (to which one) or to be created; stops are noted on the case.

    `currency` is the document's; where the ledger gives a contact one, another needs a second contact `<name> (EUR)`.
    """
    search, link = _Search.of(case, party, currency), party.link
    linked = link.contact_id if link is not None and link.state == "linked" else None
    if link is not None and link.state == "held":
        case.add("CONTACT_HELD", company=search.name)
    person = chosen_contact(case.choices)
    if person is not None and person != linked:
        return _named(search, "link", person, "choice", "was chosen for this record by a person")
    if party.chosen is not None and party.chosen != linked and search.currency is None:
        return _named(search, "link", party.chosen, "settings", "is linked in the account's settings")
    if linked is not None:
        return _named(search, "linked", linked, "contact link", "was made before")
    return _matched(search)


def _named(search: _Search, decision: str, contact_id: str, source: str, reason: str) -> ContactDecision:
    contact = next((item for item in search.party.contacts if item.contact_id == contact_id), None)
    if contact is None and decision == "link":  # poster would link the company to it for good
        search.case.add("CONTACT_LINK_UNKNOWN", company=search.name, contact=contact_id, source=source)
    candidate = Candidate(source, contact.name if contact else contact_id, matched=True, reason=reason)
    return _decision(search, decision, contact_id, [candidate], contact)


def _matched(search: _Search) -> ContactDecision:
    ways = [way for way in _ways(search) if way.contacts]
    sure = [way for way in ways if way.sure]
    way = next((each for each in sure if each.active), next(iter(sure), None))
    if way is None:
        return _by_policy(search, ways)
    contact = _only(search.name, way)
    if contact is None:
        return _undecided(search, way, ways)
    return _decision(search, "link", contact.contact_id, _candidates(ways, contact), contact)


def _ways(search: _Search) -> list[_Found]:
    company = search.party.company
    contacts = [item for item in search.party.contacts if search.could_be(item)]
    number, email = company.account_number, (company.email or "").casefold()
    live = tuple(item for item in contacts if item.active)
    return [
        _Found(
            "account number",
            tuple(item for item in contacts if number and number in {item.account_number, item.external_number}),
            sure=True,
        ),
        _Found("exact name", tuple(item for item in contacts if item.name.strip() in search.names(item)), sure=True),
        _Found(
            "name but for case and spaces",
            tuple(item for item in live if spoken(item.name) in map(spoken, search.names(item))),
            sure=False,
        ),
        _Found(
            "name but for its legal form",
            tuple(item for item in live if bare(item.name) == bare(company.name)),
            sure=False,
        ),
        _Found(
            "e-mail address",
            tuple(item for item in live if email and (item.email or "").casefold() == email),
            sure=False,
        ),
    ]


def _only(name: str, way: _Found) -> Contact | None:
    """The one contact that a sure way leads to; None where several active ones agree and no exact name tells them apart."""
    agreeing = way.active or way.contacts
    named = tuple(item for item in agreeing if item.name.strip() == name.strip())
    for found in (agreeing, named):
        if len(found) == 1:
            return found[0]
    return None if way.active else agreeing[0]  # archived ones only: the record stops whichever is named


def _undecided(search: _Search, way: _Found, ways: Sequence[_Found]) -> ContactDecision:
    """Several contacts agree by what should be unique: a person chooses, whatever the policy."""
    similar = ", ".join(f"'{contact.name}' ({contact.contact_id})" for contact in way.active)
    search.case.add("CONTACT_UNLINKED", similar=similar, agree=str(len(way.active)))
    return _decision(search, "create", None, _candidates(ways, None), None)


def _candidates(ways: Sequence[_Found], chosen: Contact | None) -> list[Candidate]:
    seen: dict[str, Candidate] = {}
    for way in ways:
        for contact in way.contacts:
            won = contact is chosen
            reason = f"agrees by {way.how}" if won else f"agrees by {way.how}, not taken"
            seen.setdefault(contact.contact_id, Candidate("ledger contact", contact.name, won, reason))
    return sorted(seen.values(), key=lambda item: not item.matched)


def _by_policy(search: _Search, ways: Sequence[_Found]) -> ContactDecision:
    case = search.case
    wants_new = case.chose(CREATE) and chosen_contact(case.choices) is None
    policy = ContactPolicy.CREATE if wants_new else case.settings.contacts.policy
    similar = listed(dict.fromkeys(contact.name for way in ways for contact in way.contacts))
    same_name = next((way for way in ways if way.how.endswith("spaces")), None)
    near = ways[0] if ways and policy is ContactPolicy.LINK else same_name if policy is ContactPolicy.CREATE else None
    if near is not None and len(near.contacts) == 1:
        contact = near.contacts[0]
        case.add("CONTACT_NEAR_MATCH", chosen=contact.name, reason=near.how)
        return _decision(search, "link", contact.contact_id, _candidates(ways, contact), contact)
    if policy is not ContactPolicy.CREATE:
        case.add("CONTACT_UNLINKED", similar=similar)
        return _decision(search, "create", None, _candidates(ways, None), None)
    case.add("CONTACT_WILL_BE_CREATED", similar=similar)
    source, reason = ("choice", "was chosen for this record by a person") if wants_new else (
        "contact policy", "makes a contact where none agrees exactly")  # fmt: skip
    made = Candidate(source, search.name, matched=True, reason=reason)
    return _decision(search, "create", None, [made, *_candidates(ways, None)], None)


def _decision(
    search: _Search, decision: str, contact_id: str | None, candidates: list[Candidate], contact: Contact | None
) -> ContactDecision:
    case, company = search.case, search.party.company
    if contact is not None and not contact.active:
        case.add("CONTACT_ARCHIVED", chosen=contact.name)
    result = contact.name if contact else "a new contact" if decision == "create" else contact_id or "linked"
    case.trace.add(Decision("contact", search.name, result, tuple(candidates)))
    return ContactDecision(
        company_key=f"{search.party.key}:{search.currency}" if search.currency else search.party.key,
        company_name=search.name,
        decision=decision,
        candidate_id=contact_id,
        account_number=company.account_number,
        email=company.email,
        role=search.party.role,
        currency=search.currency,
    )
