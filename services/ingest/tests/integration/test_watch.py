"""The callback is registered once, and put right when ConnectWise switched it off or someone removed it."""

from __future__ import annotations

import pytest

from ledgerwire.common.ids import account_id, connection_id

ACCOUNT = account_id("harbourline")
CONNECTION = connection_id(ACCOUNT, "connectwise")


@pytest.fixture
async def account(world):
    await world.apply()
    return world


def entries(world) -> list[dict]:
    return list(world.state.tables["callbacks"].values())


@pytest.mark.requirement("A062")
async def test_connecting_registers_one_callback_that_is_ours(account) -> None:
    checked = await account.registrar.connect(ACCOUNT, CONNECTION)
    assert checked is not None
    assert (checked.created, checked.repair, checked.member) == (True, None, "ledgerwire")
    (entry,) = entries(account)
    assert entry["url"] == f"{account.settings.public_url}/callbacks/connectwise/{await account.token()}?recordId="
    assert (entry["type"], entry["level"], entry["isSelfSuppressedFlag"], entry["inactiveFlag"]) == (
        "invoice",
        "owner",
        True,
        False,
    )
    again = await account.registrar.connect(ACCOUNT, CONNECTION)
    assert again is not None
    assert (again.created, again.callback_id) == (False, checked.callback_id)
    assert len(entries(account)) == 1


async def test_an_account_that_wants_no_callback_gets_none(account) -> None:
    await account.apply(callback={"register": False})
    assert await account.registrar.connect(ACCOUNT, CONNECTION) is None
    assert entries(account) == []


@pytest.mark.requirement("D6", "D18")
@pytest.mark.parametrize("harm", ["switched off", "removed", "not self-suppressed"])
async def test_a_callback_that_was_harmed_is_put_right_and_reported(account, wait_until, harm: str) -> None:
    await account.registrar.connect(ACCOUNT, CONNECTION)
    (entry,) = entries(account)
    if harm == "removed":
        account.state.tables["callbacks"].clear()
    elif harm == "switched off":
        entry["inactiveFlag"] = True
    else:
        entry["isSelfSuppressedFlag"] = False

    async def right() -> bool:
        return [(row["inactiveFlag"], row["isSelfSuppressedFlag"]) for row in entries(account)] == [(False, True)]

    async def checked_again() -> bool:
        rows = await account.rows("SELECT repairs, last_repair FROM ingest.callback_registration")
        return bool(rows) and (harm == "not self-suppressed" or rows[0]["repairs"] == 1)

    async with account.working():
        await wait_until(right)
        await wait_until(checked_again)
    (row,) = await account.rows("SELECT last_repair FROM ingest.callback_registration")
    expected = {"switched off": "CALLBACK_SWITCHED_OFF", "removed": "CALLBACK_MISSING", "not self-suppressed": None}
    assert row["last_repair"] == expected[harm]


async def test_other_peoples_callbacks_are_left_alone(account, wait_until) -> None:
    account.state.tables["callbacks"][900] = {
        "id": 900, "url": f"{account.settings.public_url}/callbacks/connectwise/{'z' * 43}?recordId=", "type": "invoice",
        "level": "owner", "objectId": 1, "inactiveFlag": True, "isSelfSuppressedFlag": False, "memberId": 152,
    }  # fmt: skip

    async def registered() -> bool:
        return bool(await account.rows("SELECT 1 FROM ingest.callback_registration"))

    async with account.working():
        await wait_until(registered)
    assert account.state.tables["callbacks"][900]["inactiveFlag"]
    assert len(entries(account)) == 2


async def test_a_registration_whose_answer_was_lost_is_not_made_twice(account, wait_until) -> None:
    account.fail("500_after", method="POST", path_regex="system/callbacks")
    with pytest.raises(Exception, match="outcome unknown"):
        await account.registrar.connect(ACCOUNT, CONNECTION)
    await account.registrar.connect(ACCOUNT, CONNECTION)
    assert len(entries(account)) == 1
