"""Every setting of every process; the only reader of the environment (variables start with LEDGERWIRE_)."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One place for all settings; `.env.example` lists them and is checked against this class."""

    model_config = SettingsConfigDict(env_prefix="LEDGERWIRE_", extra="forbid", frozen=True)

    database_url: str = Field(
        default="postgresql://127.0.0.1:5432/ledgerwire",
        description="Host, port and database; the role and its password are added by each service.",
    )
    database_password: SecretStr = Field(
        default=SecretStr(""),
        description="Password of the lw_* roles (empty where the server trusts local connections).",
    )
    database_admin_url: str = Field(
        default="",
        description="Used only by `ledgerwire migrate --bootstrap`: a role that may create roles and databases.",
    )
    database_pool_size: int = Field(default=8, ge=1, le=64, description="Connections per pool and role.")
    broker_url: str = Field(
        default="local",
        description="`local` (one process, rows handed over directly) or an amqp:// or amqps:// address.",
    )
    encryption_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Comma-separated `id:base64(32 bytes)`; the first encrypts, all decrypt (rotation).",
    )
    public_url: str = Field(
        default="https://localhost:8443",
        description="Where ConnectWise reaches ingest; callbacks are registered under it.",
    )
    log_level: str = Field(default="INFO", description="Lowest level that is logged.")
    log_format: str = Field(
        default="json", pattern="^(json|console)$", description="`json` for machines, `console` for people."
    )
