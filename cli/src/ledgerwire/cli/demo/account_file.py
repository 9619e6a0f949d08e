"""Makes the account file of the story from what the sandbox says about itself. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

SWEEP_SECONDS = 10
"""A close whose callback was lost is found after this long; the demo does not wait five minutes for it."""


def account_content(line: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The content of an account file: `line` is what the sandbox prints, `settings` what the company chose.

    The servers stand on this machine, so they are declared to be on premise, under the CA that signed them.
    """
    connectwise, xero = line["connectwise"], line["xero"]
    place = {"on_premise": True, "ca_file": str(line["ca_file"])}
    return {
        "account": settings["name"],
        "connectwise": {
            **place,
            "site": urlsplit(connectwise["base_url"]).netloc,
            "company_id": connectwise["company_id"],
            "public_key": connectwise["public_key"],
            "private_key": connectwise["private_key"],
            "client_id": connectwise["client_id"],
        },
        "companies": [
            {
                "name": settings["display_name"],
                "package": "xero",
                "connection": {
                    **place,
                    "base_url": f"{xero['base_url']}/api.xro/2.0",
                    "token_url": xero["token_url"],
                    "connections_url": f"{xero['base_url']}/connections",
                    **{name: xero[name] for name in ("tenant_id", "client_id", "client_secret")},
                    **{name: xero[name] for name in ("access_token", "refresh_token")},
                },
            }
        ],
        "sync": {"sweep_interval_seconds": SWEEP_SECONDS, "sweep_min_age_seconds": SWEEP_SECONDS},
        "mapping": copy.deepcopy(settings["mapping"]),
    }


def patched(content: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`content` with `patch` merged into it, section by section."""
    merged = dict(content)
    for name, value in patch.items():
        inner = merged.get(name)
        merged[name] = patched(inner, value) if isinstance(value, Mapping) and isinstance(inner, Mapping) else value
    return merged


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write the file; it holds secrets, so nobody else may read it."""
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True), encoding="utf-8")
