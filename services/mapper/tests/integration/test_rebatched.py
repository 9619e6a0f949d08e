"""A record that was ours and was batched again by hand makes its new revision from that batch; no other batch is read."""

from dataclasses import replace

import pytest

from ledgerwire.mapper.choices import offered
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord
from ledgerwire.sandbox.connectwise.batches import batch_invoices

from .conftest import PERSON, Office, clean, revisions

BY_HAND = "BY-HAND"


def rebatch(office: Office, invoice_id: int) -> None:
    """A person reopens the invoice (it is in no batch in this world), raises its price, closes it and batches it."""
    state = office.sandbox.world.connectwise.state
    office.reload(invoice_id)
    line = state.invoice_lines[invoice_id][0]
    tax = (line.price / 10).quantize(line.total)
    by_level = (line.tax_by_level[0] + tax, *line.tax_by_level[1:])
    first = replace(line, quantity=line.quantity + 1, total=line.total + line.price, tax_by_level=by_level)
    invoice = state.tables["invoices"][invoice_id]
    raised = {"subtotal": line.price, "salesTax": tax, "total": line.price + tax, "balance": line.price + tax}
    changes = {name: invoice[name] + by for name, by in raised.items() if name in invoice}
    office.desk_of_psa.edit(invoice_id, changes, PERSON, [first, *state.invoice_lines[invoice_id][1:]])
    office.close(invoice_id)
    batch_invoices(state, [invoice_id], BY_HAND, PERSON)


async def seen_open_and_rebatched(office: Office, invoice_id: int) -> StoredRecord:
    """The record, which was looked at while it was open and again once a person had batched it otherwise."""
    office.reload(invoice_id)
    await office.map(invoice_id)
    assert (await office.record(invoice_id)).state is RecordState.OPEN
    rebatch(office, invoice_id)
    await office.map(invoice_id)
    return await office.record(invoice_id)


@pytest.mark.requirement("M8", "M1")
async def test_posters_report_makes_the_new_revision_from_the_batch_and_a_callback_alone_does_not(office: Office):
    invoice_id = await clean(office)
    await office.settle(invoice_id, "batched")
    before = await office.record(invoice_id)
    rebatch(office, invoice_id)
    await office.map(invoice_id)
    assert (await office.record(invoice_id)).revision == 1, "an edited note of an old batched invoice looks the same"
    await office.settle(invoice_id, "stopped", "RECORD_REBATCHED")
    after = await office.record(invoice_id)
    [document] = await office.documents(invoice_id)
    assert (after.state, after.revision, after.settled_outcome) == (RecordState.MAPPED, 2, None)
    assert document.total == after.total != before.total
    assert [item.code for item in after.findings] == ["DOCUMENT_FOLLOWS_BATCH"]
    assert after.findings[0].params["batch"] == BY_HAND
    assert await office.messages(invoice_id) == 2
    await office.map(invoice_id)
    assert (await revisions(office, invoice_id), await office.messages(invoice_id)) == (2, 2)


@pytest.mark.requirement("M8")
async def test_a_record_that_a_person_raised_and_batched_before_we_did_makes_its_new_revision_from_that_batch(
    office: Office,
):
    invoice_id = await clean(office)
    before = await office.record(invoice_id)
    rebatch(office, invoice_id)
    await office.settle(invoice_id, "stopped", "RECORD_REBATCHED")
    after = await office.record(invoice_id)
    assert (after.state, after.revision) == (RecordState.MAPPED, 2)
    assert after.total != before.total
    assert [item.code for item in after.findings] == ["DOCUMENT_FOLLOWS_BATCH"]


@pytest.mark.requirement("M8", "D3")
async def test_what_stops_its_document_is_answered_and_told_again_while_it_stays_in_that_batch(office: Office):
    invoice_id = await clean(office)
    await office.settle(invoice_id, "batched")
    rebatch(office, invoice_id)
    await office.settle(invoice_id, "stopped", "RECORD_REBATCHED")
    await office.settle(invoice_id, "stopped", "DOCUMENT_PAID")
    record = await office.record(invoice_id)
    assert offered(record) == ("UNDO_PAYMENT_DONE", "CREDIT_AND_NEW", "ACCEPT")
    await office.desk.choose(office.account_id, str(record.number), "CREDIT_AND_NEW", "ann", "paid already")
    await office.idle()
    told = await office.record(invoice_id)
    assert (told.state, told.revision, told.choices) == (RecordState.MAPPED, 2, ("CREDIT_AND_NEW",))
    assert await office.messages(invoice_id) == 3
    await office.settle(invoice_id, "batched")
    await office.map(invoice_id)
    assert (await office.record(invoice_id)).settled_outcome == "batched"
    assert await office.messages(invoice_id) == 3


@pytest.mark.requirement("M8")
async def test_a_record_seen_open_since_its_batch_follows_the_batch_that_a_person_made_meanwhile(office: Office):
    invoice_id = await clean(office)
    await office.settle(invoice_id, "batched")
    record = await seen_open_and_rebatched(office, invoice_id)
    assert (record.state, record.revision, await office.codes(invoice_id)) == (
        RecordState.MAPPED, 2, ["DOCUMENT_FOLLOWS_BATCH"],
    )  # fmt: skip


@pytest.mark.requirement("M8")
async def test_a_batch_that_is_taken_apart_again_leaves_the_ordinary_way(office: Office):
    invoice_id = await clean(office)
    await office.settle(invoice_id, "batched")
    rebatch(office, invoice_id)
    [batch] = office.sandbox.world.connectwise.state.tables["batches"]
    await office.client.delete_batch(batch)
    await office.settle(invoice_id, "stopped", "RECORD_REBATCHED")
    record = await office.record(invoice_id)
    assert (record.state, record.revision, await office.codes(invoice_id)) == (RecordState.MAPPED, 2, [])


@pytest.mark.requirement("M8")
@pytest.mark.parametrize(("outcome", "code"), [("stopped", "BATCH_INCOMPLETE"), ("draft", "APPROVAL_REFUSED")])
async def test_a_record_reopened_before_our_batch_follows_the_batch_that_a_person_made(office: Office, outcome, code):
    invoice_id = await clean(office)
    await office.settle(invoice_id, outcome, code)
    before = await office.record(invoice_id)
    record = await seen_open_and_rebatched(office, invoice_id)
    [document] = await office.documents(invoice_id)
    assert (record.state, record.revision, record.settled_outcome) == (RecordState.MAPPED, 2, None)
    assert document.total == record.total != before.total
    assert await office.codes(invoice_id) == ["DOCUMENT_FOLLOWS_BATCH"]
    assert await office.messages(invoice_id) == 2, "poster is told"


@pytest.mark.requirement("M8", "M1")
async def test_a_retry_that_meets_our_own_batch_is_told_to_poster_and_not_skipped(office: Office):
    invoice_id = await clean(office)
    record = await office.record(invoice_id)
    batch_invoices(office.sandbox.world.connectwise.state, [invoice_id], f"INV-{record.number}-abcdef", PERSON)
    await office.desk.retry(office.account_id, number=record.number)
    await office.idle()
    told = await office.record(invoice_id)
    assert (told.state, told.revision, told.findings) == (RecordState.MAPPED, 1, ())
    assert await office.messages(invoice_id) == 2


@pytest.mark.requirement("M1")
async def test_what_was_never_posted_is_left_in_the_batch_that_a_person_made(office: Office):
    invoice_id = await clean(office)
    rebatch(office, invoice_id)
    await office.settle(invoice_id, "remap")
    assert (await office.record(invoice_id)).revision == 2, "poster tells whether it is in the ledger"
    await office.settle(invoice_id, "remap")
    for _ in range(2):
        assert (await office.record(invoice_id)).state is RecordState.SKIPPED
        assert await office.codes(invoice_id) == ["ALREADY_BATCHED"]
        await office.map(invoice_id)
    assert await office.messages(invoice_id) == 2
