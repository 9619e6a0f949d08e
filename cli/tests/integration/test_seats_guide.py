"""The guide to the set-up is the document's section and nothing around it: no comments, no place for any."""

from __future__ import annotations

import pytest

from .conftest import Command


@pytest.mark.requirement("A166", "A210", "A211", "A214")
def test_the_guide_ends_with_the_check_and_shows_nothing_of_the_page_around_it(command: Command):
    said = command("seats", "guide", "--json")
    assert said.exit_code == 0
    tasks = said.value
    assert all(set(task) == {"title", "what", "where", "link", "warning"} for task in tasks)
    assert "ledgerwire seats check" in tasks[-1]["what"]
    shown = said.stdout.casefold() + command("seats", "guide").stdout.casefold()
    assert not [word for word in ("comment", "article", "helpful", "related", "sign in to leave") if word in shown]
    assert len([task for task in tasks if "Not Save and Close" in task["warning"]]) == 1
    # a table as wide as a terminal says the same steps in the same order
    titles = [task["title"] for task in tasks]
    assert titles.index("Miscellaneous product") < titles.index("Agreements") < titles.index("API member")
    # nothing but the guide is needed: no account, no file
    assert command("seats", "guide", "--account", "nobody").exit_code != 0


@pytest.mark.requirement("A214")
def test_nobody_can_comment_on_a_plan_or_a_check(command: Command):
    for name in ("plan", "check", "guide"):
        assert "comment" not in command("seats", name, "--help").stdout.casefold()
