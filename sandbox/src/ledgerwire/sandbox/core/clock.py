"""The sandbox's own time: it runs on from the real clock and can be moved."""

from datetime import UTC, date, datetime, timedelta


class VirtualClock:
    """A clock that keeps running, offset from real time by whatever a test or demo chose."""

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = timedelta(0)
        if start is not None:
            self.set(start)

    def now(self) -> datetime:
        """The present virtual moment, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """The present virtual calendar day (UTC)."""
        return self.now().date()

    def advance(self, by: timedelta) -> datetime:
        """Move the clock by `by` (backwards when negative) and return the new moment."""
        self._offset += by
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Make `moment` the present. Raises ValueError for a moment without a zone."""
        if moment.tzinfo is None:
            raise ValueError("the clock is set with an aware datetime")
        self._offset = moment.astimezone(UTC) - datetime.now(UTC)
        return self.now()
