"""Causes found in mapping versions and mapping files (D16)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import register

register()
