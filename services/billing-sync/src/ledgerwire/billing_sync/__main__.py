"""`python -m ledgerwire.billing_sync`: billing sync as a process of its own."""

from __future__ import annotations

from ledgerwire.billing_sync.bootstrap import build
from ledgerwire.common.lifecycle import run_service
from ledgerwire.common.settings import load_settings

if __name__ == "__main__":
    run_service(build, load_settings())
