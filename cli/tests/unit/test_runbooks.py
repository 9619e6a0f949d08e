"""The runbooks name only what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from ledgerwire.common import telemetry

PAGES = sorted((Path(__file__).parents[3] / "docs" / "runbooks").glob("*.md"))


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_metric_of_an_alert_is_served(page: Path) -> None:
    assert telemetry.DEAD_LETTERS
    served = generate_latest().decode()
    for name in set(re.findall(r"\bledgerwire_[a-z_]+", page.read_text())):
        assert f"# TYPE {name} " in served


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_the_pages_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+\.md)", page.read_text()):
        assert (page.parent / target).exists()
