"""A record with a document in the ledger is not left out silently, whatever leaves it out now (M8, M19)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common.db.engine import open_database
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import ExclusionRule
from ledgerwire.sandbox.connectwise.batches import batch_invoices

from .conftest import PERSON, Office, clean

LEFT_OUT = "LEFT_OUT_DOCUMENT_REMAINS"


async def posted(office: Office, invoice_id: int) -> None:
    """Poster has the invoice's document in the ledger."""
    ids: dict[str, Any] = {"account": office.account_id, "id": uuid4(), "record": office.record_id(invoice_id)}
    database = open_database(office.settings, "poster")
    try:
        async with database.account(office.account_id) as unit:
            await unit.execute(
                text(
                    "INSERT INTO poster.posting (account_id, posting_id, record_id, connection_id, ordinal, kind, number,"
                    " revision, document, document_hash, state, ledger_id, correlation_id)"
                    " VALUES (:account, :id, :record, :id, 0, 'sales_invoice', 'N', 1, '', '', 'posted', 'x-1', 'c')"
                ),
                ids,
            )
            await unit.execute(text("INSERT INTO poster.document_record VALUES (:account, :id, :record)"), ids)
    finally:
        await database.close()


async def leave_out(office: Office, invoice_id: int, by: str) -> None:
    """From now on a rule, or the first day, leaves the invoice out; somebody asks for a new look."""
    record = await office.record(invoice_id)
    if by == "rule":
        rule = ExclusionRule("by hand", number_prefixes=(str(record.number),))
        office.change(mapping=replace(office.account.mappings[0].settings, exclusions=(rule,)))
    else:
        office.change(go_live_from=record.record_date + timedelta(days=1))
    await office.map(invoice_id, found_by="replay")


@pytest.mark.requirement("M8", "M19")
@pytest.mark.parametrize(("by", "words"), [("rule", "exclusion rule 'by hand'"), ("day", "went live")])
async def test_what_is_left_out_after_it_was_posted_stops_and_names_its_document(office: Office, by: str, words: str):
    invoice_id = await clean(office)
    await posted(office, invoice_id)
    await office.settle(invoice_id, "stopped", "BATCH_INCOMPLETE")
    await leave_out(office, invoice_id, by)
    record = await office.record(invoice_id)
    [group] = (await office.desk.summary(office.account_id)).stopped
    assert (record.state, group.code, group.numbers) == (RecordState.STOPPED, LEFT_OUT, (record.number,))
    assert words in group.what
    assert "its document is in Xero" in group.what
    await office.desk.skip(office.account_id, str(record.number), "voided")
    await office.map(invoice_id)
    assert (await office.desk.rows(office.account_id))[0].status == "skipped"


@pytest.mark.requirement("M19")
@pytest.mark.parametrize("by", ["rule", "day"])
async def test_what_is_left_out_before_it_was_posted_is_skipped(office: Office, by: str):
    invoice_id = await clean(office)
    await leave_out(office, invoice_id, by)
    assert (await office.record(invoice_id)).state is RecordState.SKIPPED


@pytest.mark.requirement("M19")
@pytest.mark.parametrize("by", ["rule", "day"])
async def test_what_is_posted_and_batched_is_not_left_out_any_more(office: Office, by: str):
    invoice_id = await clean(office)
    await posted(office, invoice_id)
    await office.settle(invoice_id, "batched")
    before = await office.record(invoice_id)
    await leave_out(office, invoice_id, by)
    after = await office.record(invoice_id)
    assert (after.state, after.settled_outcome, after.findings) == (before.state, "batched", before.findings)


@pytest.mark.requirement("M8", "M1")
async def test_a_batch_made_by_hand_that_agrees_with_the_document_is_followed_and_nobody_is_told_to_void_it(
    office: Office,
):
    invoice_id = await clean(office)
    await posted(office, invoice_id)
    batch_invoices(office.sandbox.world.connectwise.state, [invoice_id], "BY-HAND", PERSON)
    before = await office.documents(invoice_id)
    for messages in (2, 3):
        await office.settle(invoice_id, "remap")
        record = await office.record(invoice_id)
        assert (record.state, record.revision, record.settled_outcome) == (RecordState.MAPPED, 2, None)
        assert await office.codes(invoice_id) == ["DOCUMENT_FOLLOWS_BATCH"]
        assert await office.documents(invoice_id) == before
        assert await office.messages(invoice_id) == messages
