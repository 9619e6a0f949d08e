"""The only ConnectWise PSA client: reads, the accounting loop, callbacks."""

from ledgerwire.connectwise.client import ConnectWise, Gate, build_connectwise
from ledgerwire.connectwise.config import ConnectWiseConfig
from ledgerwire.connectwise.errors import RecordMissing, Refused

__all__ = ["ConnectWise", "ConnectWiseConfig", "Gate", "RecordMissing", "Refused", "build_connectwise"]
