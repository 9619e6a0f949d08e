"""Who the group deals with: customers and suppliers of each company, and the people who send in expenses."""

from dataclasses import dataclass
from typing import Any, Literal

from ledgerwire.sandbox.seed.quarter.houses import AUSTIN, HOUSES, LONDON, SYDNEY, TAX_CODES, VANCOUVER, House, TaxCode

Role = Literal["customer", "vendor"]
FIRST_COMPANY_ID = 1001
_TERMS = ("net30", "receipt", "eom20", "net30", "net30")


@dataclass(frozen=True, slots=True)
class Party:
    """A customer or supplier. `tax` is the identifier of its tax code, `bill_to` the key of the company that pays."""

    id: int
    key: str
    name: str
    house: House
    location: str
    currency: str
    role: Role = "customer"
    tax: str | None = None
    terms: str = "net30"
    bill_to: str | None = None
    billing_contact: bool = True
    primary_contact: bool = True
    in_ledger: bool = True
    archived: bool = False
    vendor_number: bool = True

    @property
    def reference(self) -> dict[str, Any]:
        """How other rows refer to it."""
        return {"id": self.id, "identifier": self.key, "name": self.name}

    @property
    def account_number(self) -> str:
        return f"{self.key[:4].upper()}{self.id}"

    @property
    def vendor_identifier(self) -> str:
        return f"V-{self.account_number}"

    @property
    def person(self) -> str:
        return _PEOPLE[self.id % len(_PEOPLE)]

    @property
    def contact_id(self) -> int:
        return self.id + 3000

    @property
    def site_id(self) -> int:
        return self.id + 6000

    @property
    def email(self) -> str:
        return f"accounts@{self.key.lower()}.example"

    @property
    def tax_code(self) -> TaxCode | None:
        return TAX_CODES[self.tax] if self.tax else None


_PEOPLE = (
    "Anita Rao", "Joel Kerr", "Mei Tan", "Grace Obi", "Hugh Brandt", "Dora Pappas", "Wiremu Hale", "Leo Marsh",
    "Ines Ferro", "Kurt Vogel", "Priya Nair", "Tom Hill", "Ruth Lane", "Noor Aziz", "Sam Whitely", "Carla Venn",
    "Siobhan O'Neill", "Ali Demir", "Fern Abbott",
)  # fmt: skip

_WORLDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], int]] = {
    SYDNEY.key: (
        ("Bondi", "Manly", "Glebe", "Penrith", "Ryde", "Mosman", "Botany", "Carlton", "Geelong", "Newcastle"),
        ("Dental", "Legal", "Freight", "Radiology", "Childcare", "Plumbing", "Surveyors"),
        ("Pty Ltd", "Group Pty Ltd"),
        36,
    ),
    LONDON.key: (
        ("Camden", "Hackney", "Putney", "Leeds", "Otley", "Ilford", "Brixton", "Harrogate"),
        ("Solicitors", "Interiors", "Logistics", "Veterinary", "Press"),
        ("Limited", "Ltd"),
        24,
    ),
    AUSTIN.key: (
        ("Barton", "Lamar", "Zilker", "Mueller", "Bastrop", "Dripping Springs", "Lockhart"),
        ("Realty", "Orthopedics", "Roofing", "Brewing"),
        ("LLC", "Inc"),
        20,
    ),
    VANCOUVER.key: (
        ("Kitsilano", "Burnaby", "Richmond", "Squamish", "Surrey", "Langley"),
        ("Timber", "Physio", "Seafoods"),
        ("Inc", "Ltd"),
        14,
    ),
}
_SUPPLIERS = {
    SYDNEY.key: ("Pacific IT Distribution Pty Ltd", "Cloudbridge Licensing Pty Ltd", "Swift Couriers Pty Ltd"),
    LONDON.key: ("Albion Distribution Limited", "Thames Cloud Wholesale Limited", "Pennine Components Limited"),
    AUSTIN.key: ("Lone Star Distribution LLC", "Hill Country Components Inc"),
    VANCOUVER.key: ("Coast Mountain Distribution Inc", "Fraser Components Ltd"),
}


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who works for a company and sends in expenses."""

    id: int
    login: str
    first: str
    last: str
    location: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


MEMBERS = (
    Member(201, "lphan", "Linh", "Phan", "Sydney"),
    Member(202, "mdcosta", "Marco", "D'Costa", "Sydney"),
    Member(203, "tsullivan", "Tess", "Sullivan", "Melbourne"),
    Member(204, "akhan", "Aisha", "Khan", "London"),
    Member(205, "gwebb", "George", "Webb", "Leeds"),
    Member(206, "rgarza", "Rosa", "Garza", "Austin"),
    Member(207, "bhooper", "Ben", "Hooper", "Austin"),
    Member(208, "ychan", "Yvonne", "Chan", "Vancouver"),
)

SPECIAL: dict[str, dict[str, Any]] = {
    # planted: key of the customer -> what is wrong with it
    "no-billing-contact": {"billing_contact": False},
    "no-primary-contact": {"primary_contact": False},
    "archived": {"archived": True},
    "old-tax-code": {"tax": "GST10"},
    "no-tax-code": {},
    "singapore": {"currency": "SGD", "tax": "EXPORT"},
    "short-terms": {"terms": "net14"},
}
_SPECIAL_NAMES = {
    "no-billing-contact": "Kookaburra Nursery Pty Ltd",
    "no-primary-contact": "Wombat Furniture Pty Ltd",
    "archived": "Illawarra Tyres Pty Ltd",
    "old-tax-code": "Ironbark Engineering Pty Ltd",
    "no-tax-code": "Mallee Grain Pty Ltd",
    "singapore": "Orchard Road Trading Pte",
    "short-terms": "Lantern Architects Pty Ltd",
}


def _tax(house: House, index: int) -> str | None:
    if index % 9 == 8:
        return None  # an exempt customer, which is normal (M12)
    if index % 6 == 5 and house.free_code:
        return house.free_code
    return house.tax_code


def _currency(house: House, index: int) -> str:
    return house.foreign[0] if house.foreign and index in {10, 21} else house.currency


def _customers(house: House, first_id: int) -> list[Party]:
    places, trades, suffixes, count = _WORLDS[house.key]
    locations = list(house.locations)
    made: list[Party] = []
    for index in range(count):
        place, trade = places[index % len(places)], trades[(index % len(places) + index // len(places)) % len(trades)]
        suffix = suffixes[index % len(suffixes)]
        currency = _currency(house, index)
        branch = index % 10 == 7
        made.append(
            Party(
                id=first_id + index,
                key=f"{place.replace(' ', '')}{trade}",
                name=f"{place} {trade} {suffix}",
                house=house,
                location=locations[index % 4 == 3 and len(locations) > 1],
                currency=currency,
                tax=None if currency != house.currency else _tax(house, index),
                terms=_TERMS[index % len(_TERMS)],
                bill_to=made[index - 1].key if branch and made[index - 1].bill_to is None else None,
                in_ledger=index % 17 != 16,
            )
        )
    return made


def _suppliers(house: House, first_id: int) -> list[Party]:
    return [
        Party(
            id=first_id + index,
            key=name.replace(" ", "")[:18],
            name=name,
            house=house,
            location=next(iter(house.locations)),
            currency=house.currency,
            role="vendor",
            tax=house.tax_code,
        )
        for index, name in enumerate(_SUPPLIERS[house.key])
    ]


def _specials(first_id: int) -> list[Party]:
    made = []
    for index, (key, differences) in enumerate(SPECIAL.items()):
        fields: dict[str, Any] = {"currency": "AUD", "tax": "GST", **differences}
        made.append(Party(first_id + index, key, _SPECIAL_NAMES[key], SYDNEY, "Sydney", **fields))
    return made


def _all() -> dict[str, Party]:
    parties: list[Party] = []
    for number, house in enumerate(HOUSES):
        parties += _customers(house, FIRST_COMPANY_ID + number * 100)
        parties += _suppliers(house, FIRST_COMPANY_ID + number * 100 + 80)
    parties += _specials(FIRST_COMPANY_ID + 500)
    return {party.key: party for party in parties}


PARTIES = _all()


def customers_of(house: House) -> tuple[Party, ...]:
    """The ordinary customers of a company, in order."""
    return tuple(p for p in PARTIES.values() if p.house is house and p.role == "customer" and p.key not in SPECIAL)


def suppliers_of(house: House) -> tuple[Party, ...]:
    """The suppliers of a company, in order."""
    return tuple(party for party in PARTIES.values() if party.house is house and party.role == "vendor")


def payer_of(party: Party) -> Party:
    """Who pays (M13)."""
    return PARTIES[party.bill_to] if party.bill_to else party
