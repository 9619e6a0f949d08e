"""`ledgerwire sandbox`, as somebody would run it who wrote none of it."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from ledgerwire.common.embedded.process import free_port


@asynccontextmanager
async def _sandbox(*arguments: str) -> AsyncIterator[tuple[dict[str, Any], asyncio.subprocess.Process]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ledgerwire.cli", "sandbox", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            line = json.loads(await process.stdout.readline())
        yield line, process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await process.communicate()


async def test_it_prints_one_line_serves_plain_http_and_ends_with_sigterm() -> None:
    port = free_port()
    async with _sandbox("--seed", "7", "--port-xero", str(port)) as (line, process):
        asked_for = {
            "connectwise": {"base_url", "company_id", "public_key", "private_key", "client_id", "seats"},
            "xero": {
                "base_url", "token_url", "client_id", "client_secret", "tenant_id", "access_token", "refresh_token",
            },
            "control": {"base_url"},
        }  # fmt: skip
        assert {name: set(line[name]) for name in asked_for} == asked_for
        assert "ca_file" not in line
        assert line["xero"]["base_url"] == f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(trust_env=False) as client:
            plan = (await client.get(line["control"]["base_url"] + "/plan")).json()["plan"]
        assert len(plan) == 60
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            rest, _ = await process.communicate()
        assert (process.returncode, rest) == (0, b"")


async def test_with_tls_the_line_names_the_authority(tmp_path: Path) -> None:
    async with _sandbox("--tls", "--tls-dir", str(tmp_path)) as (line, _):
        assert line["ca_file"] == str(tmp_path / "ca.pem")
        verified = ssl.create_default_context(cafile=line["ca_file"])
        async with httpx.AsyncClient(verify=verified, trust_env=False) as client:
            base, company = line["connectwise"]["base_url"], line["connectwise"]["company_id"]
            answer = await client.get(f"{base}/login/companyinfo/{company}")
        assert answer.status_code == 200


async def test_a_taken_port_is_an_error_and_no_trace() -> None:
    async with _sandbox() as (line, _):
        port = line["control"]["base_url"].rpartition(":")[2]
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ledgerwire.cli", "sandbox", "--port-control", port, "--json",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(60):
            said, trouble = await second.communicate()

    assert second.returncode == 5
    assert json.loads(said)["code"] == "UNREACHABLE"
    assert b"Traceback" not in trouble
