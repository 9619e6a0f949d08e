"""`python -m ledgerwire.ingest`: ingest as a process of its own."""

from __future__ import annotations

from ledgerwire.common.lifecycle import run_service
from ledgerwire.common.settings import load_settings
from ledgerwire.ingest.bootstrap import build

if __name__ == "__main__":
    run_service(build, load_settings())
