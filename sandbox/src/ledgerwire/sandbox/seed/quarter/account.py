"""The settings that the group chose for its account, as plain data for an account file, for either package.

One mapping serves the four companies: the general part is Sydney's, and each company has the sections in which its
country differs.
"""

from typing import Any, Literal

from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.books import FREIGHT_ITEM, ROUNDING_ITEM, quickbooks_tax_type
from ledgerwire.sandbox.seed.quarter.houses import HOUSES, SYDNEY, TAX_CODES, House

Package = Literal["xero", "quickbooks"]
_BY_LEVEL = {"US", "CA"}


def _tax_type(house: House, package: Package, xero_type: str) -> str:
    return xero_type if package == "xero" else quickbooks_tax_type(house, xero_type)


def _purchase_links(house: House, package: Package) -> dict[str, str]:
    """PSA tax code to the tax type that this company's purchases bear."""
    own = {rate.tax_type for rate in house.rates}
    bought = {code.identifier: code.purchase_type for code in TAX_CODES.values() if code.purchase_type in own}
    return {identifier: _tax_type(house, package, tax_type) for identifier, tax_type in bought.items()}


def company_sections(house: House, package: Package) -> dict[str, Any]:
    """The sections of the mapping that depend on the country."""
    links, untaxed = _purchase_links(house, package), _tax_type(house, package, house.untaxed_purchases)
    return {
        "tax": {
            "mode": "per_level" if house.country in _BY_LEVEL else "by_name",
            "links": {},
            "untaxed_type": _tax_type(house, package, house.untaxed_sales),
        },
        "rounding": {
            "account": goods.ROUNDING,
            "tax_type": _tax_type(house, package, house.no_tax),
            "policy": "document",
            **({"item": ROUNDING_ITEM} if package == "quickbooks" else {}),
        },
        "procurement": {"enabled": True, "untaxed_type": untaxed, "taxed_links": links},
        "expenses": {
            "enabled": True,
            "company_paid_types": ["Company card"],
            "clearing_contact": house.card,
            "clearing_account": goods.CLEARING,
            "tax_inclusive": True,
            "untaxed_type": untaxed,
            "taxed_links": links,
            "required_status": "ApprovedByTierTwo",
        },
    }


def account_settings(quarter: BusinessMonth, package: Package) -> dict[str, Any]:
    """Name, go-live date, companies with their locations, and the mapping choices."""
    tracking = (goods.BUSINESS_LINE, goods.LOCATION) if package == "xero" else ("Class", "Location")
    return {
        "name": "harbourline",
        "display_name": SYDNEY.name,
        "base_currency": SYDNEY.currency,
        "go_live_from": quarter.day(-1).isoformat(),
        "package": package,
        "companies": [
            {
                "key": house.key,
                "name": house.name,
                "currency": house.currency,
                "locations": list(house.locations.values()),
            }
            for house in HOUSES
        ],
        "mapping": {
            "default_non_product_ids": {
                "service": {"enabled": True, "item_code": "LABOUR"},
                "expense": {"enabled": False, "item_code": "EXPENSE"},
                "agreement": {"enabled": True, "item_code": "MANAGED"},
                "deferred_revenue": {"enabled": True, "item_code": "DEPOSIT"},
            },
            **company_sections(SYDNEY, package),
            "tracking": {"category_1": tracking[0], "category_2": tracking[1], "on_missing": "stop"},
            "terms": {"links": {"0": "Due on receipt", "30": "Net 30", "EOM+20": "End of month + 20"}},
            "contacts": {"policy": "create", "links": {}},
            "exclusions": [
                {"name": "held back", "treatment": "leave_unposted", "number_prefixes": ["HOLD-"]},
                {"name": "internal", "treatment": "batch_without_posting", "number_prefixes": ["INT-"]},
            ],
            "zero_effect": "batch",
            "post_as": "approved",
            "lock_policy": "hold",
            "cogs": {"enabled": True},
            "sales_items": {"discount": "DISCOUNT", "freight": FREIGHT_ITEM},
            "companies": {house.name: company_sections(house, package) for house in HOUSES},
        },
    }
