"""Sixty closes: thirty at once on the 1st, the others one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ledgerwire.cli.demo.sandbox_desk import PlannedClose, SandboxDesk


async def close_all(desk: SandboxDesk, plan: Sequence[PlannedClose], closed: Callable[[], None]) -> None:
    """Close every invoice of the plan; `closed` is called after each. ConnectWise announces each close by a callback."""

    async def close(one: PlannedClose) -> None:
        await desk.close(one.invoice_id)
        closed()

    async with asyncio.TaskGroup() as burst:
        for one in plan:
            if one.burst:
                burst.create_task(close(one))
    for one in plan:
        if not one.burst:
            await close(one)
