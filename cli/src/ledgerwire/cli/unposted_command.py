"""`ledgerwire unposted [TYPE]`: what stands on the unposted lists now, to choose a run from (A108, A111, A116-A122)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from ledgerwire.cli import payment_views, unposted_views
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.errors import Transient
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.settings import Settings
from ledgerwire.ingest.bootstrap import open_runs
from ledgerwire.ingest.offered import Offered
from ledgerwire.ingest.runs import RunRefusedError, Selection
from ledgerwire.poster.payments.desk import NotLiveError, open_payments_desk
from ledgerwire.poster.payments.views import Looked


class Kind(StrEnum):
    """The four types that are synced, in the order of the screen (A118)."""

    INVOICE = "invoice"
    PROCUREMENT = "procurement"
    EXPENSE = "expense"
    PAYMENT = "payment"

    @property
    def command(self) -> str:
        """What syncs this type now."""
        return "ledgerwire payments sync" if self is Kind.PAYMENT else f"ledgerwire run {self.value}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits of one type. `totals` by currency; `note` says why nothing can be told of it, `sync` what syncs it."""

    type: str
    waiting: int
    totals: dict[str, Decimal] = field(default_factory=dict)
    note: str = ""
    sync: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("unposted")(unposted)


def unposted(
    kind: Annotated[
        Kind | None, typer.Argument(metavar="TYPE", help="invoice, procurement, expense or payment; else all four.")
    ] = None,
    company: Annotated[str | None, typer.Option(help="The company; needed where there are several.")] = None,
    through: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what is dated up to this day.")
    ] = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Show the types with what waits of each, or the rows of one; a run then takes all of them or those you name."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            asked = _Asked(settings, account_id, company, through)
            if kind is None:
                found = [await asked.standing(one) for one in Kind]
                output.result(found, unposted_views.standings(found))
            elif kind is Kind.PAYMENT:
                looked = await asked.payments()
                output.result(looked, *map(payment_views.looked, looked), f"Sync them: {kind.command}")
            else:
                rows = await asked.rows(RecordType(kind.value))
                output.result(rows, unposted_views.rows(rows), f"Sync them: {kind.command} [NUMBER ...] --wait 60")

    run(action, json_wanted=json_)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question about the lists."""

    settings: Settings
    account_id: UUID
    company: str | None
    through: datetime | None

    async def rows(self, record_type: RecordType) -> list[Offered]:
        day = self.through.date() if self.through else None
        async with open_runs(self.settings) as runs:
            return await runs.offered(self.account_id, Selection(record_type, self.company, day))

    async def payments(self) -> list[Looked]:
        """What a sync of payments would carry over now; written nowhere."""
        async with open_payments_desk(self.settings) as desk:
            return await desk.look(self.account_id, company=self.company, dry_run=True)

    async def standing(self, kind: Kind) -> Standing:
        try:
            amounts = await self._amounts(kind)
        except (NotLiveError, RunRefusedError, Transient) as error:
            if isinstance(error, RunRefusedError) and not error.is_off:
                raise
            return Standing(kind.value, 0, note=str(error), sync=kind.command)
        totals: dict[str, Decimal] = {}
        for currency, amount in amounts:
            totals[currency] = totals.get(currency, Decimal(0)) + amount
        return Standing(kind.value, len(amounts), totals, sync=kind.command)

    async def _amounts(self, kind: Kind) -> list[tuple[str, Decimal]]:
        if kind is Kind.PAYMENT:
            return [("", step.amount) for looked in await self.payments() for step in looked.carried]
        return [(row.currency, row.total) for row in await self.rows(RecordType(kind.value))]
