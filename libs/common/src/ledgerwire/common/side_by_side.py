"""Calls that need nothing of each other, made side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


async def side_by_side(calls: Mapping[K, Coroutine[Any, Any, V]]) -> dict[K, V]:
    """What each call returned, by its key. The first one that fails ends the others, and its error is raised as it is.

    A group of errors would hide of which class it is, and so whether it passes.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {key: group.create_task(call) for key, call in calls.items()}
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return {key: task.result() for key, task in tasks.items()}
