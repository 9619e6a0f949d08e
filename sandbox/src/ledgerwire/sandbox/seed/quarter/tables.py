"""The PSA's set-up tables, companies and people of the group, by REST path."""

from typing import Any

from ledgerwire.sandbox.seed import setup_tables as month_tables
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.gl_table import WAREHOUSES
from ledgerwire.sandbox.seed.quarter.houses import CURRENCIES, LOCATIONS, TAX_CODES, TaxCode
from ledgerwire.sandbox.seed.quarter.people import MEMBERS, PARTIES, Party, payer_of
from ledgerwire.sandbox.seed.setup_tables import TERMS

Row = dict[str, Any]

_SYMBOLS = {"AUD": "$", "GBP": "£", "USD": "$", "CAD": "$", "EUR": "€", "NZD": "$", "SGD": "$"}
_WORDS = ("One", "Two", "Three")
_TYPES = {"customer": (1, "Customer"), "vendor": (6, "Vendor")}


def named(table: dict[str, int], name: str) -> Row:
    """A reference to a row of a table of names."""
    return {"id": table[name], "name": name}


def currency_reference(code: str) -> Row:
    """How invoices and companies name a currency."""
    return {"id": CURRENCIES[code], "symbol": _SYMBOLS[code], "currencyCode": code, "name": code, "numberOfDecimals": 2}


def _currencies() -> list[Row]:
    return [
        {
            "id": key, "currencyIdentifier": code, "name": code, "symbol": _SYMBOLS[code],
            "currencyCode": {"id": key, "name": code}, "thousandsSeparator": ",", "decimalSeparator": ".", "numberOfDecimals": 2,
        }
        for code, key in CURRENCIES.items()
    ]  # fmt: skip


def _tax_code_row(code: TaxCode) -> Row:
    row: Row = {
        "id": code.id, "identifier": code.identifier, "description": code.description, "invoiceCaption": "Tax",
        "effectiveDate": "2000-07-01T00:00:00Z", "defaultFlag": False, "displayOnInvoiceFlag": True,
    }  # fmt: skip
    for word, level in zip(_WORDS, code.levels, strict=False):
        row |= {
            f"level{word}Rate": level.percent, f"level{word}RateType": "Percent", f"level{word}Caption": level.name[:25],
            f"level{word}TaxCodeXref": level.name, f"level{word}AgencyXref": level.agency,
            f"level{word}ServicesFlag": True, f"level{word}ExpensesFlag": True, f"level{word}ProductsFlag": True,
        }  # fmt: skip
    return row


def _tax_levels() -> list[Row]:
    return [
        {
            "id": code.id * 10 + number, "parentId": code.id, "taxLevel": number, "taxRate": level.percent,
            "rateType": "Percent", "caption": level.name[:25], "taxCodeXref": level.name, "agencyXref": level.agency,
            "taxServicesFlag": True, "taxExpensesFlag": True, "taxProductsFlag": True,
        }
        for code in TAX_CODES.values()
        for number, level in enumerate(code.levels, start=1)
    ]  # fmt: skip


def _company(party: Party) -> Row:
    payer = payer_of(party)
    contact = {"id": party.contact_id, "name": party.person}
    row: Row = {
        "id": party.id, "identifier": party.key, "name": party.name, "status": {"id": 1, "name": "Active"},
        "addressLine1": f"{party.id % 97 + 1} High Street", "city": party.location,
        "territory": named(LOCATIONS, party.location), "accountNumber": party.account_number,
        "billingTerms": {"id": TERMS[party.terms].id, "name": TERMS[party.terms].name},
        "billToCompany": payer.reference, "billingSite": {"id": payer.site_id, "name": "Main"},
        "site": {"id": party.site_id, "name": "Main"}, "invoiceToEmailAddress": party.email,
        "currency": currency_reference(party.currency), "isVendorFlag": party.role == "vendor", "deletedFlag": False,
        "types": [{"id": _TYPES[party.role][0], "name": _TYPES[party.role][1]}],
    }  # fmt: skip
    row |= {"defaultContact": contact} if party.primary_contact else {}
    row |= {"billingContact": contact} if party.billing_contact else {}
    row |= {"parentCompany": payer.reference} if party.bill_to else {}
    if party.tax_code:
        row["taxCode"] = {"id": party.tax_code.id, "name": party.tax_code.identifier}
    if party.role == "vendor" and party.vendor_number:
        row["vendorIdentifier"] = party.vendor_identifier
    return row


def _contact(party: Party) -> Row:
    first, _, last = party.person.partition(" ")
    mail = {"id": party.contact_id, "type": {"id": 1, "name": "Email"}, "value": party.email, "defaultFlag": True,
            "communicationType": "Email"}  # fmt: skip
    return {
        "id": party.contact_id, "firstName": first, "lastName": last, "company": party.reference,
        "site": {"id": party.site_id, "name": "Main"}, "inactiveFlag": False, "defaultFlag": party.primary_contact,
        "defaultBillingFlag": party.billing_contact, "communicationItems": [mail],
    }  # fmt: skip


def _site(party: Party) -> Row:
    return {
        "id": party.site_id, "parentId": party.id, "name": "Main", "addressLine1": f"{party.id % 97 + 1} High Street",
        "city": party.location, "company": party.reference, "primaryAddressFlag": True, "defaultBillingFlag": True,
        "defaultShippingFlag": True, "defaultMailingFlag": True, "inactiveFlag": False,
    }  # fmt: skip


def _members(month_rows: list[Row]) -> list[Row]:
    own = [
        {
            "id": member.id, "identifier": member.login, "firstName": member.first, "lastName": member.last,
            "inactiveFlag": False, "licenseClass": "F", "officeEmail": f"{member.login}@harbourline.example",
        }
        for member in MEMBERS
    ]  # fmt: skip
    return [*month_rows, *own]


def _catalog() -> list[Row]:
    return [
        {
            "id": product.id, "identifier": product.code, "description": product.description,
            "customerDescription": product.description, "inactiveFlag": False,
            "category": named(goods.CATEGORIES, product.category), "subcategory": named(goods.CATEGORIES, product.category),
            "type": {"id": 1, "name": "Service" if product.product_class == "Agreement" else "Hardware"},
            "productClass": product.product_class, "serializedFlag": False, "unitOfMeasure": {"id": 1, "name": "Each"},
            "price": product.price, "cost": product.cost, "taxableFlag": product.code != "GOV-FILING",
            "dropShipFlag": product.drop_ship,
        }
        for product in goods.PRODUCTS.values()
    ]  # fmt: skip


def _expense_tables() -> dict[str, list[Row]]:
    types = {**{name: key for name, (key, _, _) in goods.EXPENSE_TYPES.items()}, goods.UNMAPPED_EXPENSE_TYPE: 9}
    ways = [
        {"id": key, "name": name, "companyFlag": name == "Company card", "defaultFlag": key == 1,
         "classification": named(goods.CLASSIFICATIONS, "Reimbursable" if key == 1 else "NonReimbursable")}
        for name, key in goods.PAYMENT_TYPES.items()
    ]  # fmt: skip
    return {
        "expense/types": [
            {"id": key, "name": name, "amountCaption": "Amount", "inactiveFlag": False} for name, key in types.items()
        ],
        "expense/paymentTypes": ways,
        "expense/classifications": [{"id": key, "name": name} for name, key in goods.CLASSIFICATIONS.items()],
    }


def set_up() -> dict[str, list[Row]]:
    """Every table but the records."""
    tables = month_tables.setup_tables()
    places = [{"id": 1, "name": "Corporate"}, *({"id": key, "name": name} for name, key in LOCATIONS.items())]
    return {
        **tables,
        **_expense_tables(),
        "finance/currencies": _currencies(),
        "finance/taxCodes": [_tax_code_row(code) for code in TAX_CODES.values()],
        "finance/taxCodes/taxCodeLevels": _tax_levels(),
        "system/locations": places,
        "system/members": _members(tables["system/members"]),
        "company/companies": [_company(party) for party in PARTIES.values()],
        "company/contacts": [_contact(party) for party in PARTIES.values()],
        "company/sites": [_site(party) for party in PARTIES.values()],
        "company/companies/types": [{"id": key, "name": name, "vendorFlag": key == 6} for key, name in _TYPES.values()],
        "company/companies/statuses": [{"id": 1, "name": "Active", "inactiveFlag": False, "defaultFlag": True}],
        "procurement/catalog": _catalog(),
        "procurement/categories": [
            {"id": key, "name": name, "inactiveFlag": False} for name, key in goods.CATEGORIES.items()
        ],
        "procurement/warehouses": [{"id": key, "name": name} for name, key in WAREHOUSES.items()],
    }
