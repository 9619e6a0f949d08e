"""The guide to the set-up is the document's, in its order; both keys are given, and the private one is never shown."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ledgerwire.billing_sync.setup.guide import guide, role_tasks
from ledgerwire.common.db.engine import open_database
from ledgerwire.tenants import accounts


@pytest.mark.requirement("A163", "A164", "A165", "A209")
def test_the_guide_begins_with_links_and_ends_with_the_check_and_asks_for_no_persons_sign_in():
    first, second, *_, last = tasks = guide()
    assert [(task.where, task.link.startswith("https://")) for task in (first, second)] == [("", True), ("", True)]
    assert "never asks for your sign-in" in second.what
    assert [task.link for task in tasks if "documentation" in task.what] == ["https://docs.connectwise.com/"]
    assert "ledgerwire seats check" in last.what
    assert not any("password" in task.what.lower() for task in tasks)


@pytest.mark.requirement("A208", "A210", "A211")
def test_the_guide_says_how_the_member_and_its_keys_are_made_and_what_the_account_file_takes():
    by_title = {}
    for task in guide():
        by_title.setdefault(task.title, []).append(task)
    assert by_title["API member"][-1].where == "ConnectWise: System > Members > API Members"
    [keys], [file] = by_title["API keys"], by_title["Account file"]
    assert "Not Save and Close" in keys.warning
    assert all(word in file.what for word in ("Site", "company id", "both keys"))


@pytest.mark.requirement("A172", "A173", "A175", "A177", "A178", "A179", "A180", "A186")
def test_the_role_is_published_function_by_function_and_everything_else_is_none():
    told = {task.title: task.what for task in role_tasks()}
    assert told["Companies > Company Maintenance"] == "Inquire: All"
    for area in (
        "Finance > Agreements",
        "Procurement > Product Catalog",
        "Procurement > Products",
        "System > Table Setup",
    ):
        assert told[area] == "Add, Edit, Inquire: All"
    assert told["System > Table Setup, customize"].count(" / ") == 5
    assert told["Every other function"] == "None"


@pytest.mark.requirement("A212", "A163", "D10")
async def test_the_seats_key_is_kept_sealed_never_shown_and_used_apart_from_the_posting_key(world):
    private = world.content["connectwise"]["seats"]["private_key"]
    database = open_database(world.settings, "tenants")
    shown = await accounts.show(database, "acme")
    async with database.account(world.account_id) as unit:
        stored = (await unit.execute(text("SELECT connection::text FROM tenants.connection"))).scalars().all()
    await database.close()
    assert private not in str(shown)
    assert private not in str(stored)
    assert private.encode().hex() not in str(stored)
    account = await world.desk.account(world.account_id)
    seats, posting = await world.desk.psa(account), await world.desk.posting(account)
    assert seats.config.public_key == world.content["connectwise"]["seats"]["public_key"]
    assert posting.config.public_key == world.content["connectwise"]["public_key"]
    world.content["connectwise"].pop("seats")
    await world.configure()
    assert (await world.desk.psa(await world.desk.account(world.account_id))).config == posting.config
