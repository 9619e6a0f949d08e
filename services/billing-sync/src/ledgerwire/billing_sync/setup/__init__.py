"""The set-up check: everything billing sync needs, phase by phase, and the little of it that may be put right from here."""

from ledgerwire.billing_sync.setup.checking import Checking
from ledgerwire.billing_sync.setup.outcome import Item, Open, Phase, SetUp

__all__ = ["Checking", "Item", "Open", "Phase", "SetUp"]
