"""Mapping versions from the command line: out to a spreadsheet, back in, and back to an older one (D16)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledgerwire.cli.failures import Exit


@pytest.mark.requirement("D16")
@pytest.mark.parametrize("suffix", ["csv", "yaml"])
def test_an_exported_mapping_is_imported_as_the_same_and_a_change_is_a_version(
    command, account_file: Path, tmp_path: Path, suffix: str
) -> None:
    command("account", "apply", account_file)
    file = tmp_path / f"mapping.{suffix}"

    assert command("mapping", "export", file, "--json").value == {"file": str(file), "version": 1}
    assert command("mapping", "import", file, "--reason", "same", "--json").value == {"version": 1, "made": False}

    file.write_text(file.read_text().replace("860", "870"))
    changed = command("mapping", "import", file, "--reason", "new account", "--from", "2026-04-01", "--json")
    assert changed.value == {"version": 2, "made": True}
    back = command("mapping", "roll-back", 1, "--reason", "wrong", "--json")
    assert back.value == {"version": 3, "made": True}

    listed = command("mapping", "list", "--json").value
    assert [(item["version"], item["reason"], item["effective_from"]) for item in listed] == [
        (3, "wrong (as version 1)", None),
        (2, "new account", "2026-04-01"),
        (1, "account file applied", None),
    ]
    assert "new account" in command("mapping", "list").stdout


@pytest.mark.requirement("D16")
def test_a_file_with_wrong_rows_is_refused_row_by_row_and_makes_no_version(
    command, account_file: Path, tmp_path: Path
) -> None:
    command("account", "apply", account_file)
    file = tmp_path / "mapping.csv"
    command("mapping", "export", file)
    file.write_text(file.read_text() + "account_links[4-1],200\naccount_links[4-1],300\naccounts,1\n")

    said = command("mapping", "import", file, "--reason", "try", "--json")

    assert said.exit_code == Exit.REFUSED
    assert [item["code"] for item in said.value] == ["MAPPING_ROW_CONTRADICTS", "MAPPING_SETTING_UNKNOWN"]
    assert [item["version"] for item in command("mapping", "list", "--json").value] == [1]


def test_another_kind_of_file_is_refused(command, account_file: Path, tmp_path: Path) -> None:
    command("account", "apply", account_file)
    said = command("mapping", "export", tmp_path / "mapping.xlsx", "--json")
    assert (said.exit_code, said.value["code"]) == (Exit.REFUSED, "MAPPING_FILE_UNREADABLE")
