"""What the nemesis does and when: frozen before anything runs, made from a seed and a profile and from nothing else."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.chaos.profiles import Profile

SERVICES = ("ingest", "mapper", "poster")
TOXICS = (
    "latency",
    "jitter",
    "bandwidth",
    "slow_close",
    "timeout",
    "reset_peer",
    "slicer",
    "limit_data",
    "down",
    "partition",
)
LINKS = (
    *(f"{service}-{server}" for service in SERVICES for server in ("broker", "database")),
    "services-ledger",
    "services-connectwise",
    "connectwise-ingest",
)
LANDED = ("timeout_after_commit", "500_after", "half_body", "html_page")
"""The vendor did what it was asked, and the caller does not learn it."""
REFUSED = ("429", "500_before", "slow", "revoked_token")
WRITES = {"ledger": ("PUT", r"/(Invoices|CreditNotes)$"), "connectwise": ("POST", r"/accounting/batches$")}
CALLBACKS = ("lost_callback", "duplicate_callback", "reordered_callback")
QUIET_START = 3.0
"""Seconds of load before the first fault."""
_DAY = 86_400.0
STEPS = {
    "token ahead": (2_400.0, 4_500.0),
    "token behind": (-4_500.0, -2_400.0),
    "consent ahead": (61 * _DAY, 80 * _DAY),
    "consent behind": (-80 * _DAY, -61 * _DAY),
}
"""Seconds by which a service's clock is wrong: past an access token's half hour, or past the 60 days of a consent nobody uses."""
VENDOR_STEPS = {"ahead": (9.0, 30.0), "behind": (-600.0, -180.0)}
"""A vendor's clock that runs ahead makes closes that look too young to be swept for as long as it runs ahead."""
LONG_LIVED = tuple(link for link in LINKS if link.endswith(("-broker", "-database")))
"""Links whose connections live as long as their process."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault: `at` seconds after the load began, for `seconds`; `amount` and `direction` where the kind has them."""

    at: float
    category: str
    kind: str
    target: str
    seconds: float = 0.0
    amount: float = 0.0
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole schedule of one run."""

    seed: int
    profile: str
    seconds: float
    faults: tuple[Planned, ...]

    def counts(self) -> Mapping[str, int]:
        """How many of each category are planned."""
        return dict(sorted(Counter(one.category for one in self.faults).items()))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def make_plan(seed: int, profile: Profile) -> Plan:
    """The schedule of a seed: the same one, always."""
    draw = random.Random(f"ledgerwire chaos {profile.name} {seed}")  # noqa: S311 - a schedule, no secret
    faults = [
        fault
        for category, count in sorted(profile.faults.items())
        for fault in _CATEGORIES[category](draw, profile, count)
    ]
    return Plan(
        seed, profile.name, profile.load_seconds, tuple(sorted(faults, key=lambda one: (one.at, one.target, one.kind)))
    )


def _moments(draw: random.Random, profile: Profile, count: int) -> list[float]:
    """One moment in each of `count` equal parts of the load's time, so that no minute is spared."""
    part = (profile.load_seconds - QUIET_START) / max(count, 1)
    return [round(QUIET_START + part * (number + draw.random()), 2) for number in range(count)]


def _dealt(draw: random.Random, cards: Sequence[tuple[str, ...]], count: int) -> Iterator[tuple[str, ...]]:
    """Cards from a shuffled deck, shuffled anew when it is used up: every kind comes before any comes a second time."""
    deck: list[tuple[str, ...]] = []
    for _ in range(count):
        if not deck:
            deck = draw.sample(list(cards), len(cards))
        yield deck.pop()


def _apart(faults: Sequence[Planned], rest: float = 1.0) -> list[Planned]:
    """Faults of one target do not overlap: a later one that would is left out."""
    free: dict[str, float] = {}
    kept: list[Planned] = []
    for fault in faults:
        if fault.at >= free.get(fault.target, 0.0):
            kept.append(fault)
            free[fault.target] = fault.at + fault.seconds + rest
    return kept


def _processes(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    slots = [f"{service}-{number}" for service, many in profile.replicas.items() for number in range(1, many + 1)]
    cards = [(kind, slot) for kind in ("kill", "kill", "pause", "restart") for slot in slots]
    longest = {"kill": profile.longest_down, "pause": profile.longest_pause, "restart": 0.0}
    faults = [
        Planned(at, "process", kind, slot, round(draw.uniform(0.0, longest[kind]), 1))
        for at, (kind, slot) in zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True)
    ]
    return _apart(faults, rest=4.0)


def _broker(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    cards = [("restart", "broker"), ("crash", "broker"), ("pause", "broker")]
    return _servers(draw, profile, "broker", cards, count)


def _database(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    return _servers(draw, profile, "database", [("restart", "database"), ("crash", "database")], count)


def _servers(
    draw: random.Random, profile: Profile, category: str, cards: Sequence[tuple[str, ...]], count: int
) -> list[Planned]:
    longest = profile.longest_down
    faults = [
        Planned(at, category, kind, target, round(draw.uniform(0.0, longest), 1))
        for at, (kind, target) in zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True)
    ]
    return _apart(faults, rest=5.0)


def _links(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    kinds = profile.toxics or TOXICS
    # what acts when a connection ends would mostly find none ending
    cards = [(kind, link) for kind in kinds for link in LINKS if kind != "slow_close" or link not in LONG_LIVED]
    faults = []
    for at, (kind, link) in zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True):
        seconds = round(draw.uniform(1.0, profile.longest_toxic), 1)
        direction = draw.choice(("both", "up", "down"))
        faults.append(Planned(at, "link", kind, link, seconds, _amount(draw, kind), direction))
    return _apart(faults)


def _partitions(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    """Every link between a service and what it stands on, both ways and one way; each sixth for the longest time."""
    cards = [
        ("partition", link, way) for link in LINKS if link != "connectwise-ingest" for way in ("both", "up", "down")
    ]
    faults: list[Planned] = []
    free: dict[str, float] = {}
    dealt = zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True)
    for number, (at, (kind, link, way)) in enumerate(dealt):
        seconds = round(profile.longest_toxic if number % 6 == 0 else profile.longest_toxic / 3, 1)
        begins = max(at, free.get(link, 0.0))
        faults.append(Planned(begins, "link", kind, link, seconds, 0.0, way))
        free[link] = begins + seconds + 1.0
    return faults


def _amount(draw: random.Random, kind: str) -> float:
    least, most = {
        "latency": (0.05, 0.8),
        "jitter": (0.1, 1.5),
        "bandwidth": (4_000, 100_000),
        "slow_close": (0.5, 3.0),
        "timeout": (0.5, 6.0),
        "reset_peer": (0.0, 0.5),
        "slicer": (20, 400),
        "limit_data": (200, 8_000),
    }.get(kind, (0.0, 0.0))
    return round(draw.uniform(least, most), 2)


def _landed(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    """The answer to one write is lost after the vendor has carried it out."""
    cards = [(kind, system) for kind in LANDED for system in ("connectwise", "connectwise", "ledger")]
    return [
        Planned(at, "landed", kind, system)
        for at, (kind, system) in zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True)
    ]


def _refused(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    """Vendor trouble on any call, reads included."""
    cards = [(kind, system) for kind in (*REFUSED, *LANDED) for system in ("ledger", "connectwise")]
    return [
        Planned(at, "vendor", kind, system, profile.fault_window, float(draw.choice((1, 1, 2, 4))))
        for at, (kind, system) in zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True)
    ]


def _callbacks(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    cards = [(kind, "connectwise") for kind in CALLBACKS]
    return [
        Planned(at, "callback", kind, target, profile.fault_window, float(draw.choice((1, 2, 5))))
        for at, (kind, target) in zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True)
    ]


def _clocks(draw: random.Random, profile: Profile, count: int) -> list[Planned]:
    """Each service's clock ahead and behind, by a token's life and by a consent's; the vendors'; and tokens that end at the vendor."""
    cards = [("step", service, step) for service in SERVICES for step in STEPS]
    cards += [("step", "vendors", step) for step in VENDOR_STEPS] + [("expire", "ledger", "")] * 2
    faults = []
    for at, (kind, target, step) in zip(_moments(draw, profile, count), _dealt(draw, cards, count), strict=True):
        least, most = {**STEPS, **VENDOR_STEPS}.get(step, (0.0, 0.0))
        seconds = round(draw.uniform(1.0, profile.longest_toxic), 1) if step else 0.0
        faults.append(Planned(at, "clock", kind, target, seconds, round(draw.uniform(least, most), 1)))
    return _apart(faults)


_CATEGORIES = {
    "broker": _broker,
    "callback": _callbacks,
    "clock": _clocks,
    "database": _database,
    "landed": _landed,
    "link": _links,
    "partition": _partitions,
    "process": _processes,
    "vendor": _refused,
}
