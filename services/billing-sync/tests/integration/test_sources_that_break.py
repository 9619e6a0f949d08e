"""A source whose answer nothing was made for: a problem of that source, and the other sources are planned."""

from __future__ import annotations

from typing import Any

import pytest

from ledgerwire.common.errors import Transient
from ledgerwire.distributors.push import PushSource

from .conftest import SOURCE, World, codes, sold, subscription

ODD = [TypeError("no list"), ValueError("no date"), KeyError("id"), AttributeError("no object"), ArithmeticError()]


def break_source(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    whole = PushSource.customers

    async def customers(source: PushSource) -> Any:
        if source.name == name:
            raise error
        return await whole(source)

    monkeypatch.setattr(PushSource, "customers", customers)


@pytest.mark.requirement("F1: BS_SOURCE_INCOMPLETE")
@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
async def test_a_source_that_cannot_be_read_leaves_the_others(world: World, monkeypatch: Any, error: Exception) -> None:
    await world.configure(sources=[{"name": name, "kind": "push"} for name in ("odd", SOURCE)])
    await world.post(sold(subscription()))
    break_source(monkeypatch, "odd", error)
    plan = await world.plan()
    assert (len(plan.steps), codes(plan.all_findings)) == (1, ["BS_SOURCE_INCOMPLETE"])


async def test_where_no_source_can_be_read_the_look_is_tried_again(world: World, monkeypatch: Any) -> None:
    break_source(monkeypatch, SOURCE, TypeError("no list"))
    with pytest.raises(Transient, match="cannot be read"):
        await world.plan()
