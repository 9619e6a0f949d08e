"""All tables of all schemas; importing this package registers them."""

from ledgerwire.common.db.base import Base
from ledgerwire.common.db.models import (  # noqa: F401 - importing registers their tables
    billing,
    ingest,
    mapper,
    payments,
    poster,
    tenants,
)

SCHEMAS = (tenants.SCHEMA, ingest.SCHEMA, mapper.SCHEMA, poster.SCHEMA, billing.SCHEMA)

metadata = Base.metadata

__all__ = ["SCHEMAS", "metadata"]
