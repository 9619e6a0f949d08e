"""`ledgerwire seats sync | runs | key`: looks asked for by hand, and the keys with which distributors push."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from time import monotonic
from typing import Annotated

import typer
from rich.table import Table

from ledgerwire.billing_sync.bootstrap import open_pushing, open_requests
from ledgerwire.billing_sync.requesting import Asked, Run, SyncRequests
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace

_LOOK_SECONDS = 0.5


def register(seats: typer.Typer) -> None:
    """Add the commands."""
    for command in (sync, runs, key):
        seats.command(command.__name__)(command)


def sync(
    wait: Annotated[
        int, typer.Option(min=0, max=86_400, help="Seconds to wait until the look is done; 0 only asks for it.")
    ] = 600,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Have the running service look at the sources now. Exit code 1 when the look failed."""

    async def action(output: Output) -> Exit:
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            async with open_requests(settings) as requests:
                asked = await requests.ask(account_id)
                if not wait:
                    output.result({"asked_at": asked.at}, "Asked: see `ledgerwire seats runs`.")
                    return Exit.DONE
                done = await _done(requests, asked, wait, output)
        if done is None:
            said = (
                f"The look has not ended within {wait} seconds: is billing sync running? See `ledgerwire seats runs`."
            )
            output.result({"asked_at": asked.at, "ended": False}, said)
            return Exit.OFF
        output.result(_value(done), _table([done]))
        return Exit.OFF if done.failed_with else Exit.DONE

    run(action, json_wanted=json_)


def runs(
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 10,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """The newest looks at the sources: who asked, how far they are, what came of them."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            async with open_requests(settings) as requests:
                found = await requests.newest(account_id, count)
        output.result([_value(each) for each in found], _table(found))

    run(action, json_wanted=json_)


def key(
    source: Annotated[str, typer.Argument(help="Name of the push source in the account file.")],
    keep_others: Annotated[
        bool, typer.Option("--keep-others", help="The keys there are stay good, while senders change over.")
    ] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Make none; no key of the source is good any more.")] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Make the key with which a distributor or a script pushes over HTTP. It is shown once: only its hash is kept."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            async with open_pushing(settings) as pushing:
                if revoke:
                    dropped = await pushing.drop_keys(account_id, source)
                    output.result(
                        {"source": source, "revoked": dropped}, f"{dropped} keys of {source} are good no more."
                    )
                    return
                made = await pushing.make_key(account_id, source, "command line", keep_others=keep_others)
        output.result({"source": source, "key": made}, made)

    run(action, json_wanted=json_)


async def _done(requests: SyncRequests, asked: Asked, seconds: int, output: Output) -> Run | None:
    """The look once it has ended, None where it has not in time."""
    until, said = monotonic() + seconds, ""
    while monotonic() < until:
        found = await requests.answer(asked)
        if found is not None and found.finished_at is not None:
            return found
        stage = str(found.progress.get("stage", "")) if found else ""
        if stage and stage != said:
            output.remark(said := stage)
        await asyncio.sleep(_LOOK_SECONDS)
    return None


def _value(found: Run) -> dict[str, object]:
    return asdict(found)


def _table(found: list[Run]) -> Table:
    table = Table("Began", "Asked by", "Ended", "Steps", "Findings", "Written", "How far", "Failed with")
    for each in found:
        ended = f"{each.finished_at:%Y-%m-%d %H:%M:%S}" if each.finished_at else ""
        counts = (str(each.progress.get(name, "")) for name in ("steps", "findings", "written", "stage"))
        table.add_row(f"{each.started_at:%Y-%m-%d %H:%M:%S}", each.found_by, ended, *counts, _failure(each))
    return table


def _failure(found: Run) -> str:
    """The code a look failed with; of one that wrote nothing because the set-up is not done, the checks that stand open."""
    shut = found.progress.get("open")
    named = (f"{each['check']} ({each['code']})" for each in shut) if isinstance(shut, list) else ()
    return ": ".join(filter(None, (found.failed_with or "", ", ".join(dict.fromkeys(named)))))
