"""Every setting of every process; the only reader of the environment (variables start with LEDGERWIRE_)."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledgerwire.common.errors import ConfigurationError

PREFIX = "LEDGERWIRE_"
SUITE_PREFIX = "LEDGERWIRE_TEST_"


class Settings(BaseSettings):
    """One place for all settings; `.env.example` lists them and is checked against this class."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    database_url: str = Field(
        default="postgresql://127.0.0.1:5432/ledgerwire",
        description="Host, port and database; the role and its password are added by each service.",
    )
    database_password: SecretStr = Field(
        default=SecretStr(""),
        description="Password of the lw_* roles (empty where the server trusts local connections).",
    )
    database_passwords: SecretStr = Field(
        default=SecretStr(""),
        description="Roles with a password of their own, as `role=password` separated by spaces; wins over the one above.",
    )
    database_admin_url: str = Field(
        default="",
        repr=False,
        description="Used only by `ledgerwire migrate`: a role that may create roles and databases.",
    )
    database_pool_size: int = Field(default=8, ge=1, le=64, description="Connections per pool and role.")
    broker_url: str = Field(
        default="local",
        repr=False,
        description="`local` (one process, rows handed over directly) or an amqp:// or amqps:// address.",
    )
    encryption_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Comma-separated `id:base64(32 bytes)`; the first encrypts, all decrypt (rotation).",
    )
    http_host: str = Field(
        default="127.0.0.1", description="Address the process listens on: callbacks, health, metrics."
    )
    http_port: int = Field(default=8080, ge=0, le=65535, description="Port it listens on; 0 = no HTTP at all.")
    public_url: str = Field(
        default="https://localhost:8443",
        description="Where ConnectWise reaches ingest; callbacks are registered under it.",
    )
    lease_seconds: float = Field(
        default=30, ge=1, le=300, description="How long a worker that stopped answering keeps a connection to itself."
    )
    ledger_timeout_seconds: float = Field(
        default=30,
        ge=1,
        le=120,
        description="The longest a ledger call may take; a takeover waits this long after a lease.",
    )
    connectwise_timeout_seconds: float = Field(
        default=20, ge=1, le=20, description="The longest a ConnectWise call may take, its answer included."
    )
    ledger_settle_seconds: float = Field(
        default=30,
        ge=0,
        le=600,
        description="Wait, beyond the timeout, before a call with an unknown outcome is looked up.",
    )
    crash_at: str = Field(
        default="",
        description="For tests of recovery: `name` or `name:3` kills the process at that named point.",
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Lowest level that is logged."
    )
    log_format: str = Field(
        default="json", pattern="^(json|console)$", description="`json` for machines, `console` for people."
    )

    def role_password(self, role: str) -> str:
        """The password of one database role, "" where none is set."""
        own = dict(pair.split("=", 1) for pair in self.database_passwords.get_secret_value().split() if "=" in pair)
        return own.get(role, self.database_password.get_secret_value())


class SuiteSettings(BaseSettings):
    """Servers given to the test suite (LEDGERWIRE_TEST_*); empty = the suite finds or starts its own."""

    model_config = SettingsConfigDict(env_prefix=SUITE_PREFIX, extra="forbid", frozen=True)

    database_url: str = Field(default="", repr=False, description="A PostgreSQL administrator's address.")
    broker_url: str = Field(default="", repr=False, description="An amqp:// address.")
    transport: Literal["local", "rabbitmq"] = Field(
        default="local", description="What services of a test talk over, where the test does not say."
    )
    stops: int = Field(default=3, ge=1, description="How often services are stopped under load (R15 wants 100).")


def load_settings() -> Settings:
    """Read the settings from the environment; any unknown or malformed LEDGERWIRE_* variable stops the start.

    Raises:
        ConfigurationError: names each variable and what is wrong with it, never a secret's value.
    """
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    ours = sorted(name for name in os.environ if name.startswith(PREFIX) and not name.startswith(SUITE_PREFIX))
    unknown = [_unknown(name, known) for name in ours if name not in known]
    if unknown:
        raise ConfigurationError("; ".join(unknown))
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("; ".join(_invalid(item) for item in error.errors())) from None


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that give another process the same settings, secrets included: an environment, never a log line."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    return {
        PREFIX + name.upper(): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
    }


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"unknown setting {name}" + (f" (did you mean {near[0]}?)" if near else "")


def _invalid(item: Any) -> str:
    return f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}"


def env_example() -> str:
    """The text of `.env.example`: every setting with its meaning and default."""
    lines = [
        "# Every setting of Ledgerwire with its default. Generated: python -m ledgerwire.common.settings > .env.example"
    ]
    for name, field in Settings.model_fields.items():
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        lines += ["", f"# {field.description}", f"{PREFIX}{name.upper()}={default}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(env_example())
