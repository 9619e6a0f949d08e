"""What a set-up check found: items, gathered in phases of which each opens when the one before has passed."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.catalogue.registry import Severity

PSA, CONNECT, MAP, RUN = "PSA ready", "connect", "map", "run"
_BLOCKING = (Severity.STOP, Severity.CONNECTION)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the check.

    Attributes:
        findings: what is wrong, or worth knowing.
        fixed: what was made or made active just now.
        told: what was found to be in order, in words.
        each_alone: what is wrong holds up the customers or motions it names, and others are in order: no phase waits for it.
    """

    name: str
    findings: tuple[Finding, ...] = ()
    fixed: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    each_alone: bool = False

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What is wrong; what is only worth knowing is not."""
        return tuple(finding for finding in self.findings if finding.severity in _BLOCKING)

    @property
    def ok(self) -> bool:
        return not self.blocking

    @property
    def holds(self) -> bool:
        """Whether nobody can go on before this is put right."""
        return not self.ok and not self.each_alone


@dataclass(frozen=True, slots=True)
class Open:
    """A check that stands open and holds up the phase that writes."""

    phase: str
    item: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of setting billing sync up.

    Attributes:
        opened: the phase before has passed, so this one was looked at.
    """

    name: str
    opened: bool
    items: tuple[Item, ...] = ()

    @property
    def passed(self) -> bool:
        return self.opened and not any(item.holds for item in self.items)


@dataclass(frozen=True, slots=True)
class SetUp:
    """The whole check."""

    phases: tuple[Phase, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for phase in self.phases for item in phase.items)

    @property
    def ok(self) -> bool:
        """Whether every phase has passed and nothing is wrong for any customer."""
        return all(phase.passed for phase in self.phases) and all(item.ok for item in self.items)

    @property
    def may_run(self) -> bool:
        """Whether the last phase is open: plans may be applied by themselves."""
        return any(phase.name == RUN and phase.opened for phase in self.phases)

    @property
    def standing_open(self) -> tuple[Open, ...]:
        """What keeps the last phase shut, the first cause first."""
        return tuple(
            Open(phase.name, item.name, finding)
            for phase in self.phases
            for item in phase.items
            if item.holds
            for finding in item.blocking
        )
