"""Outgoing calls reach public addresses of allowed hosts, and nothing else."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import httpcore
import pytest

from ledgerwire.common.http.guard import (
    EgressRefused,
    GuardedBackend,
    HttpPolicy,
    authority,
    check_answers,
    is_on_premise,
    is_public,
    parse_address,
    system_resolver,
)

UNSPECIFIED = str(ipaddress.IPv4Address(0))
BLOCKED = [
    UNSPECIFIED,
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.5",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:100.64.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c:0:fbff:5601:5601",
    "2001:20::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "20.43.99.1",
    "52.1.2.3",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
]


@pytest.mark.requirement("A043")
@pytest.mark.parametrize("address", BLOCKED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(parse_address(address))
    with pytest.raises(EgressRefused) as refused:
        check_answers("api.example.com", [address], private_allowed=False)
    assert refused.value.code == "EGRESS_REFUSED"


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert check_answers("api.example.com", [address], private_allowed=False)


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "172.20.0.5", "192.168.3.4", "127.0.0.1", "::1", "fd12::9", "::ffff:10.0.0.1"]
)
def test_on_premise_adds_private_networks(address: str) -> None:
    assert is_on_premise(parse_address(address))
    assert check_answers("psa.local", [address], private_allowed=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        UNSPECIFIED,
        "224.0.0.1",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "fe80::1",
    ],
)
def test_on_premise_never_adds_metadata_services_or_tunnels(address: str) -> None:
    with pytest.raises(EgressRefused):
        check_answers("psa.local", [address], private_allowed=True)


@pytest.mark.parametrize(
    "answers", [[], ["not an address"], ["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["8.8.8.8", "::1"]]
)
def test_one_bad_answer_refuses_all(answers: list[str]) -> None:
    with pytest.raises(EgressRefused):
        check_answers("api.example.com", answers, private_allowed=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Host.Example", "host.example:443"),
        ("host:8443", "host:8443"),
        ("[::1]:9", "::1:9"),
        ("host.", "host:443"),
        ("::1", "::1:443"),
    ],
)
def test_authorities_have_one_spelling(text: str, expected: str) -> None:
    assert authority(text) == expected


class Recorder(httpcore.AsyncMockBackend):
    def __init__(self) -> None:
        super().__init__([])
        self.dialled: list[str] = []
        self.refusing: set[str] = set()

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):  # noqa: ASYNC109
        self.dialled.append(host)
        if host in self.refusing:
            raise httpcore.ConnectError("refused")
        return await super().connect_tcp(host, port, timeout, local_address, socket_options)


class Script:
    """A name server that answers each question with the next line of its script."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


POLICY = HttpPolicy(allowed_hosts=frozenset({"api.example.com"}))
GOOD, EVIL = "8.8.8.8", "169.254.169.254"
REBINDING = {
    "public, then private": (([GOOD], [EVIL]), [GOOD]),
    "private at once": (([EVIL],), []),
    "public and private together": (([GOOD, EVIL],), []),
    "private and public together": (([EVIL, GOOD],), []),
    "public, then mapped loopback": (([GOOD], ["::ffff:127.0.0.1"]), [GOOD]),
    "public, then loopback": (([GOOD], ["127.0.0.1"]), [GOOD]),
    "public, then 6to4": (([GOOD], ["2002:7f00:1::1"]), [GOOD]),
    "public, then NAT64": (([GOOD], ["64:ff9b::a9fe:a9fe"]), [GOOD]),
    "public, then carrier NAT": (([GOOD], ["100.64.0.1"]), [GOOD]),
    "public, then both": (([GOOD], [GOOD, EVIL]), [GOOD]),
    "public, then nothing": (([GOOD], []), [GOOD]),
    "public, then unspecified": (([GOOD], [UNSPECIFIED]), [GOOD]),
    "public v6, then unique local": ((["2606:4700::1"], ["fd00::1"]), ["2606:4700::1"]),
    "back and forth": (([GOOD], [EVIL], [GOOD], [EVIL]), [GOOD, GOOD]),
}


@pytest.mark.parametrize("name", REBINDING)
async def test_a_name_that_changes_its_answer_gains_nothing(name: str) -> None:
    script, reached = REBINDING[name]
    network = Recorder()
    backend = GuardedBackend(POLICY, Script(*script), network)
    for _ in range(4):
        try:
            await backend.connect_tcp("api.example.com", 443)
        except EgressRefused:
            continue
    wanted = set(reached)
    assert set(network.dialled) <= wanted, "an address was dialled that had not been checked"
    assert network.dialled[: len(reached)] == reached


async def test_the_address_that_was_checked_is_the_one_that_is_dialled() -> None:
    network = Recorder()
    network.refusing = {"8.8.4.4"}
    await GuardedBackend(POLICY, Script(["8.8.4.4", GOOD]), network).connect_tcp("api.example.com", 443)
    assert network.dialled == ["8.8.4.4", GOOD]
    assert all(ipaddress.ip_address(item) for item in network.dialled)


@pytest.mark.parametrize(("host", "port"), [("evil.example.com", 443), ("api.example.com", 8443), ("8.8.8.8", 443)])
async def test_only_listed_hosts_and_ports_are_resolved(host: str, port: int) -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        pytest.fail("resolved a host that is not allowed")

    with pytest.raises(EgressRefused):
        await GuardedBackend(POLICY, never, Recorder()).connect_tcp(host, port)


@pytest.mark.parametrize("spelling", ["127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1"])
async def test_odd_spellings_of_an_address_are_seen_as_what_they_are(spelling: str) -> None:
    policy = HttpPolicy(allowed_hosts=frozenset({spelling}))
    network = Recorder()
    with pytest.raises((EgressRefused, httpcore.ConnectError)):
        await GuardedBackend(policy, system_resolver, network).connect_tcp(spelling, 443)
    assert network.dialled == []


async def test_a_name_that_does_not_resolve_is_a_connection_error() -> None:
    async def fails(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(httpcore.ConnectError):
        await GuardedBackend(POLICY, fails, Recorder()).connect_tcp("api.example.com", 443)


async def test_unix_sockets_are_never_reached() -> None:
    with pytest.raises(EgressRefused):
        await GuardedBackend(POLICY).connect_unix_socket("/var/run/docker.sock")
