"""The commands on a real database."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from ledgerwire.cli.failures import Exit
from ledgerwire.common.settings import Settings, environment_of

KEPT = ("keep-this-private", "keep-this-secret", "keep-this-refresh")


@pytest.mark.requirement("A053")
def test_an_account_is_applied_and_shown_without_its_secrets(command, account_file: Path) -> None:
    applied = command("account", "apply", account_file, "--reason", "first version", "--json")
    shown = command("account", "show", "acme", "--json")
    for_people = command("account", "show", "acme")

    assert applied.exit_code == Exit.DONE
    assert applied.value["created"] is True
    assert applied.value["mapping_version"] == 1
    assert shown.value["status"] == "hold"
    assert {item["name"] for item in shown.value["connections"]} == {"connectwise", "xero:Acme IT"}
    assert shown.value["connections"][0]["secret"].startswith("set at ")
    for secret in KEPT:
        for said in (applied, shown, for_people):
            assert secret not in said.stdout + said.stderr


def test_applying_the_same_file_again_changes_nothing(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    assert command("account", "apply", account_file, "--json").value["changes"] == []
    assert "nothing to change" in command("account", "apply", account_file).stdout


def test_a_wrong_file_is_refused_with_its_field_and_nothing_is_stored(command, account_file: Path) -> None:
    account_file.write_text(account_file.read_text().replace("region: au", "region: mars"))

    said = command("account", "apply", account_file, "--json")

    assert said.exit_code == Exit.REFUSED
    assert said.value["code"] == "CONFIGURATION"
    assert "connectwise.region" in said.value["message"]
    assert command("account", "list", "--json").value == []


def test_an_account_that_was_never_tested_cannot_go_live(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    said = command("account", "go-live", "acme", "--from", "2026-02-01", "--json")

    assert said.exit_code == Exit.REFUSED
    assert "no successful test" in said.value["message"]


def test_an_account_that_was_never_live_is_asked_for_its_first_day(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    said = command("account", "go-live", "acme", "--json")

    assert (said.exit_code, said.value["code"]) == (Exit.REFUSED, "GO_LIVE_DAY_MISSING")


@pytest.mark.parametrize(
    "arguments",
    [
        ("account", "show", "nobody"),
        ("account", "connect", "nobody"),
        ("account", "go-live", "nobody", "--from", "2026-02-01"),
        ("status", "--account", "nobody"),
        ("record", "show", "INV-1", "--account", "nobody"),
    ],
)
def test_an_unknown_account_has_its_code(command, arguments: tuple[str, ...]) -> None:
    said = command(*arguments, "--json")

    assert said.exit_code == Exit.UNKNOWN
    assert said.value["code"] == "ACCOUNT_UNKNOWN"
    assert "nobody" in said.value["message"]


def test_an_unknown_record_has_its_code(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    for verb in ("show", "hold", "release", "skip", "retry"):
        said = command("record", verb, "INV-404", "--json")
        assert (said.exit_code, said.value["code"]) == (Exit.UNKNOWN, "RECORD_UNKNOWN"), verb


def test_every_list_is_one_json_value_also_when_it_is_empty(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    status = command("status", "--json").value

    assert status["account"] == "acme"
    assert status["standing"]["posted"] == {"records": 0, "totals": {}}
    assert (status["stopped"], status["warned"]) == ([], [])
    assert command("record", "list", "--json").value == []
    assert command("record", "retry", "--all", "--json").value == []
    assert command("record", "retry", "--cause", "TAX_CODE_UNKNOWN", "--dry-run", "--json").value == []
    assert command("dead-letters", "list", "--json").value == []
    assert command("account", "list", "--json").value[0]["connections"] == ["connectwise", "xero:Acme IT"]


def test_a_mistyped_standing_or_cause_is_not_an_empty_list(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    listed = command("record", "list", "--status", "stoped", "--json")
    assert listed.exit_code == Exit.USAGE
    assert "stopped" in listed.value["message"]
    for words in ((), ("--dry-run",)):
        said = command("record", "retry", "--cause", "NONPRODUCT_ID_MISING", *words, "--json")
        assert said.exit_code == Exit.UNKNOWN
        assert said.value["code"] == "CAUSE_UNKNOWN"
        assert "NONPRODUCT_ID_MISSING" in said.value["message"]
    whole = command("record", "retry", "--cause", "TAX_CODE_UNKNOWN[tax_code=GST10]", "--json")
    assert (whole.exit_code, whole.value) == (Exit.DONE, [])


def test_a_choice_that_was_not_made_is_asked_for(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    for words in (("record", "retry"), ("dead-letters", "replay"), ("keys", "new", "a b")):
        said = command(*words, "--json")
        assert (said.exit_code, said.value["code"]) == (Exit.USAGE, "USAGE"), words
    assert command("dead-letters", "discard", str(uuid4()), "--json").value["code"] == "DEAD_LETTER_UNKNOWN"


def test_a_wrong_command_line_is_said_in_json_too(command) -> None:
    said = command("record", "show", "--json")

    assert said.exit_code == Exit.USAGE
    assert said.value["code"] == "USAGE"


def test_migrating_twice_says_that_there_was_nothing_to_do(command) -> None:
    said = command("migrate", "--bootstrap", "--json")

    assert said.exit_code == Exit.DONE
    assert said.value["before"] == said.value["after"] is not None


def test_a_database_that_does_not_exist_is_said_without_a_trace(
    command, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERWIRE_DATABASE_URL", environment_of(settings)["LEDGERWIRE_DATABASE_URL"] + "_gone")

    said = command("account", "list", "--json")

    assert said.exit_code == Exit.UNAVAILABLE
    assert said.value["code"] == "DATABASE_MISSING"
    assert "Traceback" not in said.stderr


def test_a_misspelt_setting_is_named(command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGERWIRE_DATABSE_URL", "x")

    said = command("account", "list", "--json")

    assert said.exit_code == Exit.REFUSED
    assert "LEDGERWIRE_DATABSE_URL" in said.value["message"]


def test_without_a_server_or_data_it_says_how_to_start(
    command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEDGERWIRE_DATABASE_URL")

    said = command("status", "--data", tmp_path / "none", "--json")

    assert said.exit_code == Exit.REFUSED
    assert "ledgerwire up --data" in said.value["message"]
    assert json.loads(said.stdout)
    assert not (tmp_path / "none").exists()
