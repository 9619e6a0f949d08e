"""Poster sends a document while mapper decides whose it is to be: what was sent counts, and nothing is sent again (M8, M17)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from ledgerwire.common.db.document_turns import take_turns
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.embedded.process import until
from ledgerwire.mapper import points, session
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import DocumentPer

from .conftest import PERSON, Office
from .expense_reports import COMPANY_CARD, Expenses, per_report

pytestmark = pytest.mark.requirement("M8", "M17", "A129")


class Poster:
    """Commits a call for a document in a transaction that is still open when mapper comes to write."""

    def __init__(self, spent: Expenses, monkeypatch: pytest.MonkeyPatch) -> None:
        self._spent = spent
        self._monkeypatch = monkeypatch
        self.met_mapper = False

    def sends(self, owner: UUID, number: str, *records: int) -> None:
        """The next time that mapper has decided, poster is in the middle of sending this document of an owner."""
        begun, pool = threading.Event(), ThreadPoolExecutor(max_workers=1)

        def reach(point: str) -> None:
            if point == points.DECIDED and not begun.is_set():
                pool.submit(asyncio.run, self._send(owner, number, records, begun.set))
                assert begun.wait(20)

        self._monkeypatch.setattr(session, "reach", reach)

    async def _send(self, owner: UUID, number: str, records: tuple[int, ...], begun: Callable[[], None]) -> None:
        database = open_database(self._spent.office.settings, "poster")
        try:
            async with database.account(self._spent.office.account_id) as unit:
                await take_turns(unit, [owner])
                await self._spent.posting(unit, owner, number, *records)
                begun()
                self.met_mapper = await until(self._mapper_waits, seconds=5)
        finally:
            await database.close()

    async def _mapper_waits(self) -> bool:
        """Whether mapper waits for its turn; where it does not ask for one, it writes meanwhile."""
        [found] = await self._spent.poster(
            "SELECT count(*) AS waiting FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        return bool(found.waiting)


@pytest.fixture
def spent(office: Office) -> Expenses:
    return per_report(office)


async def test_an_expense_that_was_sent_by_itself_meanwhile_does_not_join_the_document_of_its_report(
    spent: Expenses, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent.setting(document_per=DocumentPer.EXPENSE)
    spent.enter(9301, "41.80")
    await spent.look(9301)
    spent.setting(document_per=DocumentPer.REPORT)
    spent.enter(9302, "12.05")
    poster = Poster(spent, monkeypatch)
    poster.sends(spent.key(9301), "EXP-9301", 9301)
    await spent.look(9302)
    assert poster.met_mapper
    assert await spent.asked_of_poster(9301, 9302) == [
        ("mapped", None, [("EXP-9301", Decimal("41.80"))]),
        ("mapped", "EXPR-77", [("EXPR-77", Decimal("12.05"))]),
    ]


async def test_one_that_is_owed_otherwise_waits_where_the_document_that_it_leaves_was_sent_meanwhile(
    spent: Expenses, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301, 9302)
    spent.status(9302, "Rejected")
    spent.status(9301, "Rejected")
    spent.psa.change(replace(spent.psa.expense(9301), payment_method_id=COMPANY_CARD), PERSON)
    spent.status(9301, "ApprovedByTierTwo")
    spent.psa.reload(9301)
    [group] = await spent.rows("SELECT group_id FROM mapper.expense_group")
    poster = Poster(spent, monkeypatch)
    poster.sends(group.group_id, "EXPR-77", 9301, 9302)
    await spent.look(9301)
    assert poster.met_mapper
    assert await spent.standing(9301) == [(RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])]
    assert (await spent.documents()).keys() == {"EXPR-77"}
