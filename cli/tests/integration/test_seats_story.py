"""A half-year of seats at a small size: everything ties, except what was planted."""

from __future__ import annotations

import json

import pytest

from ledgerwire.cli.demo.stage import REPORT_FILE
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.seats.story import carry


@pytest.mark.requirement("B33", "D10", "A175", "A207", "M20", "M21", "M22", "M23")
async def test_bought_agreed_and_invoiced_agree_except_for_planted_leaks(tmp_path):
    done = await carry(Output(json_wanted=True), tmp_path / "seats", seed=3, customers=8, skus=8, keep=False)

    report = json.loads((tmp_path / "seats" / REPORT_FILE).read_text())
    assert (done, report["off"]) == (Exit.DONE, [])
    assert report["leaks_found"] == report["leaks_planted"] > 20
    assert report["planned_again"] == report["steps_at_the_end"] == 0
    assert {"copy-agreement", "create", "end"} <= set(report["steps"])
