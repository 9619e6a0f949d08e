"""A look that a person asked for goes on by itself where a system asks to slow down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledgerwire.common.errors import Transient
from ledgerwire.poster.payments.desk import PaymentsDesk
from ledgerwire.poster.payments.reconcile import Outcome
from ledgerwire.poster.payments.views import Looked
from ledgerwire.tenants.read import CompanyContext

COMPANY = CompanyContext(uuid4(), "Sydney", uuid4(), uuid4(), ())


class SlowSystem:
    """Asks to slow down before each write."""

    def __init__(self, *advice: timedelta | None) -> None:
        self.advice = list(advice)

    async def look(self, turn: Any, terms: Any, *, outcome: Outcome, **_: Any) -> Outcome:
        del turn, terms
        outcome.written += 1
        if self.advice:
            raise Transient("slow down", code="CONNECTWISE_RATE_LIMITED", retry_after=self.advice.pop(0))
        return outcome


class Desk(PaymentsDesk):
    """The desk without its surroundings."""

    def __init__(self, system: SlowSystem) -> None:
        self._sync: Any = system
        self.turns = 0

    async def _companies(self, account_id: UUID, name: str | None) -> list[CompanyContext]:
        del account_id, name
        return [COMPANY]

    async def _terms(self, account_id: UUID, company: CompanyContext) -> Any:
        del account_id, company

    @asynccontextmanager
    async def _turn(self, account_id: UUID, company: CompanyContext) -> AsyncIterator[Any]:
        del account_id, company
        self.turns += 1
        yield None

    async def _looked(self, account_id: UUID, company: CompanyContext, outcome: Outcome, *, dry_run: bool) -> Looked:
        del account_id
        return Looked(company.name, dry_run, outcome.looked_at, outcome.written, 0, (), ())


@pytest.mark.requirement("A122")
async def test_it_goes_on_after_the_advised_pause_and_counts_all_that_was_written():
    desk = Desk(SlowSystem(timedelta(0), timedelta(0)))
    [looked] = await desk.look(uuid4())
    assert (looked.written, desk.turns) == (3, 3), "the connection is given back for each pause"


@pytest.mark.parametrize("advice", [None, timedelta(hours=1)])
async def test_what_takes_longer_is_said_at_once(advice: timedelta | None):
    with pytest.raises(Transient):
        await Desk(SlowSystem(advice)).look(uuid4())
