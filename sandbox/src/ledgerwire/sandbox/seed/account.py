"""The settings that this MSP chose for its account, as plain data; names follow the requirement, not a program."""

from typing import Any

from ledgerwire.sandbox.seed import posting_guide as guide
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.tax import NO_TAX_TYPE, UNTAXED_TYPE


def account_settings(month: BusinessMonth) -> dict[str, Any]:
    """What a tenant file needs; the default for expense revenue is known but, on purpose, not enabled."""
    return {
        "name": "harbourline",
        "display_name": "Harbourline IT Pty Ltd",
        "base_currency": "AUD",
        "go_live_from": month.day(-1).isoformat(),
        "segments": {
            "account": "segment1",
            "tracking": [
                {"segment": "segment2", "category": guide.BUSINESS_LINE},
                {"segment": "segment3", "category": guide.LOCATION},
            ],
            "non_product_id": "productId",
        },
        "default_non_product_ids": {
            "service": {"id": "LABOUR", "enabled": True},
            "expense": {"id": "EXPENSE", "enabled": False},
            "agreement": {"id": "MANAGED", "enabled": True},
            "deferred_revenue": {"id": "DEPOSIT", "enabled": True},
        },
        "tax": {"mode": "by_name", "links": {}, "untaxed_type": UNTAXED_TYPE, "no_tax_type": NO_TAX_TYPE},
        "rounding": {"account": guide.ROUNDING, "item": None, "limit": "0.10"},
        "contacts": {"policy": "create", "links": {}},
        "tracking_missing": "stop",
        "document_status": "approved",
        "zero_total": "post_if_it_moves",
    }
