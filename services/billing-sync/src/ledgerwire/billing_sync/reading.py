"""Read every source of an account: one that does not answer holds up its own customers and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from ledgerwire.billing_sync.planning import Progress, no_progress, period_of
from ledgerwire.billing_sync.settings import seats_of
from ledgerwire.billing_sync.sources import SeatSources
from ledgerwire.common.errors import ConfigurationError, LedgerwireError, Transient, Waiting
from ledgerwire.common.seats import Completeness, RowProblem, SeatReading
from ledgerwire.distributors.port import read_source
from ledgerwire.tenants.read import AccountContext

_UNREADABLE = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What reading an answer raises that nothing was made for."""
_log = structlog.get_logger(__name__)


async def read_sources(
    sources: SeatSources, account: AccountContext, now: datetime, progress: Progress = no_progress
) -> tuple[SeatReading, ...]:
    """What every source shows.

    A source that cannot be read at all is an empty, partial reading with the cause: nothing of its customers is planned or ended.
    Raises what the first of them raised where no source can be read.
    """
    section = seats_of(account)
    period, readings = period_of(section, now.date()), []
    failures: list[LedgerwireError] = []
    for each in section.sources:
        try:
            opened = await sources.open(account, each)
            readings.append(await read_source(opened, period, now, progress=_told(each.name, progress)))
        except (Waiting, Transient, ConfigurationError) as error:
            failures.append(error)
        except _UNREADABLE as error:
            _log.exception("seats.source_unreadable", source=each.name)
            unreadable = Transient(f"Source {each.name} gave an answer that cannot be read")
            unreadable.__cause__ = error
            failures.append(unreadable)
        else:
            continue
        readings.append(_unread(each.name, now, failures[-1]))
    if len(failures) == len(readings):
        raise failures[0]
    return tuple(readings)


def _unread(name: str, now: datetime, error: LedgerwireError) -> SeatReading:
    params = (("source", name), ("place", "the beginning"), ("reason", error.code))
    problem = RowProblem("the beginning", "BS_SOURCE_INCOMPLETE", params)
    return SeatReading(name, now, Completeness.PARTIAL, problems=(problem,))


def _told(name: str, progress: Progress) -> Callable[[int, int], None]:
    def told(done: int, wanted: int) -> None:
        progress(f"source {name}", done, wanted)

    return told
