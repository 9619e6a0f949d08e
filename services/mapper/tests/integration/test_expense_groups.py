"""Expenses of one member and report as one document: from one bell to a group that poster can read (M17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import DocumentPer
from ledgerwire.mapper.preview import PreviewDesk
from ledgerwire.mapper.records import decode_documents

from .conftest import PERSON, Office, OfficeClients
from .expense_reports import DAY, Expenses, lines_of, per_report

pytestmark = pytest.mark.requirement("M17")


@pytest.fixture
def spent(office: Office) -> Expenses:
    return per_report(office)


@pytest.mark.requirement("A121")
async def test_a_bell_for_one_expense_makes_one_document_of_all_on_its_report(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05", on=date(2026, 2, 20)), spent.enter(9303, "7.15")
    await spent.look(9302)
    [row] = await spent.rows("SELECT documents FROM mapper.expense_group")
    [made] = decode_documents(row.documents)
    assert (made.kind, made.number, made.total) == (DocumentKind.BILL, "EXPR-77", Decimal("61.00"))
    assert (made.document_date, made.reference) == (date(2026, 2, 20), "Expense report 77")
    assert await spent.group() == (1, {"9301", "9302", "9303"})
    assert await spent.standing(9301, 9302, 9303) == [(RecordState.MAPPED, [])] * 3
    assert await spent.rung(9301, 9302, 9303) == [1, 1, 1]
    await spent.look(9301, 9302, 9303)
    assert (await spent.group())[0] == 1
    assert await spent.rung(9301, 9302, 9303) == [1, 1, 1], "another bell says nothing new"
    assert "stands for EXP-9301 (41.80), EXP-9302 (12.05), EXP-9303 (7.15)" in await spent.words(9301)


@pytest.mark.requirement("A121", "A057")
async def test_what_is_owed_in_other_ways_is_another_document(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05", card=True, classification="NonReimbursable")
    spent.enter(9303, "7.15", card=True, classification="Personal"), spent.enter(9304, "1.00")
    await spent.look(9301, 9302)
    assert await spent.documents() == {
        "EXPR-77": [("EXP-9301", Decimal("41.80")), ("EXP-9304", Decimal("1.00"))],
        "EXPR-77-C": [("EXP-9302", Decimal("12.05"))],
        "EXPR-77-P": [("EXP-9303", Decimal("7.15"))],
    }


@pytest.mark.requirement("F1")
async def test_one_that_stops_keeps_its_report_back_until_it_is_cleared_or_skipped(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05"), spent.enter(9303, "7.15", status="ReadyToBill")
    spent.setting(required_status="ReadyToBill")
    spent.psa.set_status(9302, "ReadyToBill", PERSON)
    await spent.look(9301, 9302)
    waits = (RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])
    stopped = (RecordState.STOPPED, ["EXPENSE_BILLING_STATUS"])
    assert await spent.standing(9301, 9302, 9303) == [stopped, waits, waits]
    told = (await spent.record(9302)).findings[0]
    assert "EXP-9302 of Linh Phan is on expense report 77 of Linh Phan with EXP-9301" in told.message
    assert (await spent.documents(), await spent.rung(9301, 9302, 9303)) == ({}, [0, 0, 0])
    await spent.office.desk.skip(spent.office.account_id, "EXP-9301", "paid in cash")
    await spent.office.idle()
    assert await spent.standing(9302, 9303) == [(RecordState.MAPPED, [])] * 2
    assert await spent.group() == (1, {"9302", "9303"})
    assert "Not used: EXP-9301 was skipped by a person" in await spent.words(9302)
    spent.psa.set_status(9301, "ReadyToBill", PERSON)
    await spent.office.desk.retry(spent.office.account_id, number="EXP-9301")
    await spent.office.idle()
    assert await spent.group() == (2, {"9301", "9302", "9303"})
    assert await spent.rung(9301, 9302, 9303) == [1, 2, 2]


async def test_one_that_a_person_holds_keeps_its_report_back(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301)
    await spent.office.desk.hold(spent.office.account_id, "EXP-9301", "to be checked")
    await spent.office.idle()
    assert await spent.standing(9301, 9302) == [
        (RecordState.HELD, []), (RecordState.STOPPED, ["EXPENSE_GROUP_INCOMPLETE"])
    ]  # fmt: skip
    await spent.office.desk.release(spent.office.account_id, "EXP-9301")
    await spent.office.idle()
    assert await spent.standing(9301, 9302) == [(RecordState.MAPPED, [])] * 2
    assert (await spent.group())[1] == {"9301", "9302"}


@pytest.mark.requirement("M1", "M8")
async def test_one_that_leaves_the_list_before_the_document_is_sent_is_not_in_it(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301)
    spent.status(9301, "Rejected")
    await spent.look(9302)
    assert await spent.group() == (2, {"9302"})
    assert await spent.documents() == {"EXPR-77": [("EXP-9302", Decimal("12.05"))]}
    assert (await spent.record(9301)).state is RecordState.OPEN
    assert "Not used: EXP-9301 is not on the unposted list" in await spent.words(9302)
    spent.status(9301, "ApprovedByTierTwo")
    await spent.look(9301)
    assert await spent.group() == (3, {"9301", "9302"})


@pytest.mark.requirement("M8")
async def test_a_document_that_was_sent_takes_who_joins_and_keeps_who_is_open_again(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301)
    await spent.sent(9301, 9302)
    await spent.batched(9302)
    spent.status(9301, "Rejected")
    await spent.look(9301)
    assert await spent.group() == (1, {"9301", "9302"}), "the ledger is untouched until it is approved again"
    spent.enter(9303, "7.15", on=date(2026, 2, 27))
    await spent.look(9303)
    assert await spent.documents() == {
        "EXPR-77": [("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("12.05")), ("EXP-9303", Decimal("7.15"))]
    }
    [row] = await spent.rows("SELECT revision, documents FROM mapper.expense_group")
    assert (row.revision, decode_documents(row.documents)[0].document_date) == (2, DAY), "its date stays"
    assert await spent.rung(9301, 9302, 9303) == [1, 1, 1], "what is batched is not rung for again"
    spent.status(9301, "ApprovedByTierTwo")
    spent.edited(9301, "40.00")
    await spent.look(9301)
    assert (await spent.documents())["EXPR-77"][1:] == [("EXP-9301", Decimal("40.00")), ("EXP-9303", Decimal("7.15"))]
    assert ((await spent.record(9301)).revision, (await spent.record(9302)).revision) == (2, 1)
    assert await spent.rung(9301, 9302, 9303) == [2, 1, 2]


@pytest.mark.requirement("M8")
async def test_one_that_stops_after_the_document_was_sent_keeps_its_share_and_nobody_back(spent: Expenses) -> None:
    spent.enter(9301, "41.80", status="ReadyToBill"), spent.enter(9302, "12.05", status="ReadyToBill")
    spent.setting(required_status="ReadyToBill")
    await spent.look(9301)
    await spent.sent(9301, 9302)
    spent.status(9301, "ApprovedByTierTwo")
    await spent.look(9301, found_by="retry")
    assert await spent.standing(9301, 9302) == [
        (RecordState.STOPPED, ["EXPENSE_BILLING_STATUS"]), (RecordState.MAPPED, [])
    ]  # fmt: skip
    assert await spent.group() == (1, {"9301", "9302"})


@pytest.mark.requirement("M8")
async def test_one_skipped_after_all_others_are_batched_is_taken_out_by_one_of_them(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301)
    await spent.sent(9301, 9302)
    await spent.batched(9302)
    await spent.office.desk.skip(spent.office.account_id, "EXP-9301", "private")
    await spent.office.idle()
    assert await spent.group() == (2, {"9302"})
    assert await spent.rung(9301, 9302) == [1, 2]
    assert (await spent.record(9302)).settled_outcome is None, "poster tells anew"


@pytest.mark.requirement("M8")
async def test_one_skipped_while_another_carries_a_change_is_taken_out_once_poster_has_made_that(
    spent: Expenses,
) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05"), spent.enter(9303, "7.15")
    await spent.look(9301)
    await spent.sent(9301, 9302, 9303)
    await spent.batched(9302)
    for number in (9301, 9303):
        spent.status(number, "Rejected")
    for number in (9301, 9303):
        await spent.office.desk.skip(spent.office.account_id, f"EXP-{number}", "private")
        await spent.office.idle()
    assert await spent.group() == (2, {"9302", "9303"})
    await spent.told(9302, "batched")
    assert await spent.group() == (3, {"9302"})
    assert await spent.rung(9301, 9302, 9303) == [1, 3, 1]
    await spent.told(9302, "batched")
    assert (await spent.group(), await spent.rung(9302)) == ((3, {"9302"}), [3])


@pytest.mark.requirement("A121")
async def test_a_changed_setting_leaves_alone_what_was_sent(spent: Expenses) -> None:
    spent.setting(document_per=DocumentPer.EXPENSE)
    spent.enter(9301, "41.80")
    await spent.look(9301)
    assert await spent.documents() == {}
    database = open_database(spent.office.settings, "poster")
    posting = uuid4()
    async with database.account(spent.office.account_id) as unit:
        await unit.execute(
            text("INSERT INTO poster.posting (account_id, posting_id, record_id, connection_id, ordinal, kind, number, revision,"
                 " document, document_hash, state, correlation_id) VALUES (:account, :id, :record, :id, 0, 'bill', 'EXP-9301', 1,"
                 " '', '', 'posting', 'c')"),
            {"account": spent.office.account_id, "id": posting, "record": spent.key(9301)},
        )  # fmt: skip
        await unit.execute(
            text("INSERT INTO poster.document_record VALUES (:account, :id, :record)"),
            {"account": spent.office.account_id, "id": posting, "record": spent.key(9301)},
        )
    await database.close()
    spent.setting(document_per=DocumentPer.REPORT)
    spent.enter(9302, "12.05")
    await spent.look(9301, 9302)
    assert await spent.group() == (1, {"9302"}), "what goes by itself goes on by itself"
    await spent.sent(9302)
    spent.setting(document_per=DocumentPer.EXPENSE)
    spent.enter(9303, "7.15")
    spent.edited(9302, "12.00")
    await spent.look(9302, 9303)
    assert await spent.documents() == {"EXPR-77": [("EXP-9302", Decimal("12.00"))]}
    assert (await spent.group())[1] == {"9302"}
    assert (await spent.record(9303)).particulars["document_number"] == "EXP-9303"


@pytest.mark.requirement("D3", "D4")
async def test_a_preview_shows_the_document_of_the_whole_report_and_writes_nothing(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    desk = PreviewDesk(spent.office.database, OfficeClients(spent.office), spent.office.database.close)
    office = spent.office
    [shown] = await desk.preview(office.account_id, office.connection_id, ["EXP-9302"])
    assert lines_of(shown.documents) == [("EXP-9301", Decimal("41.80")), ("EXP-9302", Decimal("12.05"))]
    assert any("expense report 77" in decision.key for decision in shown.trace.decisions)
    assert not await spent.rows("SELECT 1 FROM mapper.record")
    await spent.look(9301)
    [again] = await desk.preview(office.account_id, office.connection_id, ["EXP-9301"])
    [row] = await spent.rows("SELECT documents FROM mapper.expense_group")
    assert again.documents == decode_documents(row.documents) == shown.documents
    assert await spent.rows("SELECT revision FROM mapper.expense_group") == [(1,)]


@pytest.mark.requirement("D3", "M8")
async def test_what_a_person_chooses_about_the_document_holds_for_all_it_stands_for(spent: Expenses) -> None:
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301)
    await spent.sent(9301, 9302)
    for number in (9301, 9302):
        await spent.told(number, "stopped", "DOCUMENT_PAID")
    await spent.office.desk.choose(spent.office.account_id, "EXP-9302", "ACCEPT", "clerk", "as it is")
    await spent.office.idle()
    assert [(await spent.record(number)).choices for number in (9301, 9302)] == [("ACCEPT",)] * 2
    assert await spent.rung(9301, 9302) == [2, 2]


async def test_before_go_live_nothing_is_rung_for(spent: Expenses) -> None:
    spent.office.account = replace(spent.office.account, live=False)
    spent.enter(9301, "41.80"), spent.enter(9302, "12.05")
    await spent.look(9301)
    assert await spent.standing(9301, 9302) == [(RecordState.HELD, [])] * 2
    assert await spent.rung(9301, 9302) == [0, 0]
    spent.office.account = replace(spent.office.account, live=True)
    await spent.office.desk.wake_held(spent.office.account_id)
    await spent.office.idle()
    assert await spent.rung(9301, 9302) == [1, 1]


@pytest.mark.requirement("M4")
async def test_one_without_effect_before_go_live_is_held_and_its_report_is_shown_without_it(spent: Expenses) -> None:
    spent.office.account = replace(spent.office.account, live=False)
    spent.enter(9301, "0.00"), spent.enter(9302, "12.05")
    await spent.look(9301, 9302)
    assert await spent.standing(9301, 9302) == [(RecordState.HELD, [])] * 2
    assert await spent.documents() == {"EXPR-77": [("EXP-9302", Decimal("12.05"))]}
    assert "Not used: EXP-9301 moves nothing" in await spent.words(9302)
    spent.office.account = replace(spent.office.account, live=True)
    await spent.office.desk.wake_held(spent.office.account_id)
    await spent.office.idle()
    assert await spent.standing(9301, 9302) == [(RecordState.NO_EFFECT, []), (RecordState.MAPPED, [])]
    assert await spent.rung(9301, 9302) == [1, 1]
    assert await spent.group() == (1, {"9302"})
