"""What ConnectWise failed with while a plan was applied: kept until the other agreements are written, then raised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ledgerwire.common.errors import Ambiguous, Transient

IN_A_ROW = 3
"""So many agreements one after the other that fail may be no matter of the agreements: ConnectWise may be down."""
_OF_ONE_RECORD = frozenset({"CONNECTWISE_FAILED", "CONNECTWISE_ANSWER_UNREADABLE", "TRANSIENT"})
_log = structlog.get_logger(__name__)


class Failures:
    """The errors of the agreements of one run."""

    def __init__(self) -> None:
        self._errors: list[Ambiguous | Transient] = []
        self._in_a_row = 0

    def add(self, error: Ambiguous | Transient, agreement_id: int) -> bool:
        """Keep the error of an agreement; raises it where the next agreement would fare no better.

        That is so where the host is not reached or asks to slow down. The same error again, of a product that several
        agreements wait for, tells nothing new.

        Returns:
            whether so many failed in a row that something else is to be read before the next one is tried: where ConnectWise
            answers, it is these agreements that fail, and those behind them are not to wait for them.
        """
        _log.warning("seats.agreement_failed", agreement=agreement_id, error=error.code, said=str(error))
        if any(error is each for each in self._errors):
            return False
        self._errors.append(error)
        self._in_a_row += 1
        if not (isinstance(error, Ambiguous) or error.code in _OF_ONE_RECORD):
            raise error
        return self._in_a_row >= IN_A_ROW

    def none(self) -> None:
        """An agreement was served without one, or ConnectWise was seen to answer."""
        self._in_a_row = 0

    @contextmanager
    def raised_at_the_end(self) -> Iterator[None]:
        """Raise what was kept once the block ends. A write whose end was not seen goes before every other error.

        Whoever holds the turn must hear of it: the request may be under way still.
        """
        try:
            yield
        except Exception as error:
            if not isinstance(error, Ambiguous) and (unseen := self._unseen()) is not None:
                raise unseen from error
            raise
        if self._errors:
            raise self._unseen() or self._errors[0]

    def _unseen(self) -> Ambiguous | None:
        return next((error for error in self._errors if isinstance(error, Ambiguous)), None)
