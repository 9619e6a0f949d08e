"""One expense of a report that was sent is open again: what becomes of the others does not leave its bill wrong (M8, M17)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import DocumentPer, ExclusionRule, ExclusionTreatment

from .conftest import PERSON, Office
from .expense_reports import COMPANY_CARD, Expenses, sent_report

pytestmark = pytest.mark.requirement("M8", "M17")

BILL = {"EXPR-77": [("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("12.05"))]}
REMAINS = (RecordState.STOPPED, ["LEFT_OUT_DOCUMENT_REMAINS"])
SKIPPED: tuple[RecordState, list[str]] = (RecordState.SKIPPED, [])


@pytest.fixture
async def spent(office: Office) -> Expenses:
    """A report of two expenses whose one document is in the ledger."""
    return await sent_report(office)


async def opened(spent: Expenses, number: int) -> None:
    """Rejected in ConnectWise, and poster gave it back: it is not batched, and nothing is to be done with it now."""
    spent.status(number, "Rejected")
    await spent.told(number, "remap")
    assert (await spent.record(number)).state is RecordState.OPEN


async def skipped(spent: Expenses, number: int) -> None:
    """A person says that nothing is to be done with it."""
    await spent.office.desk.skip(spent.office.account_id, f"EXP-{number}", "private")
    await spent.office.idle()


def lines(documents: dict[str, list[tuple[str, Decimal]]]) -> dict[str, list[tuple[str, Decimal]]]:
    return {number: sorted(each) for number, each in documents.items()}


def mapped_anew(spent: Expenses, *prefixes: str, treatment: ExclusionTreatment | None = None) -> None:
    """A new mapping version, with a rule for expenses with these numbers if a treatment is named."""
    mapping = spent.office.account.mappings[0].settings
    rules = (
        (ExclusionRule("by hand", treatment, number_prefixes=prefixes, record_types=("expense",)),) if treatment else ()
    )
    spent.office.change(mapping=replace(mapping, exclusions=rules))


@pytest.mark.parametrize("mate", ["open", "batched"])
async def test_a_new_mapping_posts_no_expense_again_that_is_in_a_document_that_was_sent(
    spent: Expenses, mate: str
) -> None:
    if mate == "open":
        await opened(spent, 9302)
    else:
        await spent.batched(9302)
    mapped_anew(spent)
    await spent.look(9301, found_by="replay")
    assert lines(await spent.documents()) == BILL, "under the number that it has in the ledger"
    assert (await spent.group())[1] == {"9301", "9302"}
    if mate == "open":
        spent.psa.change(replace(spent.psa.expense(9302), amount=Decimal("13.00")), PERSON)
        spent.status(9302, "ApprovedByTierTwo")
        await spent.look(9302)
        assert (await spent.documents()).keys() == {"EXPR-77"}
        assert sorted(spent_on for _, spent_on in (await spent.documents())["EXPR-77"]) == [
            Decimal("13.00"), Decimal("41.80")
        ]  # fmt: skip


async def test_one_left_out_by_a_rule_stops_while_nobody_takes_its_share_out_of_the_document(spent: Expenses) -> None:
    await opened(spent, 9302)
    mapped_anew(spent, "EXP-9301", treatment=ExclusionTreatment.LEAVE_UNPOSTED)
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301) == [REMAINS]
    assert (lines(await spent.documents()), (await spent.group())[1]) == (BILL, {"9301", "9302"}), "as in the ledger"
    await spent.office.desk.retry(spent.office.account_id, number="EXP-9301")
    await spent.office.idle()
    assert await spent.standing(9301) == [REMAINS], "a retry under the same rule says the same"
    spent.status(9302, "ApprovedByTierTwo")
    await spent.look(9302)
    assert await spent.standing(9301, 9302) == [SKIPPED, (RecordState.MAPPED, [])], "who goes again takes it out"
    assert await spent.documents() == {"EXPR-77": BILL["EXPR-77"][1:]}


async def test_one_left_out_by_a_rule_ends_at_once_when_a_batched_one_takes_its_share_out(spent: Expenses) -> None:
    await spent.batched(9302)
    mapped_anew(spent, "EXP-9301", treatment=ExclusionTreatment.LEAVE_UNPOSTED)
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301) == [SKIPPED]
    assert await spent.documents() == {"EXPR-77": BILL["EXPR-77"][1:]}
    assert await spent.rung(9302) == [2]


@pytest.mark.parametrize("skipped", [False, True])
async def test_one_to_be_batched_without_posting_waits_for_who_takes_its_share_out(
    spent: Expenses, *, skipped: bool
) -> None:
    await opened(spent, 9302)
    mapped_anew(spent, "EXP-9301", treatment=ExclusionTreatment.BATCH_WITHOUT_POSTING)
    await spent.look(9301, found_by="replay")
    assert await spent.standing(9301) == [(RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])]
    assert (lines(await spent.documents()), (await spent.group())[1]) == (BILL, {"9301", "9302"}), "as in the ledger"
    if skipped:
        await spent.office.desk.skip(spent.office.account_id, "EXP-9302", "private")
        await spent.office.idle()
        assert await spent.asked_of_poster(9301) == [("no_effect", "EXPR-77", [])]
        return
    spent.status(9302, "ApprovedByTierTwo")
    await spent.look(9302)
    assert await spent.standing(9301, 9302) == [(RecordState.NO_EFFECT, []), (RecordState.MAPPED, [])]
    assert await spent.documents() == {"EXPR-77": BILL["EXPR-77"][1:]}


async def test_one_that_is_owed_otherwise_now_waits_until_its_share_is_taken_out_of_the_document(
    spent: Expenses,
) -> None:
    await opened(spent, 9302)
    spent.status(9301, "Rejected")
    spent.psa.change(replace(spent.psa.expense(9301), payment_method_id=COMPANY_CARD), PERSON)
    spent.status(9301, "ApprovedByTierTwo")
    spent.psa.reload(9301)
    await spent.look(9301)
    assert await spent.standing(9301) == [(RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])]
    assert (lines(await spent.documents()), (await spent.group())[1]) == (BILL, {"9301", "9302"}), "as in the ledger"
    spent.status(9302, "ApprovedByTierTwo")
    await spent.look(9302)
    assert await spent.standing(9301, 9302) == [(RecordState.MAPPED, [])] * 2
    assert await spent.documents() == {
        "EXPR-77": BILL["EXPR-77"][1:], "EXPR-77-C": [("EXP-9301", Decimal("41.80"))]
    }  # fmt: skip


@pytest.mark.parametrize("first", ["retried", "corrected"])
@pytest.mark.parametrize("mate", ["open", "open after", "skipped too"])
async def test_one_skipped_and_retried_under_a_new_mapping_goes_on_in_the_document_that_it_was_sent_in(
    spent: Expenses, mate: str, first: str
) -> None:
    if mate != "open after":
        await opened(spent, 9302)
    await skipped(spent, 9301)
    if mate == "open after":
        await opened(spent, 9302)
    else:
        assert (lines(await spent.documents()), (await spent.group())[1]) == (BILL, {"9301", "9302"}), (
            "as in the ledger"
        )
    if mate == "skipped too":
        await skipped(spent, 9302)
    mapped_anew(spent)
    await spent.look(9301, 9302, found_by="replay")
    assert await spent.standing(9301) == [SKIPPED], "a person said so"
    for each in (9301, 9302) if first == "retried" else (9302, 9301):
        if each == 9302:
            spent.psa.change(replace(spent.psa.expense(9302), amount=Decimal("13.00")), PERSON)
            spent.status(9302, "ApprovedByTierTwo")
            spent.psa.reload(9302)
        await spent.office.desk.retry(spent.office.account_id, number=f"EXP-{each}")
        await spent.office.idle()
        assert (await spent.documents()).keys() == {"EXPR-77"}, "no second document of what is in the ledger"
    assert await spent.asked_of_poster(9301, 9302) == [("mapped", "EXPR-77", [("EXPR-77", Decimal("54.80"))])] * 2
    assert await spent.documents() == {"EXPR-77": [("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("13.00"))]}


@pytest.mark.parametrize("by", ["correction", "skip"])
@pytest.mark.parametrize("mate", ["open", "open after"])
async def test_one_skipped_and_retried_that_is_owed_otherwise_now_waits_until_its_share_is_taken_out(
    spent: Expenses, mate: str, by: str
) -> None:
    if mate == "open":
        await opened(spent, 9302)
    await skipped(spent, 9301)
    if mate == "open after":
        await opened(spent, 9302)
    asked_for = await spent.documents(), (await spent.group())[1]
    spent.status(9301, "Rejected")
    spent.psa.change(replace(spent.psa.expense(9301), payment_method_id=COMPANY_CARD), PERSON)
    spent.status(9301, "ApprovedByTierTwo")
    spent.psa.reload(9301)
    await spent.office.desk.retry(spent.office.account_id, number="EXP-9301")
    await spent.office.idle()
    assert await spent.standing(9301) == [(RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])]
    assert (await spent.documents(), (await spent.group())[1]) == asked_for, (
        "no second document of what is in the ledger"
    )
    if by == "skip":
        await skipped(spent, 9301)
        assert await spent.standing(9301) == [SKIPPED]
    spent.status(9302, "ApprovedByTierTwo")
    await spent.look(9302)
    card = {"EXPR-77-C": [("EXP-9301", Decimal("41.80"))]} if by == "correction" else {}
    assert await spent.documents() == {"EXPR-77": BILL["EXPR-77"][1:], **card}


async def test_one_skipped_and_retried_goes_on_in_the_document_that_a_batched_one_is_still_to_take_it_out_of(
    spent: Expenses,
) -> None:
    await spent.batched(9302)
    await skipped(spent, 9301)
    assert await spent.documents() == {"EXPR-77": BILL["EXPR-77"][1:]}
    mapped_anew(spent)
    spent.setting(document_per=DocumentPer.EXPENSE)
    await spent.office.desk.retry(spent.office.account_id, number="EXP-9301")
    await spent.office.idle()
    assert lines(await spent.documents()) == BILL
    assert await spent.asked_of_poster(9301, 9302) == [("mapped", "EXPR-77", [("EXPR-77", Decimal("53.85"))])] * 2
