"""Makes the account file of the group from what the sandbox says about itself. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

SWEEP_SECONDS = 5
"""Receipts and expenses announce themselves by no callback here: the sweep finds them."""


class Package(StrEnum):
    """The accounting packages."""

    XERO = "xero"
    QUICKBOOKS = "quickbooks"


def account_content(line: Mapping[str, Any], settings: Mapping[str, Any], package: Package) -> dict[str, Any]:
    """The content of an account file: `line` is what the sandbox prints, `settings` what the group chose.

    The servers stand on this machine, so they are declared to be on premise, under the CA that signed them.
    """
    connectwise = line["connectwise"]
    place = {"on_premise": True, "ca_file": str(line["ca_file"])}
    connection = _xero if package is Package.XERO else _quickbooks
    return {
        "account": settings["name"],
        "connectwise": {
            **place,
            "site": urlsplit(connectwise["base_url"]).netloc,
            **{name: connectwise[name] for name in ("company_id", "public_key", "private_key", "client_id")},
        },
        "companies": [
            {
                "name": company["name"],
                "package": package.value,
                "locations": list(company["locations"]),
                "connection": {**place, **connection(line, company)},
            }
            for company in line["companies"]
        ],
        "sync": {"sweep_interval_seconds": SWEEP_SECONDS, "sweep_min_age_seconds": SWEEP_SECONDS},
        "mapping": copy.deepcopy(dict(settings["mapping"])),
    }


def _xero(line: Mapping[str, Any], company: Mapping[str, Any]) -> dict[str, Any]:
    xero = line["xero"]
    kept = ("client_id", "client_secret", "access_token", "refresh_token")
    return {
        "base_url": f"{xero['base_url']}/api.xro/2.0",
        "token_url": xero["token_url"],
        "connections_url": f"{xero['base_url']}/connections",
        **{name: xero[name] for name in kept},
        "tenant_id": company["xero"]["tenant_id"],
    }


def _quickbooks(line: Mapping[str, Any], company: Mapping[str, Any]) -> dict[str, Any]:
    quickbooks = line["quickbooks"]
    return {
        "base_url": quickbooks["base_url"],
        "token_url": quickbooks["token_url"],
        **{name: quickbooks[name] for name in ("client_id", "client_secret")},
        **{name: company["quickbooks"][name] for name in ("realm_id", "access_token", "refresh_token")},
    }
