"""Ingest's crash points."""

from __future__ import annotations

from ledgerwire.common.crashpoints import declare

WRITTEN = declare("ingest.written", "receipts and messages written and not yet committed")
STORED = declare("ingest.stored", "receipts and messages committed, ConnectWise not answered")
