"""The usual world of a story: one account, live, all services in this event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.e2e.world import World, open_world

from ledgerwire.common.settings import Settings


@pytest.fixture
async def world(settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(settings, tmp_path) as world:
        yield world
