"""document.settled.v1: poster tells mapper how a revision of a record ended (or that it needs a person)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from ledgerwire.common.contracts.envelope import Data

TYPE = "document.settled.v1"


class SettledFinding(Data):
    """One catalogued cause that poster met, with the values its message names."""

    code: str
    params: dict[str, str] = Field(default_factory=dict)


class DocumentSettledV1(Data):
    """Outcome of a revision.

    Attributes:
        outcome: `batched` (documents in the ledger, record batched), `stopped` (a person must act), `draft`
            (in the ledger, batched once it is approved there), `waiting` (a connection or a limit decides when it goes on;
            the findings say which), `remap` (the record
            changed since it was mapped, M7: read it again), `refresh` (reference data was stale: map again).
        findings: what poster found, for the record's list.
    """

    record_id: UUID
    connection_id: UUID
    source_id: str
    revision: int
    outcome: Literal["batched", "stopped", "draft", "waiting", "remap", "refresh"]
    findings: tuple[SettledFinding, ...] = ()
