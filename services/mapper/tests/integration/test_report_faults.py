"""Expenses of a report that cannot be looked at now stay in their document as it is: none goes by itself meanwhile (M17)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.mapper import deciding
from ledgerwire.mapper.domain.records import map_any

from .conftest import Office
from .expense_reports import Expenses, per_report

pytestmark = pytest.mark.requirement("M17", "M25")

FIRST, SECOND, THIRD = ("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("12.05")), ("EXP-9303", Decimal("7.15"))


async def joined(office: Office, *, sent: bool) -> Expenses:
    """A report of two; where it was sent, the second joined afterwards, and poster has not followed yet."""
    spent = per_report(office)
    spent.enter(9301, "41.80")
    if sent:
        await spent.look(9301)
        await spent.sent(9301)
    spent.enter(9302, "12.05")
    await spent.look(9301, 9302)
    assert await spent.documents() == {"EXPR-77": [FIRST, SECOND]}
    return spent


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize(
    "fault",
    [Transient("HTTP 503"), Waiting("nobody is signed in", code="LEDGER_SIGNED_OUT")],
    ids=["503", "signed out"],
)
async def test_while_the_ledger_does_not_answer_the_document_stays_as_it_was_decided(
    office: Office, monkeypatch: pytest.MonkeyPatch, fault: Exception, *, sent: bool
) -> None:
    spent = await joined(office, sent=sent)
    before = await spent.asked_of_poster(9301, 9302), await spent.group()

    async def down(self: Any, *, fresh: bool = False) -> Any:
        raise fault

    monkeypatch.setattr(type(office.ledger), "reference_data", down)
    await spent.look(9302)
    assert (await spent.asked_of_poster(9301, 9302), await spent.group()) == before
    monkeypatch.undo()
    await spent.look(9301, 9302)
    assert (await spent.asked_of_poster(9301, 9302), await spent.group()) == before


@pytest.mark.requirement("B38")
async def test_a_fault_on_one_of_them_holds_up_no_other_and_its_share_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = await joined(office, sent=True)

    def faulty(source: Any) -> Any:
        if source.expense.number == "EXP-9302":
            raise ZeroDivisionError("a fault of ours")
        return map_any(source)

    monkeypatch.setattr(deciding, "map_any", faulty)
    spent.enter(9303, "7.15")
    await spent.look(9303)
    assert {number: sorted(each) for number, each in (await spent.documents()).items()} == {
        "EXPR-77": [FIRST, SECOND, THIRD]
    }
    assert await spent.asked_of_poster(9302) == [("mapped", "EXPR-77", [("EXPR-77", Decimal("61.00"))])]
