"""`ledgerwire account options`: every option, what changed it, and the page beside the hold option."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledgerwire.tenants.options import BILLING_STATUSES

from .conftest import Command


@pytest.mark.requirement("A058", "A115")
def test_the_options_of_an_account_are_told_with_default_and_last_change(command: Command, account_file: Path) -> None:
    assert command("account", "apply", account_file, "--reason", "first set-up").exit_code == 0
    account_file.write_text(account_file.read_text() + "  lock_policy: ask\nsync: {real_time: false}\n")
    assert command("account", "apply", account_file, "--reason", "by hand").exit_code == 0
    found = {each["name"]: each for each in command("account", "options", "acme", "--json").value}
    policy = found["mapping.lock_policy"]
    assert (policy["value"], policy["default"], policy["reason"]) == ("ask", "hold", "by hand")
    assert policy["author"]
    assert policy["changed_at"]
    assert (found["sync.real_time"]["value"], found["sync.real_time"]["default"]) == (False, True)
    assert found["mapping.cogs.validate_accounts"]["author"] is None
    assert found["hold.billing_status"]["help"] == BILLING_STATUSES
    table = command("account", "options", "acme").stdout
    assert "hold.billing_status" in table
    assert BILLING_STATUSES.rsplit("/", 1)[1].removesuffix(".md") in table
    changed = {each["name"] for each in command("account", "options", "acme", "--changed", "--json").value}
    assert {"mapping.lock_policy", "sync.real_time", "mapping.tax.untaxed_type"} <= changed
    assert "sync.payments.enabled" not in changed
    assert BILLING_STATUSES in command("record", "hold", "--help").stdout.replace("\n", "")
