"""`ledgerwire seats sources | push | sync | runs | key | link | plan | apply | reconcile | check | guide | credits | settle | story`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from ledgerwire.billing_sync.bootstrap import open_seats
from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.billing_sync.planning import Progress
from ledgerwire.billing_sync.report import as_csv
from ledgerwire.billing_sync.selection import Selection
from ledgerwire.cli import seats_people, seats_source_commands, seats_views
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.impact_command import period
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.seats.story import SEATS_DATA, carry
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.distributors.push import Push

seats = typer.Typer(
    help="Seats: what the distributor sold on the right agreement, and proved billed.", no_args_is_help=True
)
_DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    seats_people.register(seats, _desk)
    seats_source_commands.register(seats)
    app.add_typer(seats, name="seats")


@seats.command("sources")
def sources(account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Read every source now and say what it shows; nothing is planned."""

    async def action(output: Output) -> None:
        async with _desk(data, account) as (desk, account_id):
            read = await desk.account(account_id)
            kinds = {each.name: each.kind for each in read.seats.sources} if read.seats else {}
            found = await desk.read(read, _progress(output))
        told = seats_views.problems_lines(found)
        output.result(seats_views.readings(found, kinds), seats_views.readings_table(found, kinds), *told)

    run(action, json_wanted=json_)


@seats.command("push")
def push(
    source: Annotated[str, typer.Argument(help="Name of the push source in the account file.")],
    file: Annotated[Path, typer.Argument(help="JSON with customers, products, subscriptions, charges; - for stdin.")],
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Post what a distributor sold. Posting the same again changes nothing."""

    async def action(output: Output) -> None:
        body = sys.stdin.buffer.read() if str(file) == "-" else _read(file)
        async with _desk(data, account) as (desk, account_id):
            got = await desk.push(account_id, source, Push.decoded(body))
        output.result({"rows": got.rows, "changed": got.changed}, f"{got.rows} rows, {got.changed} new or changed.")

    run(action, json_wanted=json_)


@seats.command("link")
def link(
    source: Annotated[str, typer.Argument(help="Name of the source.")],
    customer: Annotated[str, typer.Argument(help="The customer's id there.")],
    company: Annotated[int, typer.Argument(help="The ConnectWise company's id.")],
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Say which ConnectWise company a source's customer is. Refused where the source or the company is not there."""

    async def action(output: Output) -> None:
        async with _desk(data, account) as (desk, account_id):
            made = await desk.link(account_id, source, customer, company, "command line")
        said = [f"{customer} is company {company}, {made.company}."]
        if made.shown is None:
            said.append(f"Not checked: {source} did not show all its customers now. Make sure of the id {customer}.")
        elif not made.shown:
            said.append(f"{source} shows no customer {customer} now: make sure of the id.")
        value = {"customer": customer, "company": company, "name": made.company, "shown": made.shown}
        output.result(value, *said)

    run(action, json_wanted=json_)


@seats.command("plan")
def plan(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do not keep the plan: it cannot be applied.")] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Say what would be written, with its effect on the next invoices. Exit code 1 when something is stopped."""

    async def action(output: Output) -> Exit:
        async with _desk(data, account) as (desk, account_id):
            made = await desk.plan(account_id, keep=not dry_run, progress=_progress(output))
        said = f"Plan {made.plan_id}: {len(made.steps)} steps from {made.calls} calls to ConnectWise."
        output.result(seats_views.plan_value(made), *seats_views.plan_shown(made), said)
        return Exit.OFF if any(finding.stops for finding in made.all_findings) else Exit.DONE

    run(action, json_wanted=json_)


@seats.command("apply")
def apply(
    plan_id: Annotated[UUID | None, typer.Option("--plan", help="The plan; else the newest.")] = None,
    agreement: Annotated[list[int] | None, typer.Option(help="Only this agreement; may be repeated.")] = None,
    company: Annotated[list[int] | None, typer.Option(help="Only this company; may be repeated.")] = None,
    subscription: Annotated[list[str] | None, typer.Option(help="Only this subscription; may be repeated.")] = None,
    step: Annotated[list[str] | None, typer.Option(help="Only this step and the rest of its subscription.")] = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Approve a plan, or some of it, and write that; interrupted, run it again. Exit code 1 when a step was refused."""

    async def action(output: Output) -> Exit:
        chosen = Selection(agreement or (), company or (), subscription or (), step or ())
        async with _desk(data, account) as (desk, account_id):
            done = await desk.apply(account_id, plan_id, chosen, _progress(output))
        said = f"{done.written} written, {done.refused} refused, {done.left} not approved."
        output.result(seats_views.applied_value(done), seats_views.findings_table(done.findings), said)
        return Exit.OFF if done.refused else Exit.DONE

    run(action, json_wanted=json_)


@seats.command("reconcile")
def reconcile(
    from_: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First month; else last month.")
    ] = None,
    to: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last month; with --from alone, this one.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all rows to this file.")] = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Hold bought, agreement and invoiced side by side; exit code 1 when they differ anywhere."""

    async def action(output: Output) -> Exit:
        first, last = period(from_, to, date.today())  # noqa: DTZ011 - the month people call the last one is the local one
        async with _desk(data, account) as (desk, account_id):
            found = await desk.reconcile(account_id, first, last, _progress(output))
        if csv is not None:
            csv.write_bytes(as_csv(found))
        said = f"{found.places} compared, {len(found.leaks)} differ, {len(found.waiting)} not invoiced yet."
        said = f"{said} {found.two_way}".strip()
        output.result(seats_views.report_value(found), seats_views.report_table(found), said)
        return Exit.DONE if found.clean else Exit.OFF

    run(action, json_wanted=json_)


@seats.command("check")
def check(
    fix: Annotated[bool, typer.Option("--fix", help="Make what is missing and permitted, and nothing else.")] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Check everything billing sync needs of ConnectWise: rights, products, defaults, agreements. Exit code 1 if not."""

    async def action(output: Output) -> Exit:
        async with _desk(data, account) as (desk, account_id):
            found = await desk.check(account_id, fix=fix)
        output.result(seats_views.check_value(found), *seats_views.check_lines(found))
        return Exit.DONE if found.ok else Exit.OFF

    run(action, json_wanted=json_)


@seats.command("story")
def story(
    data: Annotated[Path, typer.Option(help="Directory of the run; emptied if it is one of ours.")] = SEATS_DATA,
    seed: Annotated[int, typer.Option(help="The same seed gives the same half-year.")] = 1,
    customers: Annotated[int, typer.Option(min=8, max=40, help="Customers; the last one is linked to nobody.")] = 40,
    skus: Annotated[int, typer.Option(min=8, max=200, help="SKUs, a sixth of them annual, one metered.")] = 30,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the database's data.")] = False,
    json_: JsonFlag = False,
) -> None:
    """Half a year of seats against the sandbox: plan, apply, invoice, compare; exit code 1 unless only planted leaks show."""

    async def action(output: Output) -> Exit:
        return await carry(output, data.absolute(), seed=seed, customers=customers, skus=skus, keep=keep)

    run(action, json_wanted=json_)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error}") from None


def _progress(output: Output) -> Progress:
    """Say every hundredth of what is long, and the end of everything."""

    def told(stage: str, done: int, wanted: int) -> None:
        if done and (done == wanted or done % 100 == 0):
            output.remark(f"{stage}: {done} of {wanted}")

    return told


@asynccontextmanager
async def _desk(data: Path, account: str | None) -> AsyncIterator[tuple[SeatsDesk, UUID]]:
    async with workplace(data) as settings:
        account_id, _ = await account_named(settings, account)
        async with open_seats(settings) as desk:
            yield desk, account_id
