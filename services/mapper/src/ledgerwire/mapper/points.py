"""The mapper's crash points: before and after the one transaction of a look."""

from __future__ import annotations

from ledgerwire.common.crashpoints import declare

DECIDED = declare("mapper.decided", "a record is read and decided, nothing committed")
WRITTEN = declare("mapper.written", "revision, message and work row committed, nothing published")
