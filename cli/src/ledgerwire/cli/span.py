"""Lengths of time in words."""

from __future__ import annotations

from datetime import timedelta


def span(time: timedelta) -> str:
    """A length of time in its two largest units."""
    seconds = round(time.total_seconds())
    parts = ((seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    told = [f"{count} {unit}" for count, unit in parts if count][:2]
    return " ".join(told) or "0 s"
