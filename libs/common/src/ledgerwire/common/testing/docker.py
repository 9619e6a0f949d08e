"""Whether a Docker engine answers."""

from __future__ import annotations

import subprocess
from functools import cache


@cache
def engine_answers() -> bool:
    """True when containers can be started here (asked of the client, which knows contexts and remote engines)."""
    try:
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],  # noqa: S607 - wherever it is installed
            check=False,
            capture_output=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0
