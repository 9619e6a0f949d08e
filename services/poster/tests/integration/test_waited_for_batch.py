"""A document that has waited for its record's batch is looked at before: a batch stands for a document that is there."""

from __future__ import annotations

from typing import Any

import pytest

from .test_revisions import INVOICE, batched_once, live


async def waited_a_while(desk: Any) -> None:
    await desk.world.rows("UPDATE poster.posting SET updated_at = updated_at - interval '1 hour'")


@pytest.mark.requirement("M7", "M8")
async def test_what_a_person_voided_before_the_batch_is_posted_anew(desk: Any) -> None:
    before = await batched_once(desk)
    desk.world.ledger.amend("invoices", before["InvoiceID"], {"Status": "VOIDED"})
    await waited_a_while(desk)
    await desk.ring(INVOICE)
    await desk.settled_work()
    [after] = live(desk)
    assert (after["Total"], after["InvoiceID"] != before["InvoiceID"]) == (before["Total"], True)
    assert desk.world.batch_name(INVOICE) is not None


@pytest.mark.requirement("M7")
async def test_what_is_there_still_is_batched_and_not_sent_again(desk: Any) -> None:
    before = await batched_once(desk)
    await waited_a_while(desk)
    since = len(desk.world.journal("xero", "GET", "/Invoices"))
    await desk.ring(INVOICE)
    await desk.settled_work()
    assert live(desk) == [before]
    assert desk.world.batch_name(INVOICE) is not None
    assert len(desk.world.journal("xero", "GET", "/Invoices")) == since + 1, "one look"


@pytest.mark.requirement("M8")
async def test_what_a_person_takes_as_it_is_stays_out_of_the_ledger(desk: Any) -> None:
    before = await batched_once(desk)
    desk.world.ledger.amend("invoices", before["InvoiceID"], {"Status": "VOIDED"})
    await waited_a_while(desk)
    await desk.choose(INVOICE, "ACCEPT")
    await desk.settled_work()
    assert live(desk) == []
