"""`ledgerwire keys new | reseal`: the keys that stored secrets are sealed with, and their change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

import typer

from ledgerwire.cli.output import Output
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.workplace import tenants_database, workplace
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.security import SecretBox
from ledgerwire.common.security.encryption import new_key
from ledgerwire.tenants import accounts

app = typer.Typer(help="Encryption keys: make one, and seal what is stored with it.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class NewKey:
    """An entry of LEDGERWIRE_ENCRYPTION_KEYS."""

    entry: str


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets of an account were sealed with an older key and are with the current one now."""

    account: str
    secrets: int


@app.command("new")
def new(
    key_id: Annotated[str, typer.Argument(help="Its id, unlike those in use: k2.")],
    json_: JsonFlag = False,
) -> None:
    """Make a key; put it FIRST in LEDGERWIRE_ENCRYPTION_KEYS, before those in use. It is shown once and kept nowhere."""

    async def action(output: Output) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id):
            raise ConfigurationError(f"a key's id is 1 to 32 letters, digits, - or _: not {key_id!r}", code="USAGE")
        made = NewKey(new_key(key_id))
        output.result(made, made.entry)

    run(action, json_wanted=json_)


@app.command("reseal")
def reseal(data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Seal every stored secret with the first key. Safe to repeat, and while the services run with the same keys."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            box = SecretBox.from_settings(settings)
            names = sorted({entry.account_name for entry in await accounts.list_accounts(database)})
            done = [Resealed(name, await accounts.reseal(database, box, name)) for name in names]
        output.result(done, *(f"{one.account}: {one.secrets} sealed anew" for one in done))

    run(action, json_wanted=json_)
