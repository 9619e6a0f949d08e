"""An expense that is owed otherwise now leaves a document that was sent only when somebody takes its share out (M8, M17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.mapper.domain.record import RecordState

from .conftest import PERSON, Office
from .expense_reports import COMPANY_CARD, OWN_MONEY, Expenses, sent_report

pytestmark = pytest.mark.requirement("M8", "M17")

BILL = {"EXPR-77": [("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("12.05"))]}
CARD = {"EXPR-77-C": [("EXP-9301", Decimal("41.80"))]}
BOOKS_CLOSED, LATER = date(2026, 2, 28), date(2026, 3, 3)
WAITS = (RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])
LOCKED = (RecordState.STOPPED, ["PERIOD_LOCKED"])
GOES: tuple[RecordState, list[str]] = (RecordState.MAPPED, [])


@pytest.fixture
async def spent(office: Office) -> Expenses:
    """A report of two expenses whose one document is in the ledger."""
    return await sent_report(office)


def corrected(spent: Expenses, number: int, *, paid: int = OWN_MONEY, on: date = LATER) -> None:
    """Rejected, changed and approved again, by another day or a payment type."""
    spent.status(number, "Rejected")
    spent.psa.change(replace(spent.psa.expense(number), spent=on, payment_method_id=paid), PERSON)
    spent.status(number, "ApprovedByTierTwo")
    spent.psa.reload(number)


async def test_one_owed_otherwise_waits_while_the_day_of_their_document_stops_the_other(spent: Expenses) -> None:
    corrected(spent, 9301, paid=COMPANY_CARD)
    corrected(spent, 9302)
    spent.office.ledger.lock_date = BOOKS_CLOSED
    await spent.look(9301, 9302)
    assert await spent.standing(9301, 9302) == [WAITS, LOCKED]
    assert await spent.documents() == BILL, "as in the ledger"
    spent.office.ledger.lock_date = None
    await spent.office.desk.retry(spent.office.account_id, number="EXP-9302")
    await spent.office.idle()
    assert await spent.standing(9301, 9302) == [GOES, GOES]
    assert await spent.documents() == {"EXPR-77": BILL["EXPR-77"][1:], **CARD}


async def test_one_that_waits_in_its_document_is_in_none_that_another_brings_to_the_ledger(spent: Expenses) -> None:
    spent.enter(9303, "7.00", on=LATER, card=True)
    await spent.look(9303)
    await spent.sent(9303, group="EXPR-77-C")
    corrected(spent, 9301, paid=COMPANY_CARD)
    corrected(spent, 9302)
    spent.office.ledger.lock_date = BOOKS_CLOSED
    spent.edited(9303, "8.00")
    await spent.look(9301, 9302, 9303)
    assert await spent.standing(9301, 9302, 9303) == [WAITS, LOCKED, GOES]
    assert await spent.documents() == {**BILL, "EXPR-77-C": [("EXP-9303", Decimal("8.00"))]}


async def test_one_waits_too_whose_share_only_one_that_waits_itself_would_take_out(office: Office) -> None:
    spent = await sent_report(office, on=LATER)
    card = {"EXPR-77-C": [("EXP-9303", Decimal("7.00")), ("EXP-9304", Decimal("9.00"))]}
    spent.enter(9303, "7.00", card=True), spent.enter(9304, "9.00", card=True)
    await spent.look(9303, 9304)
    await spent.sent(9303, 9304, group="EXPR-77-C")
    spent.status(9302, "Rejected")
    await spent.told(9302, "remap")
    corrected(spent, 9301, paid=COMPANY_CARD)
    corrected(spent, 9303)
    corrected(spent, 9304, paid=COMPANY_CARD)
    spent.office.ledger.lock_date = BOOKS_CLOSED
    await spent.look(9301, 9303, 9304)
    assert await spent.standing(9301, 9303, 9304) == [WAITS, WAITS, LOCKED]
    found = {number: sorted(lines) for number, lines in (await spent.documents()).items()}
    assert found == {**BILL, **card}, "as in the ledger"


async def put_aside(spent: Expenses) -> None:
    """A person skips 9301."""
    await spent.office.desk.skip(spent.office.account_id, "EXP-9301", "private")
    await spent.office.idle()


async def stopped_off_the_list(spent: Expenses, *, aside: str) -> None:
    """9302 was batched by hand, which stops poster; 9301 was put aside before or after, and is on the company card now."""
    if aside == "before":
        await put_aside(spent)
    await spent.batched_by_hand(9302)
    await spent.told(9302, "stopped", "RECORD_OFF_THE_LIST")
    if aside == "after":
        await put_aside(spent)
    corrected(spent, 9301, paid=COMPANY_CARD)
    await spent.office.desk.retry(spent.office.account_id, number="EXP-9301")
    await spent.office.idle()
    assert await spent.standing(9301) == [WAITS]


@pytest.mark.parametrize("aside", ["before", "after"])
async def test_one_that_waits_goes_once_the_one_it_waits_for_is_batched(spent: Expenses, aside: str) -> None:
    await stopped_off_the_list(spent, aside=aside)
    told = (await spent.rung(9302))[0]
    await spent.told(9302, "batched")
    assert await spent.standing(9301) == [GOES]
    assert await spent.documents() == {"EXPR-77": BILL["EXPR-77"][1:], **CARD}
    assert await spent.rung(9302) == [told + (aside == "after")], "who is batched brings the change, where it is one"


async def test_one_that_waits_goes_once_the_document_that_it_is_in_is_gone_from_the_ledger(spent: Expenses) -> None:
    await stopped_off_the_list(spent, aside="before")
    await spent.taken_out()
    await spent.told(9302, "remap")
    assert await spent.standing(9301) == [GOES]
    assert (await spent.documents())["EXPR-77-C"] == CARD["EXPR-77-C"]
