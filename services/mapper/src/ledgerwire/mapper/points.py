"""The mapper's crash points: before ConnectWise is asked, before and after the one transaction of a look, and of a report."""

from __future__ import annotations

from ledgerwire.common.crashpoints import declare

KNOWN = declare("mapper.known", "what is known of a group is read, ConnectWise not asked")
DECIDED = declare("mapper.decided", "a record is read and decided, nothing committed")
WRITTEN = declare("mapper.written", "revision, message and work row committed, nothing published")
REPORTED = declare("mapper.reported", "poster's report is in the record and committed")
