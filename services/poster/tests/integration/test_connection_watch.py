"""Signing in from time to time finds a lost consent before a record does, and keeps a good one alive (D18)."""

from __future__ import annotations

from typing import Any

import pytest

from ledgerwire.poster.connection import WORK_KIND


async def looked(desk: Any) -> str:
    """What the recurring sign-in met, now."""
    world = desk.world

    async def said() -> Any:
        rows = await world.rows(
            "SELECT last_code FROM poster.work WHERE kind = $1 AND due_at > now() AND last_code <> 'DUE'", WORK_KIND
        )
        return rows[0]["last_code"] if rows else None

    async def due() -> bool:
        rows = await world.rows(
            "UPDATE poster.work SET due_at = now(), generation = generation + 1, last_code = 'DUE' WHERE kind = $1"
            " RETURNING 1",
            WORK_KIND,
        )
        return bool(rows)

    await world._explained(due, "the schedule has made the row", 40)

    async def ended() -> bool:
        return await said() is not None

    await world._explained(ended, "a sign-in", 40)
    return str(await said())


@pytest.mark.requirement("D18", "A130")
async def test_a_consent_that_was_taken_back_is_found_without_any_record_and_forgotten_once_it_is_given_again(
    desk: Any,
) -> None:
    world = desk.world
    await world.serve("poster")
    assert await looked(desk) == "SCHEDULED"
    world.ledger.identity.revoke_all()
    assert await looked(desk) == "TOKEN_REVOKED"
    assert not world.documents()
    await world.consent_again()
    assert await looked(desk) == "SCHEDULED"
