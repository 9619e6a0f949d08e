"""The address guard: which hosts and which addresses an outgoing call may reach.

The allow-list of hosts is the first wall. The guard is the second: a name is resolved here, every answer is checked, and the
connection goes to an address that was checked, so a name that changes its answer between check and dial gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpcore

from ledgerwire.common.errors import Waiting
from ledgerwire.common.http.network import LoopBackend

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# `ipaddress.is_global` lets NAT64, IPv4-compatible and site-local addresses through; public IPv6 is all in here.
_UNICAST_V6 = ipaddress.ip_network("2000::/3")
# These it lets through as well, although each can carry a packet to a private IPv4 address.
_TUNNELS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "2002::/16",  # 6to4
        "2001::/32",  # Teredo
        "192.88.99.0/24",  # 6to4 relay anycast
        "2001:20::/28",  # ORCHIDv2: identifiers, not addresses
    )
)
# What an on-premise server may have: a private network of its owner, or this machine. Never link-local, where clouds keep
# their metadata service, and never carrier NAT, where another cloud keeps its own.
_ON_PREMISE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7")
)
_CLOUD_METADATA_V6 = ipaddress.ip_address("fd00:ec2::254")
_RETRY_AFTER = timedelta(minutes=15)


class EgressRefused(Waiting):
    """A call to a host or address that is not allowed; nothing was sent. `code` is EGRESS_REFUSED."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="EGRESS_REFUSED", after=_RETRY_AFTER)


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """What one client may reach, and for how long.

    Attributes:
        allowed_hosts: `host` (port 443) or `host:port`; exact matches only.
        ca_file: PEM file that replaces the public authorities (a private CA); None trusts the public ones.
        private_hosts_allowed: entries of `allowed_hosts` that may resolve to a private or loopback address (on-premise).
        connect_seconds: limit for resolving, connecting and TLS.
        total_seconds: limit for one whole call, answer included; a lease must outlast it.
        max_body_bytes: the most an answer may hold, after decompression.
    """

    allowed_hosts: frozenset[str]
    ca_file: str | None = None
    private_hosts_allowed: frozenset[str] = frozenset()
    connect_seconds: float = 5.0
    total_seconds: float = 20.0
    max_body_bytes: int = 16 * 1024 * 1024
    max_connections: int = 10

    def allows(self, host: str, port: int) -> bool:
        """Whether the allow-list names this host and port."""
        return authority(host, port) in _authorities(self.allowed_hosts)

    def allows_private(self, host: str, port: int) -> bool:
        """Whether this host may have a private address."""
        return authority(host, port) in _authorities(self.private_hosts_allowed)


def authority(host: str, port: int | None = None) -> str:
    """`host:port` in the one spelling that is compared: lower case, no brackets, port 443 if none is given."""
    text = host.strip().lower()
    if port is None:
        text, port = _split_port(text)
    return f"{text.strip('[]').rstrip('.')}:{port}"


def _split_port(text: str) -> tuple[str, int]:
    head, colon, tail = text.rpartition(":")
    bare_ipv6 = text.count(":") > 1 and not text.startswith("[")
    if colon and tail.isdigit() and not bare_ipv6 and not text.endswith("]"):
        return head, int(tail)
    return text, 443


def _authorities(entries: Iterable[str]) -> frozenset[str]:
    return frozenset(authority(entry) for entry in entries)


def _unmapped(address: IPAddress) -> IPAddress:
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def parse_address(text: str) -> IPAddress:
    """The address a resolver answered, zone index dropped and IPv4-mapped form unwrapped; ValueError if it is none."""
    return _unmapped(ipaddress.ip_address(text.partition("%")[0]))


def is_public(address: IPAddress) -> bool:
    """Whether an address is on the public internet and leads nowhere else: global, not multicast, not a tunnel or relay."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6 and address not in _UNICAST_V6:
        return False
    return not any(address in network for network in _TUNNELS if network.version == address.version)


def is_on_premise(address: IPAddress) -> bool:
    """Whether an address is one an on-premise server may have."""
    if address == _CLOUD_METADATA_V6:
        return False
    return any(address in network for network in _ON_PREMISE if network.version == address.version)


def check_answers(host: str, answers: Sequence[str], *, private_allowed: bool) -> list[str]:
    """Every resolved address of `host`, checked; EgressRefused if one of them is not allowed or there is none.

    One bad answer refuses all: a name that mixes public and private addresses is an attack or a mistake, never a service.
    """
    checked: list[str] = []
    for text in answers:
        try:
            address = parse_address(text)
        except ValueError:
            raise EgressRefused(f"{host} resolved to something that is no address") from None
        if not (is_public(address) or (private_allowed and is_on_premise(address))):
            raise EgressRefused(f"{host} resolves to {address}, which is not allowed")
        checked.append(str(address))
    if not checked:
        raise EgressRefused(f"{host} has no address")
    return list(dict.fromkeys(checked))


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Resolve with the operating system; OSError if the name does not exist."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(item[4][0]) for item in found]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Dials only addresses that were checked. TLS above it still uses the host's name, so certificates mean something."""

    def __init__(
        self,
        policy: HttpPolicy,
        resolver: Resolver = system_resolver,
        dialler: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._dialler = dialler or LoopBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check every answer, connect to the first that accepts."""
        if not self._policy.allows(host, port):
            raise EgressRefused(f"{host}:{port} is not on the allow-list")
        addresses = check_answers(
            host, await self._resolve(host, port, timeout), private_allowed=self._policy.allows_private(host, port)
        )
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._dialler.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def _resolve(self, host: str, port: int, limit: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(limit):
                return await self._resolver(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} could not be resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} could not be resolved") from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: the policy names hosts."""
        del timeout, socket_options
        raise EgressRefused(f"sockets are not reached by path ({path})")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
