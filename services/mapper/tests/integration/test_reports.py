"""What poster reports becomes the record's status, asks for a new look, or says what the record waits for."""

import pytest

from ledgerwire.mapper.choices import offered
from ledgerwire.mapper.domain.record import RecordState

from .conftest import Office, clean, revisions


@pytest.mark.requirement("A131")
async def test_posters_report_becomes_the_records_status(office: Office):
    invoice_id = await clean(office)
    number = (await office.record(invoice_id)).number
    assert (await office.desk.rows(office.account_id))[0].status == "posting"
    await office.settle(invoice_id, "stopped", "DUPLICATE_NUMBER")
    [row] = await office.desk.rows(office.account_id)
    assert (row.status, row.problems[0].code) == ("stopped", "DUPLICATE_NUMBER")
    assert await office.desk.retry(office.account_id, cause="DUPLICATE_NUMBER", dry_run=True)
    await office.desk.retry(office.account_id, cause="DUPLICATE_NUMBER")
    await office.idle()
    assert (await revisions(office, invoice_id), await office.messages(invoice_id)) == (1, 2)
    await office.settle(invoice_id, "batched")
    await office.settle(invoice_id, "stopped", "BATCH_INCOMPLETE")
    assert (await office.desk.rows(office.account_id))[0].status == "posted", "what is batched stays batched"
    [shown] = await office.desk.show(office.account_id, number)
    assert [entry.step for entry in shown.timeline] == ["mapped", "stopped", "retry", "mapped", "batched"]
    await office.settle(invoice_id, "stopped", "BATCH_DELETED_DOCUMENT_REMAINS")
    [row] = await office.desk.rows(office.account_id)
    assert (row.status, row.problems[0].code) == ("stopped", "BATCH_DELETED_DOCUMENT_REMAINS")


@pytest.mark.requirement("M7")
@pytest.mark.parametrize("outcome", ["remap", "refresh"])
async def test_poster_may_ask_for_a_new_look_and_is_told_again(office: Office, outcome: str):
    invoice_id = await clean(office)
    await office.settle(invoice_id, outcome)
    assert await office.messages(invoice_id) == 2
    assert (await office.record(invoice_id)).settled_outcome is None
    assert office.ledger.fresh_reads == (1 if outcome == "refresh" else 0)


@pytest.mark.requirement("M1")
async def test_a_record_that_poster_proved_batched_by_hand_ends_as_already_batched(office: Office):
    invoice_id = await clean(office)
    [export] = await office.client.export_invoices([invoice_id])
    await office.client.create_batch("by-hand", export.processed_record_ids)
    await office.settle(invoice_id, "remap")
    [row] = await office.desk.rows(office.account_id)
    assert (row.status, [item.code for item in row.problems]) == ("skipped", ["ALREADY_BATCHED"])
    assert await office.messages(invoice_id) == 1


async def test_a_wait_that_poster_gives_no_cause_for_blames_neither_address_nor_network(office: Office):
    await office.settle(await clean(office), "waiting")
    [group] = (await office.desk.summary(office.account_id)).waiting
    assert group.what == "The ledger answers late or with a fault; records wait and are tried again."


@pytest.mark.requirement("A130", "M25")
@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("waiting", "PERMISSION_MISSING"),
        ("waiting", "TOKEN_REVOKED"),
        ("waiting", "RATE_LIMITED"),
        ("draft", "APPROVAL_REFUSED"),
    ],
)
async def test_what_poster_waits_for_is_listed_by_cause_with_its_money(office: Office, outcome: str, code: str):
    invoice_id = await clean(office)
    await office.settle(invoice_id, outcome, code)
    record = await office.record(invoice_id)
    summary = await office.desk.summary(office.account_id)
    [group] = summary.waiting
    assert (group.code, group.count, group.totals) == (code, 1, {record.currency: record.total})
    assert summary.totals["waiting"] == group.totals
    assert (summary.stopped, summary.warned) == ((), ())
    [row] = await office.desk.rows(office.account_id)
    assert (row.status, row.customer, row.amount) == ("waiting", record.customer, record.total)
    await office.map(invoice_id)
    assert await office.messages(invoice_id) == 1, "poster has it in hand"
    await office.settle(invoice_id, "batched")
    assert (await office.desk.summary(office.account_id)).waiting == ()


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("reported", [None, "stopped", "batched"])
async def test_a_record_deleted_after_it_was_handed_over_stops_and_names_the_document(office: Office, reported):
    invoice_id = await clean(office)
    record = await office.record(invoice_id)
    if reported:
        await office.settle(invoice_id, reported)
    del office.sandbox.world.connectwise.state.tables["invoices"][invoice_id]
    await office.map(invoice_id)
    [group] = (await office.desk.summary(office.account_id)).stopped
    assert group.code == "RECORD_DELETED_DOCUMENT_REMAINS"
    assert f"invoice {record.number} over {record.total:,.2f} AUD remains" in group.what
    assert "VOID takes" in group.action
    kept = await office.record(invoice_id)
    assert (kept.state, offered(kept)) == (RecordState.MAPPED, ("VOID", "ACCEPT"))
    rung = await office.messages(invoice_id)
    assert rung == (2 if reported == "batched" else 1), "poster gives up the batch of what is gone"
    await office.map(invoice_id)
    assert (await office.record(invoice_id), await office.messages(invoice_id)) == (kept, rung), "nothing new"
    await office.desk.choose(office.account_id, str(record.number), "VOID", "ann", "made twice")
    await office.idle()
    told = await office.record(invoice_id)
    assert (told.state, told.settled_outcome, told.choices) == (RecordState.MAPPED, None, ("VOID",))
    assert await office.messages(invoice_id) == rung + 1
    await office.settle(invoice_id, "remap")
    assert offered(await office.record(invoice_id)) == ("VOID", "ACCEPT"), (
        "poster could not: said again, not rung again"
    )
    assert await office.messages(invoice_id) == rung + 1
    await office.desk.skip(office.account_id, record.number, "voided")
    await office.map(invoice_id)
    assert (await office.desk.rows(office.account_id))[0].status == "skipped"


async def test_a_report_on_an_old_revision_is_no_news(office: Office):
    invoice_id = await clean(office)
    office.reload(invoice_id)
    office.close(invoice_id)
    await office.map(invoice_id)
    await office.settle(invoice_id, "stopped", "DUPLICATE_NUMBER", revision=1)
    assert (await office.record(invoice_id)).settled_outcome is None


@pytest.mark.requirement("R22")
async def test_a_report_on_a_revision_that_a_restore_took_back_hides_none_on_the_one_there_is(office: Office):
    invoice_id = await clean(office)
    await office.settle(invoice_id, "stopped", "DOCUMENT_PAID", revision=2)
    assert (await office.desk.rows(office.account_id))[0].status == "posting"
    await office.settle(invoice_id, "batched")
    assert (await office.desk.rows(office.account_id))[0].status == "posted"
