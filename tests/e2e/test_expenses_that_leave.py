"""An expense that leaves a document in the ledger for another one is never in both (M8, M17)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_reports import COMPANY_CARD, OWN_MONEY, PER_REPORT, Reports, open_reports

from ledgerwire.common.settings import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("M8", "M17")]

CARD = {"company_paid_types": ["Company card"], "clearing_contact": "Westpac Cards"}
IN_ANOTHER = "EXPENSE_IN_ANOTHER_DOCUMENT"


@pytest.fixture
async def reports(settings: Settings, tmp_path: Path) -> AsyncIterator[Reports]:
    """An account that makes one document of a report; two expenses are posted and batched, and the first is taken back."""
    async with open_reports(settings, tmp_path, PER_REPORT | CARD) as made:
        made.name_the_card()
        numbers = [made.enter(9301, "41.80"), made.enter(9302, "12.05")]
        await made.look(*numbers)
        await made.settled(*numbers)
        await batches_deleted(made, 9301)
        yield made


async def batches_deleted(reports: Reports, *numbers: int) -> None:
    """A person deletes their batches, which is noticed."""
    for number in numbers:
        await reports.delete_batch(number)
    await reports.world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await reports.until(numbers, "mapped", "stopped")


async def test_while_the_first_cannot_be_changed_it_waits_and_says_so(reports: Reports) -> None:
    """A wrong payment type, found after the member was paid: the bill of the others cannot be changed."""
    reports.pay("EXPR-77")
    await reports.correct_to_card(9301)
    await reports.until([9302], "mapped", "stopped", "DOCUMENT_PAID")
    await reports.until([9301], "mapped", "waiting", IN_ANOTHER)
    await reports.world.quiet()
    assert reports.totals() == {"EXPR-77": Decimal("53.85")}
    reports.unpay("EXPR-77")
    async with reports.world.desk() as desk:
        await desk.retry(reports.world.account_id, number="EXP-9302")
    await reports.document_stands_for(9302)
    await reports.due_at_once(9301)
    await reports.settled(9301, 9302)
    assert reports.totals() == {"EXPR-77": Decimal("12.05"), "EXPR-77-C": Decimal("41.80")}
    assert len(reports.batches()) == 2


async def test_it_goes_once_the_first_was_voided_by_hand(reports: Reports) -> None:
    reports.pay("EXPR-77")
    await reports.correct_to_card(9301)
    await reports.until([9301], "mapped", "waiting", IN_ANOTHER)
    reports.void("EXPR-77")
    await reports.due_at_once(9301)
    await reports.settled(9301)
    assert reports.totals() == {"EXPR-77-C": Decimal("41.80")}


async def test_where_nothing_is_in_the_way_the_first_is_without_it_before_it_is_in_the_second(reports: Reports) -> None:
    await reports.correct_to_card(9301)
    await reports.settled(9301, 9302)
    await reports.document_stands_for(9302)
    assert reports.totals() == {"EXPR-77": Decimal("12.05"), "EXPR-77-C": Decimal("41.80")}
    rows = await reports.world.rows(
        "SELECT p.number, min(s.created_at) AS made, max(s.settled_at) AS known FROM poster.posting p"
        " JOIN poster.submission_posting sp USING (account_id, posting_id)"
        " JOIN poster.submission s USING (account_id, submission_id) GROUP BY p.number ORDER BY p.number"
    )
    assert rows[0]["known"] <= rows[1]["made"]


async def ruled(reports: Reports, treatment: str) -> None:
    """A rule is made for the first expense, and it is looked at again."""
    made = {"name": "by hand", "treatment": treatment, "number_prefixes": ["EXP-9301"], "record_types": ["expense"]}
    await reports.world.apply({"mapping": {"exclusions": [made]}})
    await reports.look(9301, found_by="replay")


@pytest.mark.requirement("D3", "M7")
async def test_one_that_needs_no_document_is_batched_only_once_the_bill_is_without_it(reports: Reports) -> None:
    """A rule made after the member was paid: the bill cannot be changed, and its money is still that of the expense."""
    reports.pay("EXPR-77")
    await ruled(reports, "batch_without_posting")
    await reports.until([9302], "mapped", "stopped", "DOCUMENT_PAID")
    await reports.until([9301], "no_effect", "waiting", IN_ANOTHER)
    await reports.world.quiet()
    assert (reports.totals(), len(reports.batches())) == ({"EXPR-77": Decimal("53.85")}, 1)
    reports.unpay("EXPR-77")
    async with reports.world.desk() as desk:
        await desk.retry(reports.world.account_id, number="EXP-9302")
    await reports.document_stands_for(9302)
    await reports.due_at_once(9301)
    await reports.until([9301], "no_effect", "batched")
    assert (reports.totals(), len(reports.batches())) == ({"EXPR-77": Decimal("12.05")}, 2)


@pytest.mark.requirement("D3", "M7")
async def test_one_that_needs_no_document_is_batched_once_the_bill_was_voided_by_hand(reports: Reports) -> None:
    reports.pay("EXPR-77")
    await ruled(reports, "batch_without_posting")
    await reports.until([9301], "no_effect", "waiting", IN_ANOTHER)
    reports.void("EXPR-77")
    await reports.due_at_once(9301)
    await reports.until([9301], "no_effect", "batched")
    assert (reports.totals(), len(reports.batches())) == ({}, 2)


@pytest.mark.requirement("D3", "M7")
async def test_one_that_needs_no_document_is_batched_at_once_where_the_bill_can_be_changed(reports: Reports) -> None:
    await ruled(reports, "batch_without_posting")
    await reports.until([9301], "no_effect", "batched")
    assert (reports.totals(), len(reports.batches())) == ({"EXPR-77": Decimal("12.05")}, 2)


@pytest.mark.requirement("D3")
async def test_a_paid_bill_that_a_person_accepts_still_has_those_who_left_it_though_its_total_is_as_wanted(
    reports: Reports,
) -> None:
    reports.pay("EXPR-77")
    reports.enter(9303, "41.80")
    await reports.correct_to_card(9301)
    await reports.until([9303], "mapped", "stopped", "DOCUMENT_PAID")
    await reports.until([9301], "mapped", "waiting", IN_ANOTHER)
    async with reports.world.desk() as desk:
        await desk.choose(reports.world.account_id, "EXP-9303", "ACCEPT", "clerk", "paid by hand")
    await reports.settled(9303)
    await reports.due_at_once(9301)
    await reports.world.quiet()
    await reports.until([9301], "mapped", "waiting", IN_ANOTHER)
    assert reports.totals() == {"EXPR-77": Decimal("53.85")}
    await reports.settled(9302, 9303)
    reports.void("EXPR-77")
    await reports.due_at_once(9301)
    await reports.settled(9301)
    await reports.world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'drift'")
    await reports.until([9302, 9303], "mapped", "stopped", "DOCUMENT_GONE_FROM_LEDGER")
    assert reports.totals() == {"EXPR-77-C": Decimal("41.80")}


async def test_two_that_change_places_wait_and_say_so_until_one_of_their_bills_is_voided(
    settings: Settings, tmp_path: Path
) -> None:
    """Each bill, which others stay in, could take one only once the other bill is without it: neither is ever in both."""
    async with open_reports(settings, tmp_path, PER_REPORT | CARD) as reports:
        reports.name_the_card()
        own, by_card = [reports.enter(9301, "41.80"), reports.enter(9303, "7.15")], [9302, 9304]
        for number, amount in zip(by_card, ("12.05", "1.00"), strict=True):
            reports.pay_with(reports.enter(number, amount), COMPANY_CARD)
        await reports.look(*own, *by_card)
        await reports.settled(*own, *by_card)
        before = {"EXPR-77": Decimal("48.95"), "EXPR-77-C": Decimal("13.05")}
        await batches_deleted(reports, 9301, 9302)
        reports.pay_with(9301, COMPANY_CARD), reports.pay_with(9302, OWN_MONEY)
        await reports.look(9301, 9302)
        await reports.until([9301, 9302], "mapped", "waiting", IN_ANOTHER)
        await reports.world.quiet()
        assert reports.totals() == before
        reports.void("EXPR-77-C")
        await reports.due_at_once(9302)
        await reports.document_stands_for(9302, 9303)
        await reports.due_at_once(9301)
        await reports.settled(*own, *by_card)
        assert reports.totals() == {"EXPR-77": Decimal("19.20"), "EXPR-77-C": Decimal("42.80")}
        assert len(reports.batches()) == 4
