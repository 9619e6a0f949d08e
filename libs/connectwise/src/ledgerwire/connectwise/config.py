"""Where a tenant's ConnectWise is and how to sign in."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.http.guard import HttpPolicy, authority

# The vendor's cloud answers browsers on the regional name and the API on the same name with `api-` before it.
_CLOUD_SITE = re.compile(r"(?:api-)?(na|eu|au|aus|za|in)\.myconnectwise\.net|(?:api-)?staging\.connectwisedev\.com")
_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::[0-9]{1,5})?")
_CODEBASE = re.compile(r"[A-Za-z0-9_.]{1,40}")
DEFAULT_API_VERSION = "2025.1"
KEY_ANSWER_BYTES = 64 * 1024
CALL_SECONDS = 20.0
"""The longest one call may be given, answer included; a lease must outlast it."""


@dataclass(frozen=True, slots=True)
class ConnectWiseConfig:
    """One connection, decrypted.

    Attributes:
        site: host the members use, with or without scheme; a port only on premise.
        company_id: login company id.
        codebase: for example `v2025_1` or `v4_6_release`; None asks the server.
        api_version: model version sent with every call; None takes the server's newest.
        ca_file: PEM file of a private authority.
        on_premise: whether the site may have a private address and a port of its own.
        key_hosts: further hosts that may serve this tenant's signing keys.
        call_seconds: the longest one call takes, answer included; at most CALL_SECONDS.
    """

    site: str
    company_id: str
    public_key: str
    private_key: str = field(repr=False)
    client_id: str
    codebase: str | None = None
    api_version: str | None = DEFAULT_API_VERSION
    ca_file: str | None = None
    on_premise: bool = False
    key_hosts: tuple[str, ...] = ()
    call_seconds: float = CALL_SECONDS

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            raise ConfigurationError(f"site: {self.site!r} is not a host name")
        if ":" in self.host and not self.on_premise:
            raise ConfigurationError(f"site: {self.site!r} names a port, which only an on-premise server may have")
        if self.codebase and not _CODEBASE.fullmatch(self.codebase.strip("/")):
            raise ConfigurationError(f"codebase: {self.codebase!r} is not a code base name")

    @property
    def host(self) -> str:
        """The site as `host` or `host:port`; ConfigurationError for another scheme than https."""
        text = self.site.strip().lower()
        scheme, found, rest = text.rpartition("://")
        if found and scheme != "https":
            raise ConfigurationError(f"site: {self.site!r} is only called over https")
        return rest.rstrip("/")

    @property
    def api_host(self) -> str:
        """The host that serves the API: the site itself, on the vendor's cloud with `api-` before it."""
        cloud = _CLOUD_SITE.fullmatch(self.host)
        return f"api-{self.host}" if cloud and not self.host.startswith("api-") else self.host

    @property
    def hosts(self) -> frozenset[str]:
        """Every `host:port` that is this tenant's ConnectWise."""
        names = {self.host, self.api_host}
        if _CLOUD_SITE.fullmatch(self.host):
            names.add(self.host.removeprefix("api-"))
        return frozenset(authority(name) for name in names)

    @property
    def signing_key_hosts(self) -> frozenset[str]:
        """Every `host:port` that may serve this tenant's signing keys."""
        return self.hosts | {authority(name) for name in self.key_hosts}

    def policy(self, *, total_seconds: float | None = None, max_body_bytes: int = 16 * 1024 * 1024) -> HttpPolicy:
        """What calls for this connection may reach, and how long each may take: `call_seconds` unless said otherwise."""
        total_seconds = self.call_seconds if total_seconds is None else total_seconds
        return HttpPolicy(
            allowed_hosts=self.signing_key_hosts,
            ca_file=self.ca_file,
            private_hosts_allowed=self.signing_key_hosts if self.on_premise else frozenset(),
            connect_seconds=min(5.0, total_seconds),
            total_seconds=total_seconds,
            max_body_bytes=max_body_bytes,
        )

    def headers(self) -> dict[str, str]:
        """Headers of every API call: the member's keys, the integration's client id, the model version."""
        token = base64.b64encode(f"{self.company_id}+{self.public_key}:{self.private_key}".encode()).decode()
        accept = "application/vnd.connectwise.com+json"
        return {
            "Authorization": f"Basic {token}",
            "clientId": self.client_id,
            "Accept": f"{accept}; version={self.api_version}" if self.api_version else accept,
        }
