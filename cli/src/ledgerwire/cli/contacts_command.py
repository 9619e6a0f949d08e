"""`ledgerwire contacts`: contacts that were made in the ledgers, and contacts that are probably one company (D9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.ledger.document import Contact, ContactRole
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.domain.contact_duplicates import SuspectedDuplicate, suspected_duplicates
from ledgerwire.poster.contact_report import CreatedContact, created_contacts
from ledgerwire.tenants.clients import ConnectionClients


@dataclass(frozen=True, slots=True)
class CompanyContacts:
    """What is to be known of the contacts of one ledger company."""

    company: str
    created: tuple[CreatedContact, ...]
    suspected: tuple[SuspectedDuplicate, ...]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(contacts)


def contacts(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Contacts made from this day on; else all.")
    ] = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """List the contacts we made in each ledger company, and those that are probably the same company twice."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            found = await _report(settings, account_id, since.date() if since else None)
        output.result(found, *map(_view, found))

    run(action, json_wanted=json_)


async def _report(settings: Settings, account_id: UUID, since: date | None) -> list[CompanyContacts]:
    database = open_database(settings, "poster")
    clients = ConnectionClients(database, settings)
    try:
        created = await created_contacts(database, account_id, since)
        report = []
        for company in (await clients.account(account_id)).companies:
            ledger = await clients.ledger(account_id, company.ledger_connection_id)
            known = {contact.contact_id: contact for role in ContactRole for contact in await ledger.contacts(role)}
            own = tuple(item for item in created if item.connection_id == company.ledger_connection_id)
            report.append(CompanyContacts(company.name, own, suspected_duplicates(known.values())))
        return report
    finally:
        await clients.close()
        await database.close()


def _view(found: CompanyContacts) -> RenderableType:
    table = Table(title=found.company, title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("What", "Contact", "Company in ConnectWise", "When or why"):
        table.add_column(name)
    for item in found.created:
        table.add_row("made by us", Text(item.contact_name), Text(item.company_name), f"{item.created_at:%d %b %Y}")
    for group in found.suspected:
        table.add_row("same company?", Text(_names(group.contacts)), "", group.reason)
    return table if table.row_count else Text(f"{found.company}: no contact made, none suspected twice.")


def _names(contacts: Sequence[Contact]) -> str:
    return ", ".join(f"'{item.name}'" for item in contacts)
