"""The runbooks, and the alerts that lead to them, name only what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from ledgerwire.cli import running
from ledgerwire.cli.__main__ import main
from ledgerwire.cli.failures import Exit

TOP = Path(__file__).parents[3]
PAGES = sorted((TOP / "docs" / "runbooks").glob("*.md"))
ALERTS = [
    rule for group in yaml.safe_load((TOP / "deploy" / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
CHOICES = {"--cause", "--all"}


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_command_of_an_alert_is_one_that_the_command_line_takes(
    alert: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all the arguments it needs: who is woken by it types it as it stands."""
    action = alert["annotations"]["action"]
    commands = re.findall(r"`ledgerwire ([^`]+)`", action)
    assert len(commands) == action.count("ledgerwire ")
    monkeypatch.setattr(running, "run_to_exit", lambda *_: Exit.DONE)
    for command in commands:
        words = shlex.split(re.sub(r"{{ \$labels\.[a-z]+ }}", "VALUE", command))
        assert main(words) == Exit.DONE, command
        if {"replay", "retry"} & set(words):
            assert CHOICES & set(words), f"{command}: it would ask which ones"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_within_a_sentence_of_a_page_has_all_its_arguments(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "run_to_exit", lambda *_: Exit.DONE)
    for command in re.findall(r"`ledgerwire ([^`]+)`", page.read_text()):
        assert main(shlex.split(command)) == Exit.DONE, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_the_pages_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+\.md)", page.read_text()):
        assert (page.parent / target).exists()
