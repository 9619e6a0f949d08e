"""`ledgerwire up` serves a tenant of its own: applied, connected, live from a day; killed and started, it goes on."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ledgerwire.cli.demo.account_file import account_content, write
from ledgerwire.cli.demo.sandbox_desk import SandboxDesk
from ledgerwire.cli.hosting import sandbox_process
from ledgerwire.common.embedded import remove_postgres
from ledgerwire.common.embedded.process import free_port, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(200)]


class Installation:
    """One installation on this machine: its directory, its port, its commands."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "data"
        self.port = free_port()
        self.log = directory / "up.log"

    @asynccontextmanager
    async def up(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """`ledgerwire up` until the block ends."""
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._command("up", "--port", str(self.port), "--json"),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment(),
            )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(90):
                state = json.loads(await process.stdout.readline())
            assert state["state"] == "running", self.log.read_text()[-2000:]
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                await process.communicate()

    async def run(self, *arguments: str) -> Any:
        """One command; the value it prints."""
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments, "--json"),
            stdout=asyncio.subprocess.PIPE,
            env=self._environment(),
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said
        return json.loads(said)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LEDGERWIRE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            # a killed process's leases run out after these; the usual ones make the same wait a minute
            "LEDGERWIRE_LEASE_SECONDS": "6",
            "LEDGERWIRE_LEDGER_TIMEOUT_SECONDS": "5",
        }

    def _command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ledgerwire.cli", name, *arguments, "--data", str(self.data)]

    async def posted(self) -> set[str]:
        """Numbers of the records that are in the books and batched."""
        return {row["number"] for row in await self.run("record", "list", "--status", "posted")}


async def _batched(desk: SandboxDesk, count: int) -> None:
    """Until that many records bear their batch in ConnectWise."""

    async def there() -> bool:
        return (await desk.audit()).batched == count

    assert await until(there, seconds=100, every=0.2)


@pytest.mark.requirement("A063", "D6")
async def test_a_tenant_is_served_from_its_first_day_on_and_a_kill_changes_nothing(tmp_path: Path) -> None:
    here = Installation(tmp_path)
    arguments = ["--tls", "--tls-dir", str(tmp_path / "tls"), "--seed", "5"]
    try:
        async with sandbox_process(tmp_path / "logs", arguments) as line, SandboxDesk(await line()) as desk:
            plan = [one for one in await desk.plan() if one.expected_first == "posted"]
            early, before_kill, after_kill = plan[0], plan[1], plan[2]
            content = account_content(await line(), await desk.account()) | {"account": "Northwind MSP"}
            write(tmp_path / "account.yaml", content)
            async with here.up() as process:
                await here.run("account", "apply", str(tmp_path / "account.yaml"))
                assert "number 1 in ConnectWise" in (await here.run("account", "connect", "Northwind MSP"))["callback"]
                await desk.close(early.invoice_id)
                await desk.callbacks_delivered()
                assert await here.posted() == set()
                assert (await desk.audit()).batched == 0, "nothing is written before go-live"

                await here.run("account", "go-live", "Northwind MSP", "--from", "2026-02-01")
                await desk.close(before_kill.invoice_id)
                await _batched(desk, 2)
                process.kill()
                await process.wait()
            await desk.close(after_kill.invoice_id)
            async with here.up() as process:
                await _batched(desk, 3)
                assert await here.posted() == {early.number, before_kill.number, after_kill.number}
                await desk.look_at_ledger()
                check = await desk.audit()
                process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(60):
                    await process.wait()
                assert process.returncode == 0
        assert (check.posted, check.batched, check.missing, check.duplicated) == (3, 3, 0, 0)
        assert check.clean, check.findings
    finally:
        await remove_postgres(here.data / "postgres")
