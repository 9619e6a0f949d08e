"""A report whose document was sent is not left out silently, whatever leaves its expenses out now (M8, M17, M19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment

from .conftest import Office
from .expense_reports import DAY, Expenses, per_report, sent_report

pytestmark = pytest.mark.requirement("M17", "M19")

REMAINS = (RecordState.STOPPED, ["LEFT_OUT_DOCUMENT_REMAINS"])
WITHOUT: tuple[RecordState, list[str]] = (RecordState.NO_EFFECT, [])
ALL = "EXP-93"
BILL = [("EXPR-77", Decimal("53.85"))]
EXPENSES = [("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("12.05"))]


@pytest.fixture
async def spent(office: Office) -> Expenses:
    """A report of two expenses whose one document is in the ledger, and whose batches are still to be made."""
    return await sent_report(office)


def rule(spent: Expenses, *prefixes: str, treatment: ExclusionTreatment = ExclusionTreatment.LEAVE_UNPOSTED) -> None:
    """From now on a rule is for expenses with these numbers; for none where none is named."""
    made = ExclusionRule("by hand", treatment, number_prefixes=prefixes, record_types=("expense",))
    mapping = spent.office.account.mappings[0].settings
    spent.office.change(mapping=replace(mapping, exclusions=(made,) if prefixes else ()))


def first_day(spent: Expenses) -> None:
    spent.office.change(go_live_from=DAY + timedelta(days=1))


def switched_off(spent: Expenses) -> None:
    spent.setting(enabled=False)


@pytest.mark.requirement("M8")
@pytest.mark.parametrize(
    ("leave_out", "words"),
    [
        (lambda spent: rule(spent, ALL), "exclusion rule 'by hand'"),
        (first_day, "went live"),
        (switched_off, "is off for the ledger company"),
    ],
    ids=["rule", "first-day", "switch"],
)
@pytest.mark.parametrize("outcome", [None, "draft", "stopped"])
async def test_a_report_that_is_left_out_after_it_was_sent_stops_and_names_why(
    spent: Expenses, leave_out: Callable[[Expenses], None], words: str, outcome: str | None
) -> None:
    if outcome is not None:
        for number in (9301, 9302):
            await spent.told(number, outcome, *(["DOCUMENT_PAID"] if outcome == "stopped" else []))
    leave_out(spent)
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301, 9302) == [REMAINS, REMAINS], "those on its report with it"
    [cause] = (await spent.office.desk.summary(spent.office.account_id)).stopped
    assert set(cause.numbers) == {"EXP-9301", "EXP-9302"}
    assert words in cause.what
    assert await spent.asked_of_poster(9301, 9302) == [("stopped", "EXPR-77", BILL)] * 2, "nothing is done of that"
    assert await spent.rung(9301, 9302) == [1, 1]


@pytest.mark.requirement("M8")
async def test_a_report_left_out_ends_when_the_clerk_has_skipped_its_expenses_and_the_rule_does_not_bring_it_back(
    spent: Expenses,
) -> None:
    rule(spent, ALL)
    await spent.look(9301, found_by="replay")
    desk, account = spent.office.desk, spent.office.account_id
    await desk.skip(account, "EXP-9301", "voided")
    await spent.office.idle()
    assert await spent.standing(9301, 9302) == [(RecordState.SKIPPED, []), REMAINS]
    await desk.retry(account, number="EXP-9302")
    await spent.office.idle()
    assert await spent.standing(9302) == [REMAINS], "a retry under the same rule says the same"
    await desk.skip(account, "EXP-9302", "voided")
    await spent.office.idle()
    rule(spent)
    await spent.look(9301, 9302)
    assert [row.status for row in await desk.rows(account)] == ["skipped", "skipped"]
    assert await spent.rung(9301, 9302) == [1, 1], "a person said that nothing is to be done"


@pytest.mark.requirement("M8")
async def test_a_report_left_out_goes_on_under_its_own_number_when_the_rule_is_undone(spent: Expenses) -> None:
    rule(spent, ALL)
    await spent.look(9301, found_by="replay")
    rule(spent)
    await spent.office.desk.retry(spent.office.account_id, cause="LEFT_OUT_DOCUMENT_REMAINS")
    await spent.office.idle()
    assert await spent.asked_of_poster(9301, 9302) == [("mapped", "EXPR-77", BILL)] * 2
    assert await spent.group() == (1, {"9301", "9302"}), "what was sent is what is wanted"
    assert await spent.rung(9301, 9302) == [2, 2]


async def test_a_report_left_out_before_it_was_sent_is_skipped(office: Office) -> None:
    spent = per_report(office)
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301, 9302)
    rule(spent, ALL)
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301, 9302) == [(RecordState.SKIPPED, [])] * 2
    assert await spent.asked_of_poster(9301, 9302) == [
        ("skipped", None, [("EXP-9301", Decimal("41.80"))]), ("skipped", None, [("EXP-9302", Decimal("12.05"))])
    ]  # fmt: skip


@pytest.mark.requirement("M8", "M4")
@pytest.mark.parametrize("by", ["rule", "correction"])
async def test_a_report_to_be_batched_without_a_document_asks_poster_for_none_in_the_place_of_the_one_sent(
    spent: Expenses, by: str
) -> None:
    if by == "rule":
        rule(spent, ALL, treatment=ExclusionTreatment.BATCH_WITHOUT_POSTING)
    else:
        spent.edited(9301, "0.00"), spent.edited(9302, "0.00")
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301, 9302) == [WITHOUT, WITHOUT]
    assert await spent.asked_of_poster(9301, 9302) == [("no_effect", "EXPR-77", [])] * 2, (
        "of whose document poster knows"
    )
    assert await spent.group() == (2, {"9301", "9302"})
    assert await spent.rung(9301, 9302) == [2, 2]
    assert "it stands for no expense any more" in await spent.words(9301)
    await spent.look(9301, 9302)
    assert (await spent.group(), await spent.rung(9301, 9302)) == ((2, {"9301", "9302"}), [2, 2]), "said once"


@pytest.mark.requirement("M8", "D3")
async def test_what_the_clerk_chooses_about_the_document_that_remains_is_carried_out_and_its_expenses_are_batched(
    spent: Expenses,
) -> None:
    spent.edited(9301, "0.00"), spent.edited(9302, "0.00")
    await spent.look(9301, found_by="replay")
    for number in (9301, 9302):
        await spent.told(number, "stopped", "DOCUMENT_LEFT_BEHIND")
    desk, account = spent.office.desk, spent.office.account_id
    await desk.choose(account, "EXP-9302", "CREDIT_AND_NEW", "clerk", "paid already")
    await spent.office.idle()
    assert [(await spent.record(number)).choices for number in (9301, 9302)] == [("CREDIT_AND_NEW",)] * 2
    assert (await spent.rung(9301, 9302), await spent.standing(9301, 9302)) == ([3, 3], [WITHOUT, WITHOUT])
    await spent.batched(9301), await spent.batched(9302)
    assert [row.status for row in await desk.rows(account)] == ["no_effect", "no_effect"]
    spent.enter(9303, "7.15")
    await spent.look(9303)
    assert await spent.asked_of_poster(9303) == [("mapped", "EXPR-77", [("EXPR-77", Decimal("7.15"))])]
    assert await spent.group() == (3, {"9303"}), "what was credited is not posted again with who joins"
    assert await spent.asked_of_poster(9301, 9302) == [("no_effect", None, [])] * 2


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("taken_out", [False, True])
async def test_a_report_to_be_batched_without_a_document_is_posted_again_when_the_rule_is_undone(
    spent: Expenses, *, taken_out: bool
) -> None:
    rule(spent, ALL, treatment=ExclusionTreatment.BATCH_WITHOUT_POSTING)
    await spent.look(9301, found_by="replay")
    if taken_out:
        await spent.taken_out()
    rule(spent)
    await spent.look(9301, 9302, found_by="replay")
    assert await spent.documents() == {"EXPR-77": EXPENSES}
    assert await spent.asked_of_poster(9301, 9302) == [("mapped", "EXPR-77", BILL)] * 2
    assert await spent.rung(9301, 9302) == [3, 3]


@pytest.mark.requirement("M8")
async def test_what_was_taken_out_of_the_ledger_leaves_nothing_to_stop(spent: Expenses) -> None:
    rule(spent, ALL)
    await spent.look(9301, found_by="replay")
    await spent.taken_out()
    await spent.office.desk.retry(spent.office.account_id, cause="LEFT_OUT_DOCUMENT_REMAINS")
    await spent.office.idle()
    assert await spent.standing(9301, 9302) == [(RecordState.SKIPPED, [])] * 2


@pytest.mark.requirement("M8")
async def test_one_left_out_beside_one_without_effect_stops_and_both_keep_the_document_in_sight(
    spent: Expenses,
) -> None:
    rule(spent, "EXP-9302")
    spent.edited(9301, "0.00")
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301, 9302) == [WITHOUT, REMAINS]
    assert await spent.asked_of_poster(9301, 9302) == [("no_effect", "EXPR-77", []), ("stopped", "EXPR-77", [])]
    assert await spent.rung(9301, 9302) == [2, 1]


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("treatment", ExclusionTreatment)
async def test_one_left_out_is_taken_out_of_the_document_that_the_others_keep(
    spent: Expenses, treatment: ExclusionTreatment
) -> None:
    rule(spent, "EXP-9302", treatment=treatment)
    await spent.look(9302, found_by="replay")
    assert await spent.documents() == {"EXPR-77": EXPENSES[:1]}, "the others are not posted again under another number"
    assert await spent.group() == (2, {"9301"})
    assert await spent.asked_of_poster(9301) == [("mapped", "EXPR-77", [("EXPR-77", Decimal("41.80"))])]


@pytest.mark.requirement("M8")
async def test_one_skipped_under_a_newer_mapping_is_taken_out_of_the_document_too(spent: Expenses) -> None:
    rule(spent, "EXP-1")
    await spent.office.desk.skip(spent.office.account_id, "EXP-9302", "private")
    await spent.office.idle()
    assert await spent.documents() == {"EXPR-77": EXPENSES[:1]}
    assert await spent.group() == (2, {"9301"})


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("leave_out", [lambda spent: rule(spent, "EXP-9301"), first_day], ids=["rule", "first-day"])
@pytest.mark.parametrize("since", ["without effect", "by card"])
async def test_one_that_left_a_document_which_still_has_its_share_is_not_left_out_silently(
    spent: Expenses, leave_out: Callable[[Expenses], None], since: str
) -> None:
    """The document could not be changed when it left: it was paid."""
    await spent.batched(9302)
    if since == "by card":
        spent.to_card(9301)
    else:
        spent.edited(9301, "0.00")
    await spent.look(9301)
    assert await spent.group() == (2, {"9302"})
    leave_out(spent)
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301) == [REMAINS]
    await spent.taken_out()
    await spent.office.desk.retry(spent.office.account_id, cause="LEFT_OUT_DOCUMENT_REMAINS")
    await spent.office.idle()
    assert await spent.standing(9301) == [(RecordState.SKIPPED, [])]
