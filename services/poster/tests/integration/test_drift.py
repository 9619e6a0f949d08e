"""A posted document that somebody changes, voids or deletes in the ledger is noticed, and a person decides (D11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.poster.drift import watch

from .test_choices import OTHER, live
from .test_revisions import INVOICE

CHANGED, GONE = "DOCUMENT_CHANGED_IN_LEDGER", "DOCUMENT_GONE_FROM_LEDGER"


async def posted(desk: Any) -> dict[str, Any]:
    """An invoice that is posted and batched; its row in the ledger."""
    await desk.world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await desk.world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    [row] = live(desk)
    return dict(row)


async def look(desk: Any) -> None:
    """One whole look at the ledger, from now."""
    world = desk.world
    await world.rows("UPDATE poster.ledger_look SET checked_at = now() - interval '1 day'")
    rows = await world.rows(
        "UPDATE poster.work SET due_at = now(), generation = generation + 1, last_code = 'DUE' WHERE kind = $1"
        " RETURNING work_key",
        watch.WORK_KIND,
    )
    assert rows, "the schedule has made the row"

    async def looked() -> bool:
        query = "SELECT 1 FROM poster.work WHERE kind = $1 AND (last_code = 'DUE' OR due_at <= now())"
        return not await world.rows(query, watch.WORK_KIND)

    await world._explained(looked, "a look at each ledger", 40)


def amend(desk: Any, **fields: Any) -> None:
    """A bookkeeper changes the document in the ledger."""
    [row] = live(desk)
    desk.world.ledger.collections["invoices"].put({**row, **fields})


async def drift_steps(desk: Any) -> list[Any]:
    return await desk.world.rows("SELECT detail FROM poster.timeline WHERE step = 'drifted' ORDER BY id")


@pytest.mark.requirement("D11")
async def test_what_nobody_touched_shows_no_drift_and_a_payment_is_none(desk: Any) -> None:
    before = await posted(desk)
    await look(desk)
    amend(desk, Status="PAID", AmountPaid=before["Total"], AmountDue=Decimal(0))
    await look(desk)
    assert await drift_steps(desk) == []
    assert [row["state"] for row in await desk.posting_states()] == ["posted"]


@pytest.mark.requirement("D11")
async def test_a_changed_document_is_told_once_with_field_old_and_new_and_counts_once_a_person_accepts_it(
    desk: Any,
) -> None:
    before = await posted(desk)
    await look(desk)
    first, *others = before["LineItems"]
    amend(desk, LineItems=[{**first, "AccountCode": "260"}, *others])
    await look(desk)
    await desk.until_told(INVOICE, "stopped", CHANGED)
    [step] = await drift_steps(desk)
    changes = [{"field": "line 1 account", "old": first["AccountCode"], "new": "260"}]
    assert step["detail"] == {"number": desk.world.number(INVOICE), "changes": changes}
    await look(desk)
    assert len(await drift_steps(desk)) == 1, "told once"
    await desk.choose(INVOICE, "ACCEPT")
    await desk.until_told(INVOICE, "batched", "DOCUMENT_ACCEPTED")
    await look(desk)
    amend(desk, Reference="payments are welcome")
    await look(desk)
    assert len(await drift_steps(desk)) == 1, "accepted as it is now"
    [row] = live(desk)
    assert row["LineItems"][0]["AccountCode"] == "260"


@pytest.mark.requirement("D11")
async def test_a_change_before_the_first_look_is_found_too_and_one_put_back_is_mended_by_itself(desk: Any) -> None:
    before = await posted(desk)
    amend(desk, Total=before["Total"] + 5)
    await look(desk)
    await desk.until_told(INVOICE, "stopped", CHANGED)
    amend(desk, Total=before["Total"])
    await look(desk)
    await desk.until_told(INVOICE, "batched")
    assert [row["state"] for row in await desk.posting_states()] == ["posted"]


@pytest.mark.requirement("D11")
@pytest.mark.parametrize(
    ("field", "value", "told"),
    [("AccountCode", "260", "line 1 account"), ("TaxType", "EXEMPTOUTPUT", "line 1 tax type")],
)
async def test_a_line_recoded_before_the_first_look_is_told_and_what_is_recoded_later_too(
    desk: Any, field: str, value: str, told: str
) -> None:
    before = await posted(desk)
    first, *others = before["LineItems"]
    amend(desk, LineItems=[{**first, field: value}, *others])
    await look(desk)
    await desk.until_told(INVOICE, "stopped", CHANGED)
    [step] = await drift_steps(desk)
    assert step["detail"]["changes"] == [{"field": told, "old": first[field], "new": value}]
    amend(desk, LineItems=before["LineItems"])
    await look(desk)
    await desk.until_told(INVOICE, "batched")
    amend(desk, Reference="payments are welcome", LineItems=[{**first, "Description": "as agreed"}, *others])
    await look(desk)
    assert len(await drift_steps(desk)) == 2, "a line's text counts from the look that found it well"


@pytest.mark.requirement("D11")
@pytest.mark.parametrize("choice", ["ACCEPT", "VOID_AND_RECREATE"])
async def test_a_voided_document_is_noticed_and_is_posted_again_or_stays_gone_as_a_person_chooses(
    desk: Any, choice: str
) -> None:
    before = await posted(desk)
    await look(desk)
    amend(desk, Status="VOIDED")
    await look(desk)
    await desk.until_told(INVOICE, "stopped", GONE)
    await desk.choose(INVOICE, choice)
    await desk.until_told(INVOICE, "batched")
    again = live(desk)
    if choice == "ACCEPT":
        assert again == []
    else:
        [row] = again
        assert (row["Total"], row["InvoiceID"] != before["InvoiceID"]) == (before["Total"], True)
    assert len(desk.world.batches()) == 1, "the batch in ConnectWise stays as it is"
    await look(desk)
    assert len(await drift_steps(desk)) == 1


@pytest.mark.requirement("D11")
async def test_a_changed_document_is_voided_and_posted_as_decided_where_a_person_wants_that(desk: Any) -> None:
    before = await posted(desk)
    await look(desk)
    amend(desk, Total=before["Total"] + 5)
    await look(desk)
    await desk.until_told(INVOICE, "stopped", CHANGED)
    await desk.choose(INVOICE, "VOID_AND_RECREATE")
    await desk.until_told(INVOICE, "batched")
    [row] = live(desk)
    assert row["Total"] == before["Total"]
    assert row["InvoiceID"] != before["InvoiceID"]


async def test_many_documents_cost_one_call(desk: Any) -> None:
    await desk.world.close(OTHER)
    await desk.decide((OTHER, desk.document(OTHER)))
    await posted(desk)
    await desk.until_told(OTHER, "batched")
    calls = len(desk.world.journal("xero", "GET", "/Invoices"))
    await look(desk)
    assert len(desk.world.journal("xero", "GET", "/Invoices")) == calls + 1
