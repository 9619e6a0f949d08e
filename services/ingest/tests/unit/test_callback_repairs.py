"""The alert on repairs sees the first one: what it counts is there before."""

from __future__ import annotations

import subprocess
import sys

import pytest

STARTED = "import ledgerwire.ingest.bootstrap, prometheus_client; print(prometheus_client.generate_latest().decode())"


@pytest.mark.requirement("D6")
@pytest.mark.parametrize("cause", ["CALLBACK_MISSING", "CALLBACK_SWITCHED_OFF"])
def test_each_cause_is_served_as_none_before_the_first_repair(cause: str) -> None:
    """In a process of its own, as a service starts: others of this one have repaired callbacks already."""
    said = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True, timeout=60)
    assert f'ledgerwire_callback_repairs_total{{cause="{cause}"}} 0.0' in said.stdout.splitlines()
