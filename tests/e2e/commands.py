"""Command lines as a person types them, and those that the runbooks name."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

from tests.e2e.world import World

from ledgerwire.common.settings import environment_of

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"

_DRIVER = """
import json, sys
from ledgerwire.cli.__main__ import main
for line in json.load(sys.stdin):
    print("\\n$", *line, flush=True)
    print("\\n=", main(line), flush=True)
"""


def commands_of(page: str) -> list[str]:
    """Every command of a runbook's shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (RUNBOOKS / page).read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


async def run_all(world: World, lines: list[list[str]], **changes: str) -> tuple[list[int], str]:
    """Run command lines one after the other in a process of their own; their exit codes and all they said.

    `changes` are variables of the environment that differ from the world's.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _DRIVER,
        env=environment_of(world.settings) | changes,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(json.dumps(lines).encode())
    text = said.decode()
    return [int(code) for code in re.findall(r"^= (\d+)$", text, re.MULTILINE)], text
