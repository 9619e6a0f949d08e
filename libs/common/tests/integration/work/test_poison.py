"""Poison waits for its next try, or lies dead; what is healthy goes past it (R13)."""

from __future__ import annotations

import pytest

HEALTHY, POISON = 60, 6


@pytest.mark.requirement("R13", "B38")
async def test_healthy_work_of_the_same_connection_ends_while_poison_is_still_tried(desk, connection) -> None:
    async def handler(group) -> None:
        for item in group.items:
            async with group.unit() as unit:
                if item.work_key.startswith("bad"):
                    await group.fail(unit, item, ZeroDivisionError("a fault of ours"))
                else:
                    await group.done(unit, item)

    async def healthy_left() -> int:
        return (await desk.one("SELECT count(*) FROM mapper.work WHERE work_key LIKE 'good%'")).count

    async def poison_dead() -> int:
        await desk.execute("UPDATE mapper.work SET due_at = now()")
        return (
            await desk.one("SELECT count(*) FROM mapper.dead_letter WHERE cause = 'INTERNAL[ZeroDivisionError]'")
        ).count

    await desk.ring(*(desk.bell(f"bad-{number}", connection) for number in range(POISON)))
    await desk.execute("UPDATE mapper.work SET due_at = now() - interval '1 minute'")
    await desk.ring(*(desk.bell(f"good-{number}", connection) for number in range(HEALTHY)))
    async with desk.running(desk.worker(handler)):

        async def passed() -> bool:
            return await healthy_left() == 0

        await desk.until(passed, 20)
        waiting = await desk.one("SELECT count(*), min(attempts) AS tried, max(attempts) AS most FROM mapper.work")
        assert waiting.count == POISON, "poison is neither lost nor dead before its tries are used up"
        assert 1 <= waiting.tried <= waiting.most < 4

        async def buried() -> bool:
            return await poison_dead() == POISON

        await desk.until(buried, 20)
    assert await desk.empty()
