"""The demo, as its command runs it: one process, and separate processes over a real RabbitMQ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledgerwire.cli.__main__ import main
from ledgerwire.cli.hosting import left_behind

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(280)]

FIELDS = {
    "closed", "posted", "no_effect", "batched", "warned", "stopped_first", "stopped_last", "missing", "duplicated",
    "source_total", "ledger_total", "seconds_setup", "seconds_run",
}  # fmt: skip


def _green(directory: Path, said: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((directory / "report.json").read_text())
    assert json.loads(said) == report
    assert set(report) == FIELDS
    assert report["posted"] + report["no_effect"] == report["closed"] == report["batched"] == 60
    assert (report["stopped_first"], report["stopped_last"], report["warned"]) == (7, 0, 6)
    assert (report["missing"], report["duplicated"]) == (0, 0)
    assert report["source_total"] == report["ledger_total"]
    assert len(report["source_total"].partition(".")[2]) == 2
    return report


@pytest.mark.requirement("A063", "A111", "A112", "A113", "M1", "M7")
def test_sixty_invoices_end_in_the_books_once_and_a_second_run_starts_clean(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "demo"

    first_exit = main(["demo", "--data", str(directory), "--keep", "--json"])
    first = _green(directory, capfd.readouterr().out)
    _look_at_what_was_kept(directory, capfd)
    second_exit = main(["demo", "--data", str(directory), "--seed", "2", "--json"])
    second = _green(directory, capfd.readouterr().out)

    assert (first_exit, second_exit) == (0, 0)
    assert first["source_total"] != second["source_total"], "another seed is another month"
    assert not (directory / "postgres").exists()
    assert left_behind(directory / "logs") == {}


def _look_at_what_was_kept(directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--data", str(directory), "--json"]) == 0
    standing = json.loads(capfd.readouterr().out)["standing"]
    assert main(["record", "show", "INV-1090", "--data", str(directory), "--json"]) == 0
    (shown,) = json.loads(capfd.readouterr().out)
    assert main(["record", "show", "INV-1090", "--data", str(directory)]) == 0
    explained = capfd.readouterr().out

    assert (standing["posted"]["records"], standing["posted_with_warnings"]["records"]) == (52, 6)
    assert shown["record"]["status"] == "posted_with_warnings"
    assert [entry["step"] for entry in shown["timeline"]]
    assert any(reason.startswith("Account for ") for reason in shown["why"])
    assert "Account for" in explained


def test_the_same_story_runs_as_separate_processes_over_rabbitmq(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "demo"

    exit_code = main(["demo", "--broker", "rabbitmq", "--data", str(directory), "--json"])

    _green(directory, capfd.readouterr().out)
    assert exit_code == 0
    assert {path.stem for path in (directory / "logs").glob("*.log")} == {
        "sandbox",
        "ingest",
        "mapper",
        "poster",
        "billing_sync",
    }
    assert left_behind(directory / "logs") == {}
