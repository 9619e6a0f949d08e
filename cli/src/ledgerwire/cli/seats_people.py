"""`ledgerwire seats guide | credits | settle`: what people do about seats outside of plans."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Protocol
from uuid import UUID

import typer
from rich.table import Table

from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.billing_sync.setup.guide import guide
from ledgerwire.cli.output import Output
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption


class OpensDesk(Protocol):
    """Opens the desk of an account by its name."""

    def __call__(self, data: Path, account: str | None) -> AbstractAsyncContextManager[tuple[SeatsDesk, UUID]]:
        """The desk and the account's id, until the block ends."""
        ...


def register(seats: typer.Typer, desk_of: OpensDesk) -> None:
    """Add the commands."""

    @seats.command("guide")
    def show_guide(json_: JsonFlag = False) -> None:
        """Say what is set up in ConnectWise, and the role of the API member, as a list of things to do."""

        async def action(output: Output) -> None:
            table = Table("", "What", "Where", "Mind")
            for task in guide():
                table.add_row(task.title, task.what, task.where or task.link, task.warning)
            output.result([_value(task) for task in guide()], table)

        run(action, json_wanted=json_)

    @seats.command("credits")
    def show_credits(account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
        """List what is owed to customers for seats given back in invoiced days, and what was settled."""

        async def action(output: Output) -> None:
            async with desk_of(data, account) as (desk, account_id):
                due, settled = await desk.credits(account_id), await desk.settled(account_id)
            table = Table("Key", "Customer", "Product", "Seats", "From", "To", "Amount", "Settled")
            rows = [(each, "") for each in due]
            rows += [(each.credit, f"{each.settled_by}: {each.note}") for each in settled]
            for each, how in rows:
                seats_, amount = f"{each.quantity.normalize():f}", f"{each.amount:,.2f} {each.currency}".strip()
                days = str(each.starts), str(each.ends)
                table.add_row(each.key, each.customer, each.product, seats_, *days, amount, how)
            output.result([{**_value(each), "key": each.key, "settled": how} for each, how in rows], table)

        run(action, json_wanted=json_)

    @seats.command("settle")
    def settle(
        key: Annotated[str, typer.Argument(help="Key of the credit, as `seats credits` shows it.")],
        note: Annotated[str, typer.Option(help="How it was given: the number of the credit memo.")] = "",
        by: Annotated[str, typer.Option(help="Who says so.")] = "command line",
        undo: Annotated[bool, typer.Option("--undo", help="It was not given after all: list it again.")] = False,
        account: AccountOption = None,
        data: DataOption = DEFAULT_DATA,
        json_: JsonFlag = False,
    ) -> None:
        """Say that a customer has had a credit: no plan lists it again."""

        async def action(output: Output) -> None:
            async with desk_of(data, account) as (desk, account_id):
                if undo:
                    await desk.take_back(account_id, key)
                else:
                    await desk.settle(account_id, key, note, by)
            output.result({"key": key, "settled": not undo}, f"{key} is {'due again' if undo else 'settled'}.")

        run(action, json_wanted=json_)


def _value(row: object) -> dict[str, object]:
    return {name: getattr(row, name) for name in type(row).__slots__}  # type: ignore[attr-defined]
