"""The settings that this MSP chose for its account, as plain data for a tenant file."""

from typing import Any

from ledgerwire.sandbox.seed import posting_guide as guide
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.tax import NO_TAX_TYPE, UNTAXED_TYPE


def account_settings(month: BusinessMonth) -> dict[str, Any]:
    """Name, go-live date and the mapping choices; the default for expense revenue is known but not enabled."""
    return {
        "name": "harbourline",
        "display_name": "Harbourline IT Pty Ltd",
        "base_currency": "AUD",
        "go_live_from": month.day(-1).isoformat(),
        "mapping": {
            "default_non_product_ids": {
                "service": {"enabled": True, "item_code": "LABOUR"},
                "expense": {"enabled": False, "item_code": "EXPENSE"},
                "agreement": {"enabled": True, "item_code": "MANAGED"},
                "deferred_revenue": {"enabled": True, "item_code": "DEPOSIT"},
            },
            "tax": {"mode": "by_name", "links": {}, "untaxed_type": UNTAXED_TYPE},
            "rounding": {
                "account": guide.ROUNDING,
                "tax_type": NO_TAX_TYPE,
                "policy": "document",
                "document_limit": None,
            },
            "tracking": {"category_1": guide.BUSINESS_LINE, "category_2": guide.LOCATION, "on_missing": "stop"},
            "contacts": {"policy": "create", "links": {}},
            "zero_effect": "batch",
            "post_as": "approved",
            "lock_policy": "hold",
        },
    }
