"""Poster is told of no expense over a share in its report's document that is not its own any more (M8, M17)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment

from .conftest import Office
from .expense_reports import Expenses, per_report, sent_report

pytestmark = pytest.mark.requirement("M8", "M17")

BILL = {"EXPR-77": [("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("12.05"))]}
UNREADABLE = (RecordState.STOPPED, ["INVOICE_UNREADABLE"])
WAITS = (RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])
GOES: tuple[RecordState, list[str]] = (RecordState.MAPPED, [])


def unread(spent: Expenses, number: int) -> Any:
    """ConnectWise does not show an expense's entry, which names its report; returns the table and the entry."""
    table = spent.office.sandbox.world.connectwise.state.tables["expense_entries"]
    return table, table.pop(number)


async def lines(spent: Expenses) -> dict[str, list[tuple[str, Decimal]]]:
    return {number: sorted(each) for number, each in (await spent.documents()).items()}


async def retried(spent: Expenses, number: int) -> None:
    await spent.office.desk.retry(spent.office.account_id, number=f"EXP-{number}")
    await spent.office.idle()


@pytest.mark.requirement("B25")
@pytest.mark.parametrize("mate", ["goes", "batched", "open"])
async def test_one_whose_report_cannot_be_read_keeps_its_share_in_the_document_that_was_sent(
    office: Office, mate: str
) -> None:
    spent = await sent_report(office)
    if mate == "batched":
        await spent.batched(9302)
    elif mate == "open":
        spent.status(9302, "Rejected")
        await spent.told(9302, "remap")
    told = await spent.rung(9301)
    spent.edited(9301, "50.00")
    table, entry = unread(spent, 9301)
    await spent.look(9301)
    assert await spent.standing(9301) == [UNREADABLE]
    assert (await lines(spent), (await spent.group())[1]) == (BILL, {"9301", "9302"}), "as in the ledger"
    assert await spent.rung(9301) == told
    assert (await spent.record(9301)).findings[0].message == "EXP-9301 has no expense report in ConnectWise."
    table[9301] = entry
    await retried(spent, 9301)
    assert await spent.standing(9301) == [GOES]
    assert await lines(spent) == {"EXPR-77": [("EXP-9301", Decimal("50.00")), *BILL["EXPR-77"][1:]]}


async def test_one_skipped_and_retried_whose_report_cannot_be_read_is_not_posted_by_itself_too(office: Office) -> None:
    spent = await sent_report(office)
    await spent.batched(9302)
    await office.desk.skip(office.account_id, "EXP-9301", "private")
    await office.idle()
    table, entry = unread(spent, 9301)
    await retried(spent, 9301)
    assert await spent.standing(9301) == [UNREADABLE], "its share is in the document until poster has taken it out"
    table[9301] = entry
    await retried(spent, 9301)
    assert await spent.standing(9301) == [GOES]
    assert await lines(spent) == BILL


async def test_one_whose_report_cannot_be_read_goes_by_itself_while_no_document_of_it_was_sent(office: Office) -> None:
    spent = per_report(office)
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301, 9302)
    unread(spent, 9301)
    await spent.look(9301)
    assert await spent.asked_of_poster(9301, 9302) == [
        ("mapped", None, [("EXP-9301", Decimal("41.80"))]), ("mapped", "EXPR-77", [("EXPR-77", Decimal("12.05"))])
    ]  # fmt: skip


@pytest.mark.requirement("M4")
async def test_one_without_effect_that_was_to_join_waits_while_nobody_takes_its_share_out_again(office: Office) -> None:
    spent = per_report(office)
    spent.enter(9301, "41.80")
    await spent.look(9301)
    await spent.sent(9301)
    spent.enter(9302, "12.05")
    await spent.look(9302)
    mapping = office.account.mappings[0].settings
    made = ExclusionRule(
        "by hand", ExclusionTreatment.LEAVE_UNPOSTED, number_prefixes=("EXP-9301",), record_types=("expense",)
    )
    office.change(mapping=replace(mapping, exclusions=(made,)))
    spent.edited(9302, "0.00")
    await spent.look(9301, 9302, found_by="replay")
    assert await spent.standing(9301, 9302) == [(RecordState.STOPPED, ["LEFT_OUT_DOCUMENT_REMAINS"]), WAITS]
    await spent.look(9302)
    assert (await spent.standing(9302), (await spent.rung(9302))[0]) == ([WAITS], 1)
    office.change(mapping=mapping)
    await retried(spent, 9301)
    assert await spent.standing(9301, 9302) == [GOES, (RecordState.NO_EFFECT, [])]
    assert await spent.asked_of_poster(9301, 9302) == [
        ("mapped", "EXPR-77", [("EXPR-77", Decimal("41.80"))]), ("no_effect", None, [])
    ]  # fmt: skip
