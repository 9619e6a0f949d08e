"""Sources of seats at the command line: declared and applied, shown, given keys, and asked to be looked at."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from ledgerwire.cli.failures import Exit

SEATS = """
seats:
  since: 2026-01-01
  products: {taxable: true}
  sources:
    - name: portal
    - name: exports
      kind: files
      folder: exports
      layout: crayon-subscriptions
    - name: microsoft
      kind: partner-center
      on_premise: true
      base_url: https://127.0.0.1:1
      graph_url: https://127.0.0.1:1
      token_url: https://127.0.0.1:1/token
      currency: aud
      client_id: app
      client_secret: keep-this-app
      refresh_token: file:consent.txt
"""
HEADING = ["publisherSubscriptionId", "customerTenantId", "partNumber", "quantity", "billingCycle", "startDate"]


@pytest.fixture
def with_seats(account_file: Path) -> Path:
    (account_file.parent / "consent.txt").write_text("keep-this-consent\n")
    (account_file.parent / "exports").mkdir()
    with (account_file.parent / "exports" / "april.csv").open("w", newline="") as file:
        rows = [
            ["sub-1", "tenant-1", "SKU-1", "10", "Monthly", "2026-03-01"],
            ["sub-2", "tenant-1", "", "1", "Monthly", ""],
        ]
        csv.writer(file).writerows([HEADING, *rows])
    account_file.write_text(account_file.read_text() + SEATS)
    return account_file


@pytest.mark.requirement("A053", "B33")
def test_sources_are_applied_from_the_file_and_shown_with_what_they_cannot_give(command, with_seats: Path) -> None:
    applied = command("account", "apply", with_seats, "--json")
    assert (applied.exit_code, applied.value["created"]) == (Exit.DONE, True)
    shown = command("seats", "sources", "--json")
    found = {row["source"]: row for row in shown.value}
    assert [found[name]["kind"] for name in ("portal", "exports", "microsoft")] == ["push", "files", "partner-center"]
    assert (found["portal"]["complete"], found["exports"]["subscriptions"]) == (True, 1)
    [row] = found["exports"]["problems"]
    assert (row["code"], row["customer"]) == ("BS_SOURCE_ROW_REFUSED", "tenant-1")
    [unread] = found["microsoft"]["problems"]
    assert (unread["code"], found["microsoft"]["complete"]) == ("BS_SOURCE_INCOMPLETE", False)
    assert "Row 3 of april.csv of exports was left out" in command("seats", "sources").stdout
    account = command("account", "show", "acme", "--json")
    for secret in ("keep-this-app", "keep-this-consent"):
        assert all(secret not in said.stdout + said.stderr for said in (applied, shown, account))


def test_a_changed_source_is_named_by_the_section_that_changed(command, with_seats: Path) -> None:
    command("account", "apply", with_seats)
    assert command("account", "apply", with_seats, "--json").value["changes"] == []
    text = with_seats.read_text()
    with_seats.write_text(text.replace("layout: crayon-subscriptions", "layout: streamone-ion"))
    assert command("account", "apply", with_seats, "--json").value["changes"] == ["settings changed: seats.sources"]
    (with_seats.parent / "consent.txt").write_text("keep-another-consent\n")
    [change] = command("account", "apply", with_seats, "--json").value["changes"]
    assert change == "consent of partner-center client 'app' replaced"


def test_a_key_is_shown_once_and_can_be_revoked(command, with_seats: Path) -> None:
    command("account", "apply", with_seats)
    key = command("seats", "key", "portal", "--json").value["key"]
    assert re.fullmatch(r"lwp_[A-Za-z0-9_-]{43}", key)
    assert command("seats", "key", "portal", "--revoke", "--json").value == {"source": "portal", "revoked": 1}
    refused = command("seats", "key", "exports", "--json")
    assert (refused.exit_code, refused.value["code"]) == (Exit.UNKNOWN, "SOURCE_UNKNOWN")


def test_a_look_is_asked_for_and_said_not_to_have_ended_where_nobody_serves(command, with_seats: Path) -> None:
    command("account", "apply", with_seats)
    assert command("seats", "sync", "--wait", "0", "--json").exit_code == Exit.DONE
    waited = command("seats", "sync", "--wait", "1", "--json")
    assert (waited.exit_code, waited.value["ended"]) == (Exit.OFF, False)
    assert command("seats", "runs", "--json").value == []


def test_a_link_to_a_source_that_is_not_there_is_refused_with_those_that_are(command, with_seats: Path) -> None:
    command("account", "apply", with_seats)
    refused = command("seats", "link", "nowhere", "c-1", "250", "--json")
    assert (refused.exit_code, refused.value["code"]) == (Exit.UNKNOWN, "SOURCE_UNKNOWN")
    assert "portal" in refused.value["message"]
