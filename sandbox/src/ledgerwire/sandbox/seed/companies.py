"""Forty companies: 33 customers (one also a vendor), five vendors, a prospect and a former customer.

What makes them worth posting to: a parent that pays for two branches, two customers whose names nearly agree, an
apostrophe, an exempt charity, an export customer, one whose name in the ledger has a legal suffix that the PSA lacks,
one without a billing contact, one with an outdated tax code, and a former customer archived in the ledger.
"""

from dataclasses import dataclass
from typing import Any, Literal

from ledgerwire.sandbox.seed.setup_tables import CURRENCY_REF, LOCATIONS, TERMS
from ledgerwire.sandbox.seed.tax import TAX_CODES

Row = dict[str, Any]
Role = Literal["customer", "vendor", "prospect", "former"]
FIRST_COMPANY_ID = 250
CONTACT_OFFSET = 1000
SITE_OFFSET = 2000


@dataclass(frozen=True, slots=True)
class Company:
    """One company. `tax` and `terms` are keys of the seed's tables; `bill_to` the key of the company that pays."""

    id: int
    key: str
    name: str
    account_number: str
    city: str
    person: str
    role: Role = "customer"
    location: str = "Sydney"
    tax: str | None = "GST"
    terms: str = "net30"
    bill_to: str | None = None
    billing_contact: bool = True
    also_vendor: bool = False

    @property
    def contact_id(self) -> int:
        return self.id + CONTACT_OFFSET

    @property
    def site_id(self) -> int:
        return self.id + SITE_OFFSET

    @property
    def reference(self) -> Row:
        """How other rows refer to it."""
        return {"id": self.id, "identifier": self.key, "name": self.name}

    @property
    def email(self) -> str:
        return f"accounts@{self.key.lower()}.example"


# key, name, suburb, person, what differs from the ordinary Sydney customer with GST and 30 days
_CUSTOMERS: tuple[tuple[str, str, str, str, Row], ...] = (
    ("HarbourDental", "Harbour Dental Group Pty Ltd", "Sydney", "Anita Rao", {}),
    ("HarbourManly", "Harbour Dental Manly", "Manly", "Joel Kerr", {"bill_to": "HarbourDental"}),
    ("HarbourCamp", "Harbour Dental Camperdown", "Camperdown", "Mei Tan", {"bill_to": "HarbourDental"}),
    ("Meridian", "Meridian Legal Pty Ltd", "Sydney", "Grace Obi", {}),
    ("MeridianSvc", "Meridian Legal Services Pty Ltd", "Chatswood", "Hugh Brandt", {}),
    ("ONeill", "O'Neill & Sons Plumbing Pty Ltd", "Marrickville", "Siobhan O'Neill", {"terms": "receipt"}),
    ("Wattle", "Wattle Street Community Kitchen Inc", "Ultimo", "Dora Pappas", {"tax": None}),
    ("Tasman", "Tasman Freight NZ Ltd", "Auckland", "Wiremu Hale", {"tax": "EXPORT"}),
    ("BondiPrint", "Bondi Print House", "Bondi", "Leo Marsh", {}),
    ("Kookaburra", "Kookaburra Childcare Centres Pty Ltd", "Ryde", "Ines Ferro", {"billing_contact": False}),
    ("Ironbark", "Ironbark Engineering Pty Ltd", "Penrith", "Kurt Vogel", {"tax": "GST10"}),
    ("SouthernLog", "Southern Cross Logistics Pty Ltd", "Botany", "Priya Nair", {}),
    ("BlueGum", "Blue Gum Accounting Pty Ltd", "Epping", "Tom Hill", {}),
    ("Pittwater", "Pittwater Sailing Club Ltd", "Newport", "Ruth Lane", {}),
    ("Lantern", "Lantern Architects Pty Ltd", "Surry Hills", "Noor Aziz", {"terms": "net14"}),
    ("Redfern", "Redfern Radiology Pty Ltd", "Redfern", "Sam Whitely", {}),
    ("Saltbush", "Saltbush Wines Pty Ltd", "Mudgee", "Carla Venn", {}),
    ("Parramatta", "Parramatta Property Partners Pty Ltd", "Parramatta", "Ali Demir", {"terms": "eom20"}),
    ("Glebe", "Glebe Books & Coffee", "Glebe", "Fern Abbott", {"terms": "receipt"}),
    ("Currawong", "Currawong Financial Planning Pty Ltd", "Mosman", "Piers Holt", {}),
    ("Jacaranda", "Jacaranda Veterinary Hospital Pty Ltd", "Hornsby", "Bea Quinn", {}),
    ("Waratah", "Waratah Insurance Brokers Pty Ltd", "North Sydney", "Vik Sethi", {}),
    ("Stanmore", "Stanmore Steel Fabrication Pty Ltd", "Stanmore", "Dean Ross", {}),
    ("Eastgate", "Eastgate Physiotherapy Pty Ltd", "Bondi Junction", "Yuki Mori", {}),
    ("NorthShore", "North Shore Orthodontics Pty Ltd", "St Leonards", "Elise Roy", {}),
    ("Macquarie", "Macquarie Street Chambers", "Sydney", "Paul Dacre", {}),
    ("Quay", "Quay Street Travel Pty Ltd", "Haymarket", "Lena Fox", {}),
    ("Banksia", "Banksia Aged Care Ltd", "Gosford", "Moira Shaw", {"terms": "eom20"}),
    ("Cooper", "Cooper & Doyle Surveyors Pty Ltd", "Leichhardt", "Nick Doyle", {}),
    ("YarraProduce", "Yarra Valley Produce Pty Ltd", "Healesville", "Jo Grech", {"location": "Melbourne"}),
    ("Fitzroy", "Fitzroy Design Studio Pty Ltd", "Fitzroy", "Amy Lund", {"location": "Melbourne"}),
    ("Docklands", "Docklands Marine Services Pty Ltd", "Docklands", "Hal Stone", {"location": "Melbourne"}),
    ("Gumleaf", "Gumleaf Cabling Pty Ltd", "Auburn", "Rico Paz", {"also_vendor": True}),
)

_OTHERS: tuple[tuple[str, str, str, str, Row], ...] = (
    ("PacificIT", "Pacific IT Distribution Pty Ltd", "Rydalmere", "Sales desk", {"role": "vendor"}),
    ("Cloudbridge", "Cloudbridge Licensing Pty Ltd", "Sydney", "Partner desk", {"role": "vendor"}),
    ("TelcoWhole", "Telco Wholesale Australia Pty Ltd", "Sydney", "Billing", {"role": "vendor"}),
    ("UltimoDC", "Ultimo Data Centres Pty Ltd", "Ultimo", "Billing", {"role": "vendor"}),
    ("SwiftCour", "Swift Couriers Pty Ltd", "Mascot", "Accounts", {"role": "vendor"}),
    ("NewtownBrew", "Newtown Brewing Co Pty Ltd", "Newtown", "Ash Webb", {"role": "prospect"}),
    ("Illawarra", "Illawarra Tyres Pty Ltd", "Wollongong", "Ted Novak", {"role": "former"}),
)


def _all() -> dict[str, Company]:
    companies: dict[str, Company] = {}
    for number, (key, name, city, person, differences) in enumerate((*_CUSTOMERS, *_OTHERS)):
        account_number = f"{key[:4].upper()}{number + 1:02d}"
        companies[key] = Company(FIRST_COMPANY_ID + number, key, name, account_number, city, person, **differences)
    return companies


COMPANIES = _all()
CUSTOMERS = tuple(each for each in COMPANIES.values() if each.role == "customer")

_TYPES = {"customer": (1, "Customer"), "vendor": (6, "Vendor"), "prospect": (2, "Prospect"), "former": (1, "Customer")}


def _types(company: Company) -> list[Row]:
    names = [_TYPES[company.role], *([_TYPES["vendor"]] if company.also_vendor else [])]
    return [{"id": key, "name": name} for key, name in names]


def _company_row(company: Company) -> Row:
    bill_to = COMPANIES[company.bill_to] if company.bill_to else company
    contact = {"id": company.contact_id, "name": company.person}
    row: Row = {
        "id": company.id,
        "identifier": company.key,
        "name": company.name,
        "status": {"id": 2, "name": "Inactive"} if company.role == "former" else {"id": 1, "name": "Active"},
        "addressLine1": f"{company.id % 97 + 1} High Street",
        "city": company.city,
        "country": {"id": 14, "name": "New Zealand" if company.tax == "EXPORT" else "Australia"},
        "territory": {"id": LOCATIONS[company.location], "name": company.location},
        "accountNumber": company.account_number,
        "defaultContact": contact,
        "billingTerms": {"id": TERMS[company.terms].id, "name": TERMS[company.terms].name},
        "billToCompany": bill_to.reference,
        "billingSite": {"id": bill_to.site_id, "name": "Main"},
        "site": {"id": company.site_id, "name": "Main"},
        "invoiceToEmailAddress": company.email,
        "currency": dict(CURRENCY_REF),
        "isVendorFlag": company.role == "vendor" or company.also_vendor,
        "deletedFlag": False,
        "types": _types(company),
    }
    if company.billing_contact:
        row["billingContact"] = contact
    if company.tax:
        code = TAX_CODES[company.tax]
        row["taxCode"] = {"id": code.id, "name": code.identifier}
    if company.bill_to:
        row["parentCompany"] = bill_to.reference
    if row["isVendorFlag"]:
        row["vendorIdentifier"] = f"V-{company.account_number}"
    return row


def _contact_row(company: Company) -> Row:
    first, _, last = company.person.partition(" ")
    return {
        "id": company.contact_id,
        "firstName": first,
        "lastName": last,
        "company": company.reference,
        "site": {"id": company.site_id, "name": "Main"},
        "inactiveFlag": company.role == "former",
        "defaultFlag": True,
        "defaultBillingFlag": company.billing_contact,
        "communicationItems": [
            {
                "id": company.contact_id,
                "type": {"id": 1, "name": "Email"},
                "value": company.email,
                "defaultFlag": True,
                "communicationType": "Email",
            },
        ],
    }


def _site_row(company: Company) -> Row:
    return {
        "id": company.site_id,
        "parentId": company.id,
        "name": "Main",
        "addressLine1": f"{company.id % 97 + 1} High Street",
        "city": company.city,
        "company": company.reference,
        "primaryAddressFlag": True,
        "defaultBillingFlag": True,
        "defaultShippingFlag": True,
        "defaultMailingFlag": True,
        "inactiveFlag": False,
    }


def company_tables() -> dict[str, list[Row]]:
    """Companies, contacts, sites and their set-up tables by REST path."""
    kinds = dict(_TYPES.values())
    return {
        "company/companies": [_company_row(company) for company in COMPANIES.values()],
        "company/contacts": [_contact_row(company) for company in COMPANIES.values()],
        "company/sites": [_site_row(company) for company in COMPANIES.values()],
        "company/companies/types": [
            {"id": key, "name": name, "vendorFlag": name == "Vendor", "defaultFlag": key == 1}
            for key, name in kinds.items()
        ],
        "company/companies/statuses": [
            {"id": 1, "name": "Active", "inactiveFlag": False, "defaultFlag": True},
            {"id": 2, "name": "Inactive", "inactiveFlag": True, "defaultFlag": False},
        ],
    }
