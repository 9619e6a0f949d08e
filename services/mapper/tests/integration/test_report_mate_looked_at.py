"""An expense that waits for another of its report goes on when a look finds that one changed, with nobody's help (M17)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.mapper import deciding
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.records import map_any
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment

from .conftest import PERSON, Office
from .expense_reports import Expenses, per_report, sent_report

pytestmark = pytest.mark.requirement("M17")

OTHER_REPORT = 78
WAITS = (RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])
STOPPED = (RecordState.STOPPED, ["EXPENSE_BILLING_STATUS"])
GOES: tuple[RecordState, list[str]] = (RecordState.MAPPED, [])


@pytest.fixture
async def spent(office: Office) -> Expenses:
    """A report of two expenses of which nothing was sent: 9301 stops, so that 9302 waits for it."""
    made = per_report(office)
    made.setting(required_status="ReadyToBill")
    made.enter(9301, "41.80"), made.enter(9302, "12.05", status="ReadyToBill")
    await made.look(9302)
    assert await made.standing(9301, 9302) == [STOPPED, WAITS]
    return made


def moved(spent: Expenses, number: int) -> None:
    """A person puts an expense on another report of the same member."""
    status = spent.psa.expense(number).status
    spent.status(number, "Rejected")
    spent.psa.change(replace(spent.psa.expense(number), report_id=OTHER_REPORT), PERSON)
    spent.status(number, status)


@pytest.mark.requirement("M1")
async def test_it_goes_once_the_other_has_left_the_list(spent: Expenses) -> None:
    spent.status(9301, "Rejected")
    await spent.look(9301)
    assert await spent.standing(9301, 9302) == [(RecordState.OPEN, []), GOES]
    assert await spent.documents() == {"EXPR-77": [("EXP-9302", Decimal("12.05"))]}


@pytest.mark.parametrize("looked_at", ["it", "one there", "retried"])
async def test_it_goes_once_the_other_is_on_another_report(spent: Expenses, looked_at: str) -> None:
    spent.enter(9303, "7.15", status="ReadyToBill")
    moved(spent, 9301), moved(spent, 9303)
    if looked_at == "retried":
        await spent.office.desk.retry(spent.office.account_id, number="EXP-9301")
        await spent.office.idle()
    else:
        await spent.look(9301 if looked_at == "it" else 9303)
    assert await spent.standing(9301, 9303, 9302) == [STOPPED, WAITS, GOES]
    assert await spent.documents() == {"EXPR-77": [("EXP-9302", Decimal("12.05"))]}


async def test_it_goes_once_the_other_is_left_out_on_another_report(spent: Expenses) -> None:
    rule = ExclusionRule(
        "by hand", ExclusionTreatment.LEAVE_UNPOSTED, number_prefixes=("EXP-9301",), record_types=("expense",)
    )
    spent.office.change(mapping=replace(spent.office.account.mappings[0].settings, exclusions=(rule,)))
    moved(spent, 9301)
    await spent.look(9301)
    assert await spent.standing(9301, 9302) == [(RecordState.SKIPPED, []), GOES]


@pytest.mark.requirement("M8")
async def test_one_that_waits_in_a_document_that_was_sent_goes_once_who_joins_that_can_take_it_out(
    office: Office,
) -> None:
    spent = await sent_report(office)
    spent.status(9302, "Rejected")
    await spent.told(9302, "remap")
    moved(spent, 9301)
    spent.psa.reload(9301)
    await spent.look(9301)
    assert await spent.standing(9301, 9302) == [WAITS, (RecordState.OPEN, [])]
    spent.enter(9303, "7.15")
    await spent.look(9303)
    assert await spent.standing(9301, 9303) == [GOES, GOES]
    assert await spent.documents() == {
        "EXPR-77": [("EXP-9302", Decimal("12.05")), ("EXP-9303", Decimal("7.15"))],
        "EXPR-78": [("EXP-9301", Decimal("41.80"))],
    }


@pytest.mark.requirement("B38")
async def test_it_goes_once_one_that_a_fault_kept_unknown_has_left_the_list(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(source: Any) -> Any:
        if source.expense.number == "EXP-9301":
            raise ZeroDivisionError("a fault of ours")
        return map_any(source)

    monkeypatch.setattr(deciding, "map_any", faulty)
    spent = per_report(office)
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9302)
    assert await spent.standing(9302) == [WAITS]
    spent.status(9301, "Rejected")
    await spent.look(9301)
    assert await spent.standing(9302) == [GOES]


async def left_and_came_back(spent: Expenses) -> None:
    """9301 was skipped, put on another report and retried: it waits for 9302, which is open, to take its share out."""
    await spent.office.desk.skip(spent.office.account_id, "EXP-9301", "private")
    await spent.office.idle()
    spent.status(9302, "Rejected")
    await spent.told(9302, "remap")
    moved(spent, 9301)
    spent.psa.reload(9301)
    await spent.office.desk.retry(spent.office.account_id, number="EXP-9301")
    await spent.office.idle()
    assert await spent.standing(9301, 9302) == [WAITS, (RecordState.OPEN, [])]


async def test_a_look_that_finds_an_expense_as_it_was_has_nobody_looked_at_who_waits_for_it(office: Office) -> None:
    spent = await sent_report(office)
    await left_and_came_back(spent)
    looks = len(office.calls)
    await spent.look(9302)
    assert len(office.calls) == looks + 1


@pytest.mark.requirement("M8")
async def test_one_moved_away_is_looked_at_with_who_joins_the_document_that_it_is_in(office: Office) -> None:
    spent = per_report(office)
    spent.setting(required_status="ReadyToBill")
    spent.enter(9301, "41.80", status="ReadyToBill"), spent.enter(9302, "12.05", status="ReadyToBill")
    await spent.look(9301, 9302)
    await spent.sent(9301, 9302)
    spent.status(9302, "ApprovedByTierTwo")
    moved(spent, 9301)
    spent.psa.reload(9301)
    await spent.look(9301, 9302)
    assert await spent.standing(9301, 9302) == [WAITS, STOPPED]
    spent.enter(9303, "7.15", status="ReadyToBill")
    await spent.look(9303)
    assert await spent.standing(9301, 9302, 9303) == [GOES, STOPPED, GOES]
    assert await spent.documents() == {
        "EXPR-77": [("EXP-9302", Decimal("12.05")), ("EXP-9303", Decimal("7.15"))],
        "EXPR-78": [("EXP-9301", Decimal("41.80"))],
    }


@pytest.mark.requirement("M8")
async def test_one_that_came_back_goes_once_the_other_does_that_takes_its_share_out(office: Office) -> None:
    spent = await sent_report(office)
    await left_and_came_back(spent)
    spent.status(9302, "ApprovedByTierTwo")
    await spent.look(9302)
    assert await spent.standing(9301, 9302) == [GOES, GOES]
    assert await spent.documents() == {
        "EXPR-77": [("EXP-9302", Decimal("12.05"))], "EXPR-78": [("EXP-9301", Decimal("41.80"))]
    }  # fmt: skip
