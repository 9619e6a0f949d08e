"""What a person links by hand: checked before it is kept."""

from __future__ import annotations

import pytest

from ledgerwire.common.errors import ConfigurationError

from .conftest import ACME, OTHER, SOURCE, World, codes, sold, subscription

BY = "test"


async def kept(world: World) -> int:
    [(count,)] = await world.query("SELECT count(*) FROM billing.customer_link")
    return int(count)


@pytest.mark.requirement("A200")
async def test_a_customer_is_linked_and_planned_and_one_that_is_not_shown_is_told(world: World) -> None:
    await world.configure(customers=[])
    await world.post(sold(subscription()))
    made = await world.desk.link(world.account_id, SOURCE, "acme", ACME, BY)
    assert (made.company, made.shown) == (world.state.tables["companies"][ACME]["name"], True)
    plan = await world.plan()
    assert (len(plan.steps), codes(plan.all_findings)) == (1, [])
    assert (await world.desk.link(world.account_id, SOURCE, "acmee", ACME, BY)).shown is False


@pytest.mark.requirement("A200")
async def test_a_source_or_a_company_that_is_not_there_is_refused(world: World) -> None:
    for source, company, code in (("distributer", ACME, "SOURCE_UNKNOWN"), (SOURCE, 987_654, "COMPANY_UNKNOWN")):
        with pytest.raises(ConfigurationError) as refused:
            await world.desk.link(world.account_id, source, "new", company, BY)
        assert refused.value.code == code
    world.state.tables["companies"][OTHER]["deletedFlag"] = True
    with pytest.raises(ConfigurationError, match=f"no company {OTHER}"):
        await world.desk.link(world.account_id, SOURCE, "new", OTHER, BY)
    assert await kept(world) == 0


@pytest.mark.requirement("A200")
async def test_a_company_in_a_status_that_is_not_offered_is_refused(world: World) -> None:
    await world.configure(company_statuses=["Prospect"])
    with pytest.raises(ConfigurationError, match=r"lets through Prospect") as refused:
        await world.desk.link(world.account_id, SOURCE, "new", ACME, BY)
    assert (refused.value.code, await kept(world)) == ("COMPANY_STATUS", 0)


@pytest.mark.requirement("A200", "F1: BS_CUSTOMER_ON_TWO_COMPANIES")
async def test_a_customer_that_the_file_names_on_another_company_is_refused_and_goes_on(world: World) -> None:
    with pytest.raises(ConfigurationError, match=f"links acme of {SOURCE} to company {ACME}") as refused:
        await world.desk.link(world.account_id, SOURCE, "acme", OTHER, BY)
    assert (refused.value.code, await kept(world)) == ("CUSTOMER_LINKED_ELSEWHERE", 0)
    assert (await world.desk.link(world.account_id, SOURCE, "acme", ACME, BY)).shown is False
    plan, done = await world.sync(sold(subscription()))
    assert (codes(plan.all_findings), done.written) == ([], 1)
