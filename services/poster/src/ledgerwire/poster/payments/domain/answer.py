"""A person's answer where both sides differ: which side each differing part is carried from."""

from __future__ import annotations

from ledgerwire.common.errors import LedgerwireError
from ledgerwire.poster.payments.domain.model import CASH, Case, Side, Synced


class NothingToDecideError(LedgerwireError):
    """Both sides agree, or what differs is money, which is never entered in the ledger (M18)."""

    code = "NOTHING_TO_DECIDE"


def answered(case: Case, side: Side) -> Synced:
    """What is stored after the answer.

    Raises:
        NothingToDecideError: no part differs that this side may decide.
    """
    differing = [part for part in case.parts if case.in_ledger(part) != case.in_connectwise(part)]
    decided = [part for part in differing if part != CASH or side is Side.LEDGER]
    if not differing:
        raise NothingToDecideError(f"both sides agree about {case.number}")
    if not decided:
        raise NothingToDecideError(
            f"only money differs on {case.number}, and money is never entered in the ledger: answer ledger, or enter it there"
        )
    return case.synced.carrying(dict.fromkeys(decided, side))
