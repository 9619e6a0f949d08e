"""Causes found on expenses (M17)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import register

register()
