"""Declarative base and the column types every schema shares."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Numeric, func
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Amount = Annotated[Decimal, mapped_column(Numeric(20, 5))]


class Base(DeclarativeBase):
    """Base of all tables; money is NUMERIC, times are timestamptz, JSONB is for queries only."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy at class creation
        datetime: DateTime(timezone=True),
        UUID: PGUUID(as_uuid=True),
        Decimal: Numeric(20, 5),
        bytes: BYTEA,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }
