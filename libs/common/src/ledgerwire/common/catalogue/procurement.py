"""Causes found on receipts, returns, stock adjustments and transfers (M16)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import register

register()
