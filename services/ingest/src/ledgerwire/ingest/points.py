"""Ingest's crash point."""

from __future__ import annotations

from ledgerwire.common.crashpoints import declare

STORED = declare("ingest.stored", "receipt and message committed, ConnectWise not answered")
