"""A copy stands for the agreement it was made of, until the account file names another one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from .conftest import ACME, NEXT, World, annual, codes, day, sold, subscription
from .story import before

FIRST_COPY = "Annual seats 2026-03-20"


async def copied(world: World) -> None:
    """A second annual product, which stands on a copy of the agreement that has had its invoice."""
    await before(world)
    await world.sync(sold(subscription(), annual(), annual("year-2", "3")))
    assert seats_on(world, FIRST_COPY) == [3]


async def choose(world: World, name: str) -> None:
    """Set up another One-Time agreement and name it in the account file."""
    common = {"company": {"id": ACME}, "startDate": "2025-12-01T00:00:00Z", "noEndingDateFlag": True}
    common |= {"nextInvoiceDate": NEXT, "periodType": "Future", "invoicingCycle": "CalendarYear"}
    common |= {"currency": world.state.tables["companies"][ACME]["currency"]}
    body = {"name": name, "type": {"id": 3}, "billingCycle": {"id": 8}}
    made = await world.person("POST", "/finance/agreements", {**common, **body})
    chosen: list[dict[str, Any]] = [
        {**each, "agreement": made["id"]} if each["motion"] == "seat-annual" else each
        for each in world.content["seats"]["agreements"]
    ]
    await world.configure(agreements=chosen)


def seats_on(world: World, name: str) -> list[Decimal]:
    number = world.number(name)
    return sorted(Decimal(row["quantity"]) for row in world.rows if row["agreementId"] == number)


@pytest.mark.requirement("M22", "A199")
async def test_an_agreement_that_is_chosen_after_a_copy_takes_what_is_bought_from_then_on(world: World) -> None:
    await copied(world)
    await choose(world, "Annual 2027")
    await world.sync(sold(subscription(), annual(), annual("year-2", "3"), annual("year-3", "4")))
    assert (seats_on(world, "Annual 2027"), seats_on(world, FIRST_COPY)) == ([4], [3])
    assert not (await world.plan()).steps, "what stands on the copy is not charged again"


@pytest.mark.requirement("M22", "A199", "F1: BS_AGREEMENT_ENDED")
async def test_a_copy_that_was_cancelled_is_replaced_by_choosing_another_agreement(world: World) -> None:
    await copied(world)
    world.agreement(world.number(FIRST_COPY)).update(cancelledFlag=True, dateCancelled="2026-03-19T00:00:00Z")
    await world.post(sold(subscription(), annual(), annual("year-2", "3"), annual("year-3", "4")))
    ended = await world.plan()
    assert (codes(ended.all_findings), ended.steps) == (["BS_AGREEMENT_ENDED"], ())
    await choose(world, "Annual 2027")
    found = await world.desk.check(world.account_id)
    assert "BS_AGREEMENT_ENDED" not in codes(finding for item in found.items for finding in item.findings)
    await world.sync()
    assert seats_on(world, "Annual 2027") == [4]


@pytest.mark.requirement("M22")
async def test_a_copy_of_a_copy_still_stands_for_the_agreement_that_the_file_names(world: World) -> None:
    await copied(world)
    await world.invoice(world.number(FIRST_COPY))
    world.move(day("21 Mar"))
    bought = [subscription(), annual(), annual("year-2", "3"), annual("year-3", "4")]
    await world.sync(sold(*bought))
    second = f"{FIRST_COPY} 2026-03-21"
    assert seats_on(world, second) == [4]
    world.move(day("22 Mar"))
    await world.sync(sold(*bought, annual("year-4", "5")))
    assert seats_on(world, second) == [4, 5]
    assert not (await world.plan()).steps
