"""`ledgerwire up | migrate | sandbox | demo | month`."""

from __future__ import annotations

import asyncio
import signal
import socket
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ledgerwire.cli.demo.stage import Broker, Scenario
from ledgerwire.cli.demo.story import DEMO_DATA, tell
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.hosting import in_this_process, local_url
from ledgerwire.cli.month.account_file import Package
from ledgerwire.cli.month.story import MONTH_DATA, carry
from ledgerwire.cli.output import Output
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.workplace import names_a_server, workplace
from ledgerwire.common import crashpoints
from ledgerwire.common.db.bootstrap import bootstrap
from ledgerwire.common.db.migrate import current_revision, upgrade
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.logging import configure_logging
from ledgerwire.common.settings import Settings, load_settings

Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, migrate, sandbox, demo, month):
        app.command()(command)


def up(
    data: DataOption = DEFAULT_DATA,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default LEDGERWIRE_HTTP_HOST).")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the HTTP listener (default LEDGERWIRE_HTTP_PORT).")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Run everything in one process until SIGTERM: database, ingest, mapper, poster. Kill it, start it, it goes on."""

    async def action(output: Output) -> None:
        output.remark("Starting ...")
        async with workplace(data, owner=True) as given:
            settings = _listening(given, host, port)
            configure_logging(settings.log_level, settings.log_format)
            crashpoints.arm(settings.crash_at)
            if not names_a_server(settings):
                output.remark(
                    f"Database in {data.resolve()}; keep a copy of its keys file, the stored secrets need it."
                )
            stop = _stop_on_signals()
            async with in_this_process(settings, stop) as serving:
                state = {"state": "running", "url": local_url(settings), "callbacks": settings.public_url}
                output.result(state, f"Running: {state['url']} (ConnectWise calls {state['callbacks']}). Ctrl-C stops.")
                await asyncio.wait({serving})

    run(action, json_wanted=json_)


def _listening(settings: Settings, host: str | None, port: int | None) -> Settings:
    """The settings with the listener's options; fails early where the port is taken."""
    changes: dict[str, object] = {}
    if host is not None:
        changes["http_host"] = host
    if port is not None:
        changes["http_port"] = port
    chosen = settings.model_copy(update=changes)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.http_host, chosen.http_port))
        except OSError as error:
            raise ConfigurationError(
                f"{chosen.http_host}:{chosen.http_port} cannot be listened on ({error.strerror}): choose another --port",
                code="PORT_TAKEN",
            ) from None
    return chosen


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def migrate(
    bootstrap_: Annotated[
        bool, typer.Option("--bootstrap", help="First make the database, its roles and their passwords where missing.")
    ] = False,
    json_: JsonFlag = False,
) -> None:
    """Bring the database that the settings name to this version's schema."""

    async def action(output: Output) -> None:
        settings = load_settings()
        if bootstrap_:
            output.remark("Making roles and database where missing ...")
            await bootstrap(settings)
        before = await current_revision(settings)
        output.remark("Migrating ...")
        await upgrade(settings)
        after = await current_revision(settings)
        changed = f"from {before or 'nothing'} to {after}" if before != after else f"already at {after}"
        output.result({"before": before, "after": after, "bootstrap": bootstrap_}, f"Database: {changed}.")

    run(action, json_wanted=json_)


def sandbox(
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve HTTPS under a generated CA, whose path is in the line.")
    ] = False,
    tls_dir: Annotated[Path | None, typer.Option(help="Where the CA and the certificate are written.")] = None,
    seed: Annotated[int, typer.Option(help="The same number gives the same data.")] = 1,
    scenario: Annotated[Scenario, typer.Option(help="A month of 60 invoices, or a quarter of every record type.")] = (
        Scenario.MONTH
    ),
    month_start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the seeded month.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port_connectwise: Port = 0,
    port_xero: Port = 0,
    port_quickbooks: Port = 0,
    port_control: Port = 0,
    receiver_ca: Annotated[Path | None, typer.Option(help="CA that callback receivers are checked against.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Serve ConnectWise, Xero and QuickBooks with a seeded month; prints one JSON line, serves until SIGTERM."""
    from ledgerwire.sandbox.__main__ import run as serve_sandbox  # noqa: PLC0415 - its world is needed by this command only
    from ledgerwire.sandbox.seed.month import DEFAULT_MONTH_START  # noqa: PLC0415 - as above
    from ledgerwire.sandbox.server import SandboxOptions  # noqa: PLC0415 - as above

    options = SandboxOptions(
        tls=tls,
        tls_dir=tls_dir,
        seed=seed,
        scenario=scenario.value,
        month_start=month_start.date() if month_start else DEFAULT_MONTH_START,
        host=host,
        port_connectwise=port_connectwise,
        port_xero=port_xero,
        port_quickbooks=port_quickbooks,
        port_control=port_control,
        receiver_ca=receiver_ca,
    )

    async def action(_: Output) -> None:
        await serve_sandbox(options)

    run(action, json_wanted=json_)


def demo(
    broker: Annotated[
        Broker, typer.Option(help="local: one process. rabbitmq: a process each over a real broker.")
    ] = Broker.LOCAL,
    data: Annotated[Path, typer.Option("--data", help="Directory of the demo; emptied at each start.")] = DEMO_DATA,
    seed: Annotated[int, typer.Option(help="The same number gives the same month.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the database, to look at it with --data.")] = False,
    json_: JsonFlag = False,
) -> None:
    """Close a month of 60 invoices in a simulated ConnectWise, watch them get into Xero, put right what stops, check the books."""
    directory = data.resolve()

    async def action(output: Output) -> Exit:
        return await tell(output, directory, broker, seed=seed, keep=keep)

    run(action, json_wanted=json_)


def month(
    ledger: Annotated[Package, typer.Option(help="Which package keeps the books.")] = Package.XERO,
    broker: Annotated[
        Broker, typer.Option(help="local: one process. rabbitmq: a process each over a real broker.")
    ] = Broker.LOCAL,
    data: Annotated[Path, typer.Option("--data", help="Directory of the run; emptied at each start.")] = MONTH_DATA,
    seed: Annotated[int, typer.Option(help="The same number gives the same quarter.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the database, to look at it with --data.")] = False,
    json_: JsonFlag = False,
) -> None:
    """Carry a seeded quarter of every record type, of four companies in four countries, into a ledger and check its books."""
    directory = data.resolve()

    async def action(output: Output) -> Exit:
        return await carry(output, directory, broker, ledger, seed=seed, keep=keep)

    run(action, json_wanted=json_)
