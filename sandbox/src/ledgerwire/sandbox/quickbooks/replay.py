"""Answers kept under their `requestid`: the same id gives the first answer again, whatever body comes with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ledgerwire.sandbox.quickbooks.switches import Switches
from ledgerwire.sandbox.quickbooks.wire import Json

ID_LENGTH = 50
BATCH_ID_LENGTH = 36
ITEM_ID_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A first answer: its HTTP status and its members but the time."""

    first_call: datetime
    status: int
    body: Json


class Replays:
    """Answers by request id (with the item's id in a batch) of one company."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._kept: dict[str, Kept] = {}

    def find(self, key: str, now: datetime) -> Kept | None:
        """The answer to give again; None when the key is new or was forgotten."""
        kept = self._kept.get(key)
        fresh = kept is not None and now - kept.first_call < timedelta(hours=self._switches.requestid_hours)
        return kept if fresh else None

    def keep(self, key: str, now: datetime, status: int, body: Json) -> None:
        """Keep an answer; refusals only where the company's switch says so."""
        if "Fault" not in body or self._switches.requestid_replays_faults:
            self._kept[key] = Kept(now, status, body)
