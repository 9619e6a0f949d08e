"""Which of several versions decides a day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol, TypeVar


class Effective(Protocol):
    """Something that holds from a day on; None = for every day."""

    @property
    def effective_from(self) -> date | None: ...


V = TypeVar("V", bound=Effective)


def deciding(versions: Sequence[V], day: date | None) -> V | None:
    """Of versions, newest first: the newest that had begun by a day, else the oldest; None where there is none (D16).

    A day that is not known takes the newest.
    """
    begun = [item for item in versions if item.effective_from is None or day is None or item.effective_from <= day]
    return next(iter(begun or versions[-1:]), None)
