"""Records whose documents went through another company of the ledger: a person decides where they belong (A117)."""

from __future__ import annotations

from collections.abc import Sequence

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import LIMITS, ConfigurationError, Stopped, Waiting
from ledgerwire.poster import repository
from ledgerwire.poster.domain.posting import under_way
from ledgerwire.poster.ports import Clients
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case, StoredPosting
from ledgerwire.poster.removal import gone_in
from ledgerwire.poster.standing import read_standing


async def leave_other_company(group: RecordGroup, clients: Clients, cases: Sequence[Case]) -> None:
    """Goes on once a person has voided them there, else stops. That company's ledger is only read, by its own budget.

    What its own work has still to settle (an open outcome, a voiding) is left to that. A company that cannot be asked at all,
    as nobody may sign in to it any more, counts as having the document. Raises Transient where it does not answer, Waiting
    where its calls are used up.
    """
    for case in cases:
        if all([await _left(group, clients, case, posting) for posting in case.concerned]):
            continue
        named = {"number": case.decided.number, "ledger": group.ledger_name}
        await group.settle(case, "stopped", [Finding("DOCUMENT_IN_OTHER_COMPANY", named)])


async def _left(group: RecordGroup, clients: Clients, case: Case, posting: StoredPosting) -> bool:
    """Whether a document is not in the other company's ledger any more, or the record was decided anew meanwhile."""
    if under_way(posting.state):
        return False
    try:
        ledger = await clients.ledger(group.account_id, posting.connection_id)
        if await read_standing(ledger, posting) is not None:
            return False
    except Waiting as error:
        if error.code in LIMITS:
            raise
        return False
    except (ConfigurationError, Stopped):
        return False
    async with group.unit() as unit:
        # In turn with the other company's work, and only as the record was read: moved back, it may be in the ledger again.
        if case.decided.record_id in await repository.decided_in_turn(unit, [case]):
            await gone_in(unit, case, posting)
    return True
