"""A record that changes after it was closed: no batch for what is open, one document whatever happens, money is respected (M8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.e2e.vendors import CLOSED, COORDINATOR, REOPENED
from tests.e2e.world import World

from ledgerwire.sandbox.connectwise.batches import batch_invoices
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.connectwise.unbatching import rebatch_record, unbatch_record

INVOICE = 39001

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("M8")]


def change(world: World) -> None:
    """One unit of the first line more, at its price; totals and tax as ConnectWise computes them."""
    lines = list(world.psa.state.invoice_lines[INVOICE])
    first = lines[0]
    more = first.price
    tax = (more / 10).quantize(Decimal("0.01"))
    by_level = (first.tax_by_level[0] + tax, *first.tax_by_level[1:])
    lines[0] = replace(first, quantity=first.quantity + 1, total=first.total + more, tax_by_level=by_level)
    invoice = world.invoice(INVOICE)
    figures: dict[str, Any] = {"subtotal": more, "salesTax": tax, "total": more + tax, "balance": more + tax}
    world.edit(INVOICE, {name: invoice[name] + by for name, by in figures.items() if name in invoice}, lines)


async def test_reopened_before_anything_was_sent_posts_only_what_was_closed_again(world: World) -> None:
    async with world.held_back("poster"):
        await world.close(INVOICE)
        await world.work_waits("poster", 1)
        world.set_status(INVOICE, REOPENED)
        await world.in_state(INVOICE, "open")
    await world.quiet()
    assert not world.writes()
    world.set_status(INVOICE, CLOSED)
    await world.settled(INVOICE)
    world.books_are_clean()


async def test_reopened_between_posting_and_batch_waits_for_the_close_and_updates_the_same_document(
    world: World,
) -> None:
    batches = r"/finance/accounting/batches$"
    world.arm("500_before", "connectwise", method="POST", path_regex=batches)
    await world.close(INVOICE)
    await world.told_to_wait("poster", INVOICE)
    [before] = world.documents(world.number(INVOICE))
    world.set_status(INVOICE, REOPENED)
    await world.a_while_passes()
    await world.quiet()
    assert world.batch_name(INVOICE) is None
    change(world)
    world.set_status(INVOICE, CLOSED)
    await world.settled(INVOICE)
    [after] = world.documents(world.number(INVOICE))
    assert after["InvoiceID"] == before["InvoiceID"]
    assert after["Total"] == world.invoice(INVOICE)["total"] != before["Total"]
    assert (world.batch_name(INVOICE) or "").endswith("-R2")
    assert len(world.batches()) == 1


@pytest.mark.requirement("M1")
async def test_reopened_between_posting_and_batch_and_batched_by_hand_has_its_document_follow(world: World) -> None:
    world.arm("500_before", "connectwise", method="POST", path_regex=r"/finance/accounting/batches$")
    await world.close(INVOICE)
    await world.told_to_wait("poster", INVOICE)
    [before] = world.documents(world.number(INVOICE))
    world.set_status(INVOICE, REOPENED)
    await world.in_state(INVOICE, "open")
    async with world.held_back("mapper"):
        change_and_close(world)
        batch_invoices(world.psa.state, [INVOICE], "BY-HAND", COORDINATOR)
    await world.warned(INVOICE, 2, "DOCUMENT_FOLLOWS_BATCH")
    [after] = world.documents(world.number(INVOICE))
    assert after["InvoiceID"] == before["InvoiceID"]
    assert after["Total"] == world.invoice(INVOICE)["total"] != before["Total"]
    assert world.batches() == ["BY-HAND"]


async def test_an_unbatched_and_changed_record_updates_its_document_and_gets_a_second_batch(world: World) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    [before] = world.documents(world.number(INVOICE))
    await unbatch(world)
    [untouched] = world.documents(world.number(INVOICE))
    assert untouched == before
    change(world)
    world.set_status(INVOICE, CLOSED)
    await world.batched(INVOICE)
    [after] = world.documents(world.number(INVOICE))
    assert after["InvoiceID"] == before["InvoiceID"]
    assert after["Total"] == world.invoice(INVOICE)["total"] != before["Total"]
    assert (world.batch_name(INVOICE) or "").endswith("-R2")


async def test_an_unbatched_record_that_is_closed_again_as_it_was_is_batched_again_with_the_same_document(
    world: World,
) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    [before] = world.documents(world.number(INVOICE))
    await unbatch(world)
    world.set_status(INVOICE, CLOSED)
    await world.batched(INVOICE)
    [after] = world.documents(world.number(INVOICE))
    assert (after["InvoiceID"], after["Total"]) == (before["InvoiceID"], before["Total"])


@pytest.mark.parametrize("fault", ["timeout_after_commit", "500_after", "500_before"])
async def test_an_update_whose_answer_was_lost_is_looked_up_and_ends_as_the_same_document(
    world: World, fault: str
) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    [before] = world.documents(world.number(INVOICE))
    await unbatch(world)
    change(world)
    world.arm(fault, method="POST", path_regex=r"/Invoices$")
    world.set_status(INVOICE, CLOSED)
    await world.batched(INVOICE)
    [after] = world.documents(world.number(INVOICE))
    assert after["InvoiceID"] == before["InvoiceID"]
    assert after["Total"] == world.invoice(INVOICE)["total"] != before["Total"]
    assert len(world.journal("xero", "PUT", "/Invoices")) == 1


async def test_a_change_while_the_outcome_is_unknown_waits_for_the_look_up_and_then_updates(world: World) -> None:
    world.arm("timeout_after_commit", method="PUT", path_regex=r"/Invoices$")
    await world.close(INVOICE)
    await world.posting(INVOICE, "unknown")
    world.set_status(INVOICE, REOPENED)
    change(world)
    world.set_status(INVOICE, CLOSED)
    await world.settled(INVOICE)
    [document] = world.documents(world.number(INVOICE))
    assert document["Total"] == world.invoice(INVOICE)["total"] != world.expected(INVOICE).total
    assert len(world.journal("xero", "PUT", "/Invoices")) == len(world.journal("xero", "POST", "/Invoices")) == 1
    assert (world.batch_name(INVOICE) or "").endswith("-R2")


@pytest.mark.requirement("D4", "D11")
async def test_a_payment_on_the_document_stops_the_second_round_until_a_person_chooses_a_credit(world: World) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    [row] = world.documents(world.number(INVOICE))
    paid = {**row, "Status": "PAID", "AmountPaid": row["Total"], "AmountDue": Decimal(0)}
    world.ledger.collections["invoices"].put(paid)
    await unbatch(world)
    change(world)
    world.set_status(INVOICE, CLOSED)
    await world.stopped(INVOICE, "DOCUMENT_PAID")
    assert world.batch_name(INVOICE) is None
    number = world.number(INVOICE)
    assert world.documents(number) == [paid]
    async with world.desk() as desk:
        await desk.choose(world.account_id, number, "CREDIT_AND_NEW", "clerk", "paid already")
    await world.told(INVOICE, "batched", "DOCUMENT_CREDITED")
    assert world.documents(number) == [paid]
    [credit], [new] = world.documents(f"{number}-CR"), world.documents(f"{number}-2")
    assert (credit["Total"], new["Total"]) == (row["Total"], world.invoice(INVOICE)["total"])


@pytest.mark.requirement("D4", "D11")
async def test_a_batch_deleted_in_connectwise_is_noticed_and_made_again_once_a_person_accepts(world: World) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    [before], [batch] = world.documents(world.number(INVOICE)), world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    await world.quiet()
    await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await world.told(INVOICE, "stopped", "BATCH_DELETED_DOCUMENT_REMAINS")
    async with world.desk() as desk:
        await desk.choose(world.account_id, world.number(INVOICE), "ACCEPT", "clerk", "deleted by mistake")
    await world.settled(INVOICE)
    assert world.batch_name(INVOICE) is not None
    assert world.documents(world.number(INVOICE)) == [before]


@pytest.mark.requirement("M1")
async def test_a_record_changed_and_put_back_into_its_batch_by_hand_has_its_document_follow_and_no_second_batch(
    world: World,
) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    [before], batches = world.documents(world.number(INVOICE)), world.batches()
    state, key = world.psa.state, RecordKey("invoice", INVOICE)
    async with world.held_back("mapper"):
        unbatch_record(state, key, COORDINATOR)
        change_and_close(world)
        rebatch_record(state, key, COORDINATOR)
    await world.quiet()
    assert world.documents(world.number(INVOICE)) == [before], "an old batched invoice makes nothing"
    await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await world.warned(INVOICE, 2, "DOCUMENT_FOLLOWS_BATCH")
    [after] = world.documents(world.number(INVOICE))
    assert after["InvoiceID"] == before["InvoiceID"]
    assert after["Total"] == world.invoice(INVOICE)["total"] != before["Total"]
    assert world.batches() == batches


async def test_a_payment_on_a_document_whose_record_was_batched_again_by_hand_stops_until_a_person_chooses(
    world: World,
) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    number = world.number(INVOICE)
    [row] = world.documents(number)
    paid = {**row, "Status": "PAID", "AmountPaid": row["Total"], "AmountDue": Decimal(0)}
    world.ledger.collections["invoices"].put(paid)
    async with world.held_back("mapper"):
        [batch] = world.psa.state.tables["batches"]
        await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
        change_and_close(world)
        batch_invoices(world.psa.state, [INVOICE], "BY-HAND", COORDINATOR)
    await world.quiet()
    await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await world.told(INVOICE, "stopped", "DOCUMENT_PAID")
    assert world.documents(number) == [paid]
    async with world.desk() as desk:
        await desk.choose(world.account_id, number, "CREDIT_AND_NEW", "clerk", "paid already")
    await world.told(INVOICE, "batched", "DOCUMENT_CREDITED", "ALREADY_BATCHED")
    [credit], [new] = world.documents(f"{number}-CR"), world.documents(f"{number}-2")
    assert (credit["Total"], new["Total"]) == (row["Total"], world.invoice(INVOICE)["total"])
    assert (world.documents(number), world.batches()) == ([paid], ["BY-HAND"])


@pytest.mark.requirement("D3", "D11")
@pytest.mark.parametrize(
    ("first", "choice", "code", "left"),
    [
        ("mapper", "VOID", "DOCUMENT_VOIDED", 0),
        ("poster", "VOID", "DOCUMENT_VOIDED", 0),
        ("mapper", "ACCEPT", "DOCUMENT_ACCEPTED", 1),
    ],
)
async def test_a_record_deleted_after_its_batch_ends_the_same_whoever_notices_it_first(
    world: World, first: str, choice: str, code: str, left: int
) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    number = world.number(INVOICE)
    del world.psa.state.tables["invoices"][INVOICE]
    if first == "mapper":
        await world.look(INVOICE)
    else:
        await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await world.batch_in_state(INVOICE, "deleted")
    await world.told(INVOICE, "stopped", "RECORD_DELETED_DOCUMENT_REMAINS")
    await world.quiet()
    assert len(world.documents(number)) == 1
    async with world.desk() as desk:
        await desk.choose(world.account_id, number, choice, "clerk", "deleted there")
    await world.told(INVOICE, "batched", code)
    assert len(world.documents(number)) == left
    await world.look(INVOICE)
    await world.quiet()
    await world.told(INVOICE, "batched", code)
    [record] = await world.records(INVOICE)
    assert (record["state"], record["revision"]) == ("mapped", 1)


async def test_a_record_deleted_before_its_batch_is_noticed_and_its_document_voided_once_a_person_says_so(
    world: World,
) -> None:
    world.arm("500_before", "connectwise", method="POST", path_regex=r"/finance/accounting/batches$")
    await world.close(INVOICE)
    await world.told_to_wait("poster", INVOICE)
    number = world.number(INVOICE)
    del world.psa.state.tables["invoices"][INVOICE]
    await world.a_while_passes()
    await world.told(INVOICE, "stopped", "RECORD_DELETED_DOCUMENT_REMAINS")
    await world.quiet()
    async with world.desk() as desk:
        await desk.choose(world.account_id, number, "VOID", "clerk", "deleted there")
    await world.told(INVOICE, "batched", "DOCUMENT_VOIDED")
    assert (world.documents(number), world.batches()) == ([], [])


def change_and_close(world: World) -> None:
    """The invoice, out of its batch, is reopened, changed and closed again."""
    world.set_status(INVOICE, REOPENED)
    change(world)
    world.set_status(INVOICE, CLOSED)


async def unbatch(world: World) -> None:
    """A person deletes the batch and reopens the invoice; the ledger is left alone."""
    [batch] = world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    world.set_status(INVOICE, REOPENED)
    await world.in_state(INVOICE, "open")
    await world.quiet()
