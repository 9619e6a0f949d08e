"""For what the code that runs now was asked: something urgent, or bulk work that leaves room for it.

Limits that are shared by many ask here, so that nobody in between has to hand it through. Whoever says nothing is urgent: a
person's command waits for nobody's backlog.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_bulk: ContextVar[bool] = ContextVar("bulk", default=False)


def is_bulk() -> bool:
    """Whether only bulk work is being done here."""
    return _bulk.get()


@contextmanager
def serving(*, bulk: bool) -> Iterator[None]:
    """Say for the length of a block, and for the tasks begun in it, what is being served."""
    token = _bulk.set(bulk)
    try:
        yield
    finally:
        _bulk.reset(token)
