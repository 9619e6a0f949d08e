"""A document that has another number in the ledger than we know: it is ours by its id, and no second one is made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.processes import eventually

from .test_revisions import INVOICE, batched_once, live, moved


def amend(desk: Any, document: dict[str, Any], **fields: Any) -> None:
    desk.world.ledger.amend("invoices", document["InvoiceID"], fields)


async def left_in_draft(desk: Any) -> dict[str, Any]:
    """The invoice is posted and waits for its approval; its document."""
    await desk.world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE, draft=True)))
    await desk.world.serve("poster")
    await desk.until_told(INVOICE, "draft")
    [document] = live(desk)
    return dict(document)


def ids(desk: Any, *numbers: str) -> list[str]:
    """The live documents under these numbers."""
    return [row["InvoiceID"] for number in numbers for row in live(desk, number)]


@pytest.mark.requirement("M7", "M16")
async def test_a_draft_that_its_approver_gave_another_number_is_batched_as_it_is(desk: Any) -> None:
    document, number = await left_in_draft(desk), desk.world.number(INVOICE)
    amend(desk, document, InvoiceNumber=f"{number}A", Status="AUTHORISED")
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "batched")
    assert ids(desk, number, f"{number}A") == [document["InvoiceID"]]


@pytest.mark.requirement("M7", "M16")
async def test_a_document_with_other_figures_that_is_put_right_and_given_another_number_is_batched_as_it_is(
    desk: Any,
) -> None:
    document, number = await left_in_draft(desk), desk.world.number(INVOICE)
    amend(desk, document, Total=document["Total"] + 5)
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "stopped", "LEDGER_TOTAL_DIFFERS")
    amend(desk, document, InvoiceNumber=f"{number}A", Status="AUTHORISED", Total=document["Total"])
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "batched")
    assert ids(desk, number, f"{number}A") == [document["InvoiceID"]]


@pytest.mark.requirement("M8", "M16")
async def test_an_update_that_changes_the_number_and_never_arrived_is_sent_again_by_id(desk: Any) -> None:
    document, number = await batched_once(desk), desk.world.number(INVOICE)
    desk.world.arm("500_before", method="POST", path_regex=r"/Invoices")
    before = len(await desk.told(INVOICE))
    await desk.decide((INVOICE, moved(desk, number=f"{number}B")), revision=2)

    async def told_again() -> bool:
        return len(await desk.told(INVOICE)) > before

    await eventually(told_again, "the second revision ends")
    await desk.until_told(INVOICE, "batched")
    assert ids(desk, number) == []
    assert ids(desk, f"{number}B") == [document["InvoiceID"]]


@pytest.mark.requirement("M8", "M16")
async def test_an_update_to_a_number_that_another_document_has_stops_and_leaves_both_as_they_are(desk: Any) -> None:
    document, number = await batched_once(desk), desk.world.number(INVOICE)
    theirs = desk.put(INVOICE, InvoiceNumber=f"{number}B")
    await desk.decide((INVOICE, moved(desk, number=f"{number}B")), revision=2)
    await desk.until_told(INVOICE, "stopped", "DUPLICATE_NUMBER")
    await desk.settled_work()
    assert ids(desk, number) == [document["InvoiceID"]]
    assert ids(desk, f"{number}B") == [theirs["InvoiceID"]]
