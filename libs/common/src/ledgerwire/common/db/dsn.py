"""Database addresses: the parts of a `postgresql://` URL that bootstrap and migrations replace."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from ledgerwire.common.errors import ConfigurationError


def database_name(url: str) -> str:
    """The database a URL names; ConfigurationError when it names none or is no PostgreSQL address."""
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not name:
        raise ConfigurationError("LEDGERWIRE_DATABASE_URL must look like postgresql://host:port/database")
    return name


def driver_dsn(url: str) -> str:
    """The URL as the driver takes it: `postgresql+asyncpg://` is accepted and shortened."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)
