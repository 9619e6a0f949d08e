"""What the front page tells people to type works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from ledgerwire.cli.app import app
from ledgerwire.tenants.account_file import read_account_file

README = Path(__file__).parents[3] / "README.md"


def test_the_account_file_on_the_front_page_is_a_right_one(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    (tmp_path / "secrets").mkdir()
    for name in re.findall(r"file:(\S+)", text):
        (tmp_path / name).write_text("kept\n")
    path = tmp_path / "acme.yaml"
    path.write_text(text)

    assert read_account_file(path).account == "Acme IT"


@pytest.mark.parametrize("line", sorted(set(re.findall(r"`ledgerwire ([a-z-]+(?: [a-z-]+)?)", README.read_text()))))
def test_each_command_on_the_front_page_exists(line: str) -> None:
    command = typer.main.get_command(app)
    for word in line.split():
        if not hasattr(command, "commands"):
            break
        assert word in command.commands
        command = command.commands[word]


def test_links_on_the_front_page_lead_somewhere() -> None:
    generated = {"docs/errors.md", "docs/messages.md"}
    targets = set(re.findall(r"\]\(([^)#]+)\)", README.read_text()))

    assert {target for target in targets - generated if not (README.parent / target).exists()} == set()
