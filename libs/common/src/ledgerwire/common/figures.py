"""The standing job behind the gauges: what lies dead, stopped or late is counted anew twice a minute, asked or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from prometheus_client import Gauge

from ledgerwire.common.db.session import Database
from ledgerwire.common.deadletters.store import by_cause
from ledgerwire.common.events import first_of
from ledgerwire.common.mq.outbox_rows import OutboxRows
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import BACKLOG_AGE, COUNTED_AT, DEAD_LETTERS_WAITING, LOOKS_FAILING, OUTBOX_AGE
from ledgerwire.common.work.store import WorkStore

EVERY = timedelta(seconds=20)
"""Scraped and evaluated every 15 s, an alert is out within a minute of its cause."""

Figures = Mapping[tuple[str, ...], float]
"""Label values -> figure."""

_log = structlog.get_logger(__name__)


@dataclass
class Counted:
    """A gauge and how its figures are counted; a series that is not counted any more goes."""

    gauge: Gauge
    count: Callable[[], Awaitable[Figures]]
    _shown: set[tuple[str, ...]] = field(default_factory=set)

    async def refresh(self) -> None:
        """Count, and show that and nothing else of this job's."""
        figures = await self.count()
        for labels in self._shown - set(figures):
            self.gauge.remove(*labels)
        for labels, figure in figures.items():
            self.gauge.labels(*labels).set(figure)
        self._shown = set(figures)


class StandingFigures:
    """The gauges of one service: its dead letters, failing looks and oldest work, and what else it counts."""

    def __init__(
        self, database: Database, schema: ServiceSchema, more: Sequence[Counted] = (), *, every: timedelta | None = None
    ) -> None:
        self._database = database
        self._schema = schema
        self._work = WorkStore(schema)
        self._outbox = OutboxRows(schema)
        self._every = (every or EVERY).total_seconds()
        self._counted = (
            Counted(DEAD_LETTERS_WAITING, self._dead),
            Counted(LOOKS_FAILING, self._failing),
            Counted(BACKLOG_AGE, self._late),
            Counted(OUTBOX_AGE, self._unsent),
            *more,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Count until `stop`."""
        while not stop.is_set():
            await self.refresh()
            await first_of(stop, timeout=self._every)

    async def refresh(self) -> None:
        """Count everything once; what cannot be counted now keeps its last figure, and how old that is shows."""
        complete = True
        for counted in self._counted:
            try:
                await counted.refresh()
            except Exception as error:  # noqa: BLE001 - a figure that cannot be counted must not end the service
                complete = False
                _log.warning("figures.failed", service=self._schema.name, error=type(error).__name__)
        if complete:
            COUNTED_AT.labels(self._schema.name).set_to_current_time()

    async def _dead(self) -> Figures:
        async with self._database.system() as unit:
            groups = await by_cause(unit, self._schema)
        causes: dict[tuple[str, ...], float] = {}
        for group in groups:
            labels = (self._schema.name, group.cause)
            causes[labels] = causes.get(labels, 0) + group.count
        return causes

    async def _failing(self) -> Figures:
        async with self._database.system() as unit:
            failing = await self._work.failing_looks(unit)
        causes: dict[tuple[str, ...], float] = {}
        for look in failing:
            labels = (self._schema.name, look.kind, look.code)
            causes[labels] = causes.get(labels, 0) + 1
        return causes

    async def _late(self) -> Figures:
        async with self._database.system() as unit:
            age = await self._work.oldest_due(unit)
        return {(self._schema.name,): age.total_seconds() if age else 0}

    async def _unsent(self) -> Figures:
        async with self._database.system() as unit:
            age = await self._outbox.oldest_waiting(unit)
        return {(self._schema.name,): age.total_seconds() if age else 0}
