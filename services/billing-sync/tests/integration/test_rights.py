"""With the role of the document everything works; with any one right taken away the error names module, right and place."""

from __future__ import annotations

from datetime import date

import pytest

from ledgerwire.common.errors import Waiting
from ledgerwire.connectwise.rights import ROLE_SCREEN, SEAT_ROLE, Action, Right

from .story import WANTED, before, bought, live

READING, WRITING, ALL = {"plan", "reconcile"}, {"apply"}, {"plan", "apply", "reconcile"}
STOPPED: dict[tuple[str, Action], set[str]] = {
    ("Company Maintenance", Action.INQUIRE): READING,
    ("Agreements", Action.ADD): WRITING,
    ("Agreements", Action.EDIT): WRITING,
    ("Agreements", Action.INQUIRE): ALL,
    ("Product Catalog", Action.ADD): WRITING,
    ("Product Catalog", Action.EDIT): set(),
    ("Product Catalog", Action.INQUIRE): ALL,
    ("Products", Action.ADD): WRITING,
    ("Products", Action.EDIT): WRITING,
    ("Products", Action.INQUIRE): ALL,
    ("Table Setup", Action.ADD): set(),
    ("Table Setup", Action.EDIT): set(),
    ("Table Setup", Action.INQUIRE): {"plan"},
}
"""Which commands need a right, one after the other. Those that only a repair of the set-up needs stop `check --fix` alone."""
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def test_every_right_of_the_document_is_tried():
    assert set(STOPPED) == {(right.function, right.action) for right in SEAT_ROLE}


async def refused(world, command) -> Waiting | None:
    """The error of a command, None where it works."""
    commands = {
        "plan": world.plan,
        "apply": lambda: world.desk.apply(world.account_id),
        "reconcile": lambda: world.desk.reconcile(world.account_id, *MARCH),
    }
    try:
        await commands[command]()
    except Waiting as error:
        return error
    return None


async def repaired(world):
    """`check --fix` where there is something of every kind to repair: the findings of rights."""
    table = world.state.tables
    for row in (*table["catalog"].values(), *table["product_types"].values()):
        if row.get("identifier") == "MISC" or row.get("name") == "Miscellaneous":
            row["inactiveFlag"] = True
    for number in [n for n, row in table["subcategories"].items() if row["name"] == "Miscellaneous"]:
        del table["subcategories"][number]
    return await world.desk.check(world.account_id, fix=True)


@pytest.mark.requirement(
    "A167", "A168", "A169", "A170", "A171", "A173", "A175", "A177", "A178", "A179", "F1: BS_PERMISSION_MISSING"
)
@pytest.mark.parametrize("right", SEAT_ROLE, ids=str)
async def test_with_one_right_taken_away_the_error_names_it_and_with_it_back_all_goes_on(world, right: Right):
    await before(world)
    await world.post(bought())
    await world.plan()
    world.take(right.function, right.action)

    errors = {command: await refused(world, command) for command in ("plan", "apply", "reconcile")}

    assert {command for command, error in errors.items() if error} == STOPPED[right.function, right.action]
    for error in filter(None, errors.values()):
        assert error.code == "PERMISSION_MISSING"
        assert f"{right.module} > {right.function}: {right.action} All" in str(error)
        assert ROLE_SCREEN in str(error)
    checked = await repaired(world)
    findings = [each for item in checked.items for each in item.findings if each.code == "BS_PERMISSION_MISSING"]
    assert any(str(right) in each.params["right"] for each in findings)
    assert all(each.entry.where == "ConnectWise: System > Security Roles" for each in findings)

    world.take(right.function, right.action, "All")
    assert (await repaired(world)).ok
    await world.sync()
    assert live(world) == WANTED
    assert (await world.plan()).steps == ()
