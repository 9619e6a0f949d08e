"""Dead letters: one table per service schema, with everything needed to judge and replay what stopped being tried."""

from ledgerwire.common.deadletters.model import CauseGroup, DeadLetter, Replayed
from ledgerwire.common.deadletters.replay import discard, replay
from ledgerwire.common.deadletters.store import by_cause, listed, shown, write

__all__ = ["CauseGroup", "DeadLetter", "Replayed", "by_cause", "discard", "listed", "replay", "shown", "write"]
