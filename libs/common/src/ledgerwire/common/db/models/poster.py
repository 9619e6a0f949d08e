"""Schema `poster`."""

from __future__ import annotations

from ledgerwire.common.db.base import Base
from ledgerwire.common.db.models.messaging import (
    DeadLetterColumns,
    InboxColumns,
    OutboxColumns,
    TimelineColumns,
    WorkColumns,
)

SCHEMA = "poster"


class PosterOutbox(OutboxColumns, Base):
    __tablename__ = "outbox"
    __table_args__ = (*OutboxColumns.__table_args__, {"schema": SCHEMA})


class PosterInbox(InboxColumns, Base):
    __tablename__ = "inbox"
    __table_args__ = (*InboxColumns.__table_args__, {"schema": SCHEMA})


class PosterWork(WorkColumns, Base):
    __tablename__ = "work"
    __table_args__ = (*WorkColumns.__table_args__, {"schema": SCHEMA})


class PosterDeadLetter(DeadLetterColumns, Base):
    __tablename__ = "dead_letter"
    __table_args__ = (*DeadLetterColumns.__table_args__, {"schema": SCHEMA})


class PosterTimeline(TimelineColumns, Base):
    __tablename__ = "timeline"
    __table_args__ = (*TimelineColumns.__table_args__, {"schema": SCHEMA})
