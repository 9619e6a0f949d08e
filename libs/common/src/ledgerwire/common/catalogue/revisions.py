"""Causes found on reopened, changed or reversed records, and the choices a person has (M8)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import register

register()
