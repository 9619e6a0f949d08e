"""Causes found while payments and credits are carried between ledger and ConnectWise (M18, D15)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import register

register()
