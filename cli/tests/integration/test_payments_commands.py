"""Payments from the command line on a real database."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledgerwire.cli.failures import Exit


@pytest.mark.requirement("A122", "A078", "A079")
def test_before_go_live_nothing_is_looked_at_and_lists_are_empty(command, account_file: Path) -> None:
    command("account", "apply", account_file)

    refused = command("payments", "sync", "--dry-run", "--json")
    unknown = command("payments", "sync", "--company", "Nobody", "--json")

    assert (refused.exit_code, refused.value["code"]) == (Exit.REFUSED, "PAYMENTS_OFF")
    assert (unknown.exit_code, unknown.value["code"]) == (Exit.UNKNOWN, "COMPANY_UNKNOWN")
    assert command("payments", "list", "--json").value == []
    assert command("stats", "--json").value == []
    assert "Nothing is settled yet" in command("payments", "list", "--told").stdout
    assert "Nothing has been synced yet" in command("stats").stdout
    assert command("payments", "resolve", "INV-1", "--choice", "ledger", "--json").value["code"] == "PAYMENTS_OFF"
