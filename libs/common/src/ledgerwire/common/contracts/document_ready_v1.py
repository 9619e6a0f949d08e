"""document.ready.v1: mapper tells poster that a revision of a record is decided."""

from __future__ import annotations

from uuid import UUID

from ledgerwire.common.contracts.envelope import Data

TYPE = "document.ready.v1"


class DocumentReadyV1(Data):
    """Read the revision through poster's view and act on the latest one.

    Attributes:
        ledger_connection_id: the accounting connection the record is routed to.
        revision: the revision the mapper just decided; poster reads the latest, which may be newer.
    """

    record_id: UUID
    ledger_connection_id: UUID
    revision: int
    urgent: bool = True
