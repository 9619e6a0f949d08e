"""A call that made no document is open no longer than its outcome may be, though nobody needs what it made any more."""

from __future__ import annotations

from typing import Any

import pytest

from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.errors import Ambiguous

from .test_documents import OTHER, bill

STATES = "SELECT kind, state, outcome FROM poster.submission"


@pytest.mark.requirement("D2", "D11")
async def test_a_lost_call_for_a_contact_whose_record_is_skipped_since_is_settled_by_the_watch(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, usual = desk.world, XeroLedger.create_contact

    async def lost(self: XeroLedger, *asked: Any) -> Any:
        await usual(self, *asked)
        await world.rows("UPDATE mapper.record SET state = 'skipped' WHERE record_id = $1", world.record_id(OTHER))
        raise Ambiguous("no answer")

    monkeypatch.setattr(XeroLedger, "create_contact", lost)
    await world.close(OTHER)
    await desk.decide((OTHER, bill("VI-1")))
    await world.serve("poster")
    await world._explained(lambda: world.rows(STATES), "the contact is asked for", 20)
    await desk.ring(OTHER)
    await desk.settled_work()
    assert [tuple(row) for row in await world.rows(STATES)] == [("contact", "unknown", None)]
    await world.rows("UPDATE poster.submission SET look_after = now()")
    looks_now = "UPDATE poster.work SET due_at = now() WHERE kind = 'watch' RETURNING 1"
    await world._explained(lambda: world.rows(looks_now), "the schedule has made the row", 40)

    async def settled() -> bool:
        return [tuple(row) for row in await world.rows(STATES)] == [("contact", "settled", "left_open")]

    await world._explained(settled, "the call is settled", 20)
    assert not world.documents("VI-1")
