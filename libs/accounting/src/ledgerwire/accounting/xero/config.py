"""Where one Xero connection is reached and how gently it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from ledgerwire.common.errors import ConfigurationError

_API_PATH = "/api.xro/2.0"


@dataclass(frozen=True, slots=True)
class XeroConfig:
    """Addresses, concurrency and how long reads are good for.

    Attributes:
        base_url: of the Accounting API, with its path, without a trailing slash.
        connections_url: tells which organisations a token reaches.
        concurrency: calls in flight from this process; Xero allows 5 per organisation over all processes.
        request_timeout: the longest a call may take, answer included.
        settle_delay: wait, beyond the timeout, before a call with an unknown outcome is looked up.
    """

    base_url: str = "https://api.xero.com/api.xro/2.0"
    token_url: str = "https://identity.xero.com/connect/token"  # noqa: S105 - an address
    connections_url: str = "https://api.xero.com/connections"
    concurrency: int = 4
    reference_ttl: timedelta = timedelta(minutes=10)
    contacts_ttl: timedelta = timedelta(minutes=2)
    request_timeout: timedelta = timedelta(seconds=30)
    settle_delay: timedelta = timedelta(seconds=30)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read a connection's settings: `base_url` (host alone or with path), `token_url`, `concurrency`.

        Raises:
            ConfigurationError: an address is no http(s) URL or the concurrency is not 1 to 5.
        """
        usual = cls()
        base = _address("base_url", values.get("base_url", usual.base_url))
        parts = urlsplit(base)
        root = f"{parts.scheme}://{parts.netloc}"
        concurrency = values.get("concurrency", usual.concurrency)
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or not 1 <= concurrency <= 5:
            raise ConfigurationError(f"concurrency is {concurrency!r}; Xero allows 1 to 5")
        return cls(
            base_url=base if parts.path else root + _API_PATH,
            token_url=_address("token_url", values.get("token_url", usual.token_url)),
            connections_url=_address("connections_url", values.get("connections_url", f"{root}/connections")),
            concurrency=concurrency,
            request_timeout=timedelta(seconds=values.get("request_timeout_seconds", 30)),
            settle_delay=timedelta(seconds=values.get("settle_delay_seconds", 30)),
        )


def _address(name: str, value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ConfigurationError(f"{name} is {value!r}; an address such as https://api.xero.com is needed")
    return str(value).rstrip("/")
