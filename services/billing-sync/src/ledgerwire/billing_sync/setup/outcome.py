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
    """

    name: str
    findings: tuple[Finding, ...] = ()
    fixed: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing blocks; what is only worth knowing does not."""
        return not any(finding.severity in _BLOCKING for finding in self.findings)


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
        return self.opened and all(item.ok for item in self.items)


@dataclass(frozen=True, slots=True)
class SetUp:
    """The whole check."""

    phases: tuple[Phase, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for phase in self.phases for item in phase.items)

    @property
    def ok(self) -> bool:
        return all(phase.passed for phase in self.phases)

    @property
    def may_run(self) -> bool:
        """Whether the last phase is open: plans may be applied by themselves."""
        return any(phase.name == RUN and phase.opened for phase in self.phases)
