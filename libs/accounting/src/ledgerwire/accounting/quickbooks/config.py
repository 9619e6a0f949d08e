"""Where one QuickBooks company is reached and how gently it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from ledgerwire.common.errors import ConfigurationError

_MOST_CALLS = 10
_LEAST_MINOR = 75


@dataclass(frozen=True, slots=True)
class QuickBooksConfig:
    """Addresses, concurrency and how long reads are good for.

    Attributes:
        base_url: of the Accounting API, without `/v3/company` and without a trailing slash.
        minor_version: sent with every call; Intuit treats anything below 75 as 75.
        concurrency: calls in flight from this process; Intuit allows 10 per company over all processes.
        tax_override: send the printed tax with each document. Off where a company's tax engine refuses that: then a document
            whose tax QuickBooks might compute otherwise is stopped before it is sent (M11).
        request_timeout: the longest a call may take, answer included.
        settle_delay: wait, beyond the timeout, before a call with an unknown outcome is looked up.
    """

    base_url: str = "https://quickbooks.api.intuit.com"
    token_url: str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 - an address
    minor_version: int = _LEAST_MINOR
    concurrency: int = 4
    tax_override: bool = True
    reference_ttl: timedelta = timedelta(minutes=10)
    contacts_ttl: timedelta = timedelta(minutes=2)
    request_timeout: timedelta = timedelta(seconds=30)
    settle_delay: timedelta = timedelta(seconds=30)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read a connection's settings: `base_url`, `token_url`, `minor_version`, `concurrency`, `tax_override`.

        Raises:
            ConfigurationError: an address is no http(s) URL, or a number is out of its range.
        """
        usual = cls()
        return cls(
            base_url=_address("base_url", values.get("base_url", usual.base_url)),
            token_url=_address("token_url", values.get("token_url", usual.token_url)),
            minor_version=_count("minor_version", values.get("minor_version", usual.minor_version), _LEAST_MINOR, 999),
            concurrency=_count("concurrency", values.get("concurrency", usual.concurrency), 1, _MOST_CALLS),
            tax_override=values.get("tax_override", True) is not False,
            request_timeout=timedelta(seconds=values.get("request_timeout_seconds", 30)),
            settle_delay=timedelta(seconds=values.get("settle_delay_seconds", 30)),
        )


def _address(name: str, value: Any) -> str:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ConfigurationError(f"{name} is {value!r}; an address such as https://quickbooks.api.intuit.com is needed")
    return str(value).rstrip("/")


def _count(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(f"{name} is {value!r}; QuickBooks allows {least} to {most}")
    return value
