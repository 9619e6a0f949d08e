"""`ledgerwire seats guide | credits | settle`, as a person types them."""

from __future__ import annotations

import pytest

from .conftest import Command


@pytest.mark.requirement("A172", "A210")
def test_the_guide_is_a_list_for_people_and_data_for_scripts(command: Command):
    said = command("seats", "guide")
    assert (said.exit_code, "Not Save and Close" in " ".join(said.stdout.split())) == (0, True)
    tasks = command("seats", "guide", "--json").value
    assert {"title": "Finance > Agreements", "what": "Add, Edit, Inquire: All"}.items() <= tasks[3].items()


@pytest.mark.requirement("M20")
def test_what_was_never_planned_owes_nothing_and_an_unknown_credit_is_refused(command: Command, account_file):
    assert command("account", "apply", account_file, "--reason", "first").exit_code == 0
    said = command("seats", "settle", "none", "--json")
    assert (said.exit_code != 0, said.value["code"]) == (True, "NO_PLAN")
    said = command("seats", "settle", "none", "--undo", "--json")
    assert said.value["code"] == "CREDIT_UNKNOWN"
