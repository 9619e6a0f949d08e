"""Causes found on items, terms and names that a ledger keeps by rules of its own (M10, M15)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import register

register()
