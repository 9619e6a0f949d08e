"""These tests parse every source file of the house."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_collected_meanwhile() -> Iterator[None]:
    """CPython 3.11 loses count of the parser's depth when an object left by another test is collected within and prints a traceback."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
