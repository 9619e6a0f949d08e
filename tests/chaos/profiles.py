"""How big a run is and how hard it is hit; each mode of the command is one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STRUCK = {
    "broker": 1.0, "callback": 0.5, "clock": 0.75, "database": 1.0, "landed": 0.4, "link": 0.75, "process": 1.0, "vendor": 0.5,
}  # fmt: skip
"""Which share of the planned faults strikes something in any run worth its name.

What the harness does itself always strikes. The other shares are well below those of good runs: links nearly all, calls nine in
ten, and of the answers to be lost two thirds, for those that would wait behind another one are left out.
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """The measures of a run.

    Attributes:
        documents: closed invoices; rate: closed in a second.
        faults: how many are drawn of each category; those that would overlap on one target are left out.
        toxics: those drawn for links; empty means all.
        longest_*: seconds a fault of that sort lasts at most; `fault_window` is how long a named vendor fault stays armed.
        ledger_limits: whether the ledger's 60 calls a minute hold, in the sandbox and in our own budget.
        watch_vitals: whether memory, files and tasks of the processes are watched, and growth is a problem.
        stall_seconds: how long the drain may go without settling anything before it is given up, whatever the machine's speed;
            after `patience` of it the waits of retried work are cut short. It outlasts the five minutes for which a bill that
            changed while its outcome is unknown waits, lest the call for the earlier one arrives yet.
        drain_seconds: how long the drain may take altogether, settling or not; good ones on busy machines took half of it.
        faults_wanted, landed_wanted: how many faults, and how many answers lost after a write, a run must have had.
        struck: the share of the planned faults of each category that must have struck something.
    """

    name: str
    documents: int
    rate: float
    faults: Mapping[str, int]
    replicas: Mapping[str, int] = field(default_factory=lambda: {"ingest": 1, "mapper": 2, "poster": 2})
    toxics: tuple[str, ...] = ()
    longest_down: float = 3.0
    longest_pause: float = 8.0
    longest_toxic: float = 8.0
    fault_window: float = 8.0
    ledger_limits: bool = False
    lease_seconds: float = 4.0
    timeout_seconds: float = 6.0
    settle_seconds: float = 1.0
    stall_seconds: float = 330.0
    drain_seconds: float = 1_200.0
    patience: float = 60.0
    watch_vitals: bool = False
    landed_wanted: int = 0
    faults_wanted: int = 0
    struck: Mapping[str, float] = field(default_factory=lambda: STRUCK)

    @property
    def load_seconds(self) -> float:
        """How long the load takes."""
        return self.documents / self.rate


SHORT = Profile(
    "short",
    documents=60,
    rate=3.0,
    faults={"process": 4, "broker": 1, "database": 1, "link": 4, "landed": 5, "vendor": 3, "callback": 3, "clock": 2},
    longest_down=1.0,
    longest_pause=2.0,
    longest_toxic=2.0,
    fault_window=4.0,
    timeout_seconds=5.0,
    drain_seconds=400.0,
    patience=2.0,
    landed_wanted=3,
    faults_wanted=14,
)
"""Continuous integration: about 20 seconds of load."""

KILLS = Profile("kills", documents=120, rate=4.0, faults={"process": 8}, patience=5.0, faults_wanted=5)
"""SIGKILL, SIGSTOP and SIGTERM only."""

USUAL = Profile(
    "usual",
    documents=1_800,
    rate=6.0,
    faults={
        "process": 24, "broker": 5, "database": 8, "link": 36, "landed": 50, "vendor": 30, "callback": 24, "clock": 6,
    },
    replicas={"ingest": 2, "mapper": 2, "poster": 2},
    longest_pause=15.0,
    longest_toxic=12.0,
    landed_wanted=80,
    faults_wanted=170,
)  # fmt: skip
"""`make chaos`: five minutes of load, every kind of fault."""

LONG = Profile(
    "long",
    documents=20_000,
    rate=16.0,
    faults={
        "process": 30, "broker": 8, "database": 10, "link": 70, "landed": 220, "vendor": 60, "callback": 130, "clock": 16,
    },
    replicas={"ingest": 2, "mapper": 2, "poster": 2},
    longest_pause=15.0,
    longest_toxic=12.0,
    ledger_limits=True,
    drain_seconds=2_400.0,
    patience=240.0,
    landed_wanted=100,
    faults_wanted=500,
)  # fmt: skip
"""`make chaos-long`: twenty-one minutes of load with the ledger's call limits on."""

PARTITIONS = Profile(
    "partitions",
    documents=1_200,
    rate=3.0,
    faults={"partition": 24, "landed": 10},
    longest_toxic=30.0,
    landed_wanted=35,
    faults_wanted=26,
    struck={"link": 0.9, "landed": 0.4},
)
"""R9, shortened: in 400 seconds each of eight links is cut both ways and one way, for 10 seconds, each sixth for 30."""

SOAK = Profile(
    "soak",
    documents=2_400,
    rate=2.0,
    faults={"broker": 1, "database": 1, "link": 8, "landed": 8, "vendor": 4, "callback": 4},
    longest_toxic=10.0,
    watch_vitals=True,
    landed_wanted=70,
    faults_wanted=20,
)
"""R21, shortened: twenty minutes at two documents a second, about a fault a minute, no process killed."""

PROFILES = {one.name: one for one in (SHORT, KILLS, USUAL, LONG, PARTITIONS, SOAK)}
