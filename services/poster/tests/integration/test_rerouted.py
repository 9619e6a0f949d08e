"""A record whose location was moved to another company of the ledger: only that one's work posts it (A117)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.e2e.processes import eventually

from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.errors import Waiting
from ledgerwire.poster import repository

from .test_posting import sent

INVOICE = 39001
_CALLS = "SELECT connection_id FROM poster.submission WHERE kind = 'sales_invoice' ORDER BY created_at"
_WAITING_TURN = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def called(desk: Any) -> list[UUID]:
    """The company of each call that could create the invoice."""
    return [row["connection_id"] for row in await desk.world.rows(_CALLS)]


@pytest.mark.requirement("A117", "A130")
@pytest.mark.parametrize("connected", [True, False])
async def test_work_that_waited_for_the_company_of_before_posts_and_tells_nothing(
    desk: Any, monkeypatch: pytest.MonkeyPatch, connected: bool
) -> None:
    world, branch = desk.world, await desk.another_company()

    async def revoked(self: XeroLedger) -> None:
        raise Waiting("Xero is disconnected", code="TOKEN_REVOKED")

    if not connected:
        monkeypatch.setattr(XeroLedger, "reference_data", revoked)
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await desk.decide((INVOICE, desk.document(INVOICE)), revision=2, company=branch, rings=False)
    await world.serve("poster")
    await desk.settled_work()
    assert (await called(desk), await desk.told(INVOICE), world.batch_name(INVOICE)) == ([], [], None)
    monkeypatch.undo()
    await desk.ring(INVOICE, company=branch)
    await desk.until_told(INVOICE, "batched")
    assert await called(desk) == [branch]
    assert len(sent(desk)) == 1


@pytest.mark.requirement("A117")
async def test_work_of_both_companies_at_once_makes_one_document(desk: Any) -> None:
    world, branch = desk.world, await desk.another_company()
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await desk.decide((INVOICE, desk.document(INVOICE)), revision=2, company=branch)
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    await desk.settled_work()
    assert await called(desk) == [branch]
    assert [row["connection_id"] for row in await world.rows("SELECT connection_id FROM poster.posting")] == [branch]


@pytest.mark.requirement("A117", "M8")
async def test_a_record_rerouted_while_its_call_is_being_committed_makes_one_document(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other company's work takes it up before it can see that call: it waits for its turn, then finds it."""
    world, branch = desk.world, await desk.another_company()
    usual, begun = repository.put_postings, list[UUID]()

    async def taken_up() -> bool:
        return bool(await world.rows(_WAITING_TURN) or await called(desk))

    async def put_postings(unit: Any, connection_id: UUID, targets: Sequence[Any]) -> None:
        begun.append(connection_id)
        if len(begun) == 1:
            await desk.decide((INVOICE, desk.document(INVOICE)), revision=2, company=branch)
            await eventually(taken_up, "the other company's work takes the record up")
        await usual(unit, connection_id, targets)

    monkeypatch.setattr(repository, "put_postings", put_postings)
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_IN_OTHER_COMPANY")
    await desk.settled_work()
    assert await called(desk) == [world.ledger_connection] == begun
    assert len(sent(desk)) == 1


@pytest.mark.requirement("A117", "M8")
async def test_a_call_whose_outcome_is_open_is_settled_by_the_company_it_went_to(desk: Any) -> None:
    """Nothing came of it there, so that the other company posts it when a person asks again."""
    world, branch = desk.world, await desk.another_company()
    world.arm("500_before", method="PUT", path_regex=r"/Invoices$")
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")

    async def lost() -> bool:
        return [row["state"] for row in await desk.posting_states()] == ["unknown"]

    await world._explained(lost, "the outcome is not known", 20)
    await desk.decide((INVOICE, desk.document(INVOICE)), revision=2, company=branch)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_IN_OTHER_COMPANY")
    await desk.settled_work()
    assert await called(desk) == [world.ledger_connection]
    await desk.ring(INVOICE, company=branch)
    await desk.until_told(INVOICE, "batched")
    assert await called(desk) == [world.ledger_connection, branch]
    assert len(world.documents(world.number(INVOICE))) == 1


async def posted_in_the_first_company(desk: Any) -> UUID:
    """The invoice is in the ledger, not batched, and its location moved to another company since; that company."""
    world, branch = desk.world, await desk.another_company()
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    [batch] = world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    await desk.decide((INVOICE, desk.document(INVOICE)), revision=2, company=branch)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_IN_OTHER_COMPANY")
    return UUID(str(branch))


def voided_by_hand(desk: Any) -> dict[str, Any]:
    """The document of the invoice, which stands no more."""
    [document] = desk.world.documents(desk.world.number(INVOICE))
    document["Status"] = "VOIDED"
    return dict(document)


@pytest.mark.requirement("A117", "M8")
async def test_what_a_person_voids_in_the_company_of_before_is_posted_in_the_one_of_now_on_retry(desk: Any) -> None:
    world, branch = desk.world, await posted_in_the_first_company(desk)
    await desk.ring(INVOICE, company=branch)
    await desk.settled_work()
    assert await called(desk) == [world.ledger_connection], "it still stands there"
    before = voided_by_hand(desk)
    await desk.ring(INVOICE, company=branch)
    await desk.until_told(INVOICE, "batched")
    await desk.settled_work()
    assert await called(desk) == [world.ledger_connection, branch]
    [posted] = world.documents(world.number(INVOICE))
    assert (posted["Total"], posted["InvoiceID"] != before["InvoiceID"]) == (before["Total"], True)


@pytest.mark.requirement("A117", "M8")
async def test_a_company_of_before_that_nobody_may_sign_in_to_keeps_the_record_stopped(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = await posted_in_the_first_company(desk)
    voided_by_hand(desk)

    async def revoked(self: XeroLedger, kind: Any, ledger_id: str) -> None:
        raise Waiting("Xero is disconnected", code="TOKEN_REVOKED")

    monkeypatch.setattr(XeroLedger, "read_document", revoked)
    before = len(await desk.told(INVOICE))
    await desk.ring(INVOICE, company=branch)
    await desk.settled_work()
    assert (await desk.told(INVOICE))[before:] == [("stopped", ["DOCUMENT_IN_OTHER_COMPANY"])]
    assert len(await called(desk)) == 1


@pytest.mark.requirement("A117", "M8")
async def test_a_record_moved_back_while_the_company_of_before_is_asked_keeps_its_document(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = await posted_in_the_first_company(desk)

    async def moved_back(self: XeroLedger, kind: Any, ledger_id: str) -> None:
        """What is answered is out of date by the time it is used."""
        await desk.decide((INVOICE, desk.document(INVOICE)), revision=3, rings=False)

    monkeypatch.setattr(XeroLedger, "read_document", moved_back)
    before = await desk.told(INVOICE)
    await desk.ring(INVOICE, company=branch)
    await desk.settled_work()
    [posting] = await desk.posting_states()
    assert (posting["state"], posting["ledger_id"] is not None) == ("posted", True)
    assert await desk.told(INVOICE) == before
    monkeypatch.undo()
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "batched")
    assert len(await called(desk)) == 1
