"""seats.sync_requested.v1: somebody wants the seats of a connection looked at now, before the next daily run."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ledgerwire.common.contracts.envelope import Data

TYPE = "seats.sync_requested.v1"


class SeatsSyncRequestedV1(Data):
    """Read the sources and plan now.

    Attributes:
        connection_id: the ConnectWise connection whose agreements are meant.
        source: only this source has news, "" for all; a hint, every plan reads all sources.
        requested_by: who asks.
    """

    connection_id: UUID
    source: str = ""
    requested_by: Literal["push", "person", "schedule"] = "person"
