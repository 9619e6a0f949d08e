"""Would these records pass now? Each is previewed as a look would decide it and poster would compose it; nothing is written.

What only the ledger's answer can tell (a number taken meanwhile, a contact archived a second ago) cannot be known before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog

from ledgerwire.cli.clerk_tables import totals_text
from ledgerwire.cli.previewing import RecordPreview, previews
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.status import clerk_row

PASS, STOP, NOTHING, FAULT = "pass", "stop", "nothing to do", "fault"
_GOES_OUT = frozenset({RecordState.MAPPED.value, RecordState.NO_EFFECT.value})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """One record and how it would end: pass, stop (with its codes), nothing to do, or again in a fault of ours."""

    record_id: UUID
    number: str
    currency: str
    total: Decimal
    would: str
    codes: tuple[str, ...] = ()


async def trials(settings: Settings, account_id: UUID, record_ids: Sequence[UUID]) -> list[Trial]:
    """Try these records of an account. Raises what keeps all of them from being read (a closed connection, a lost server)."""
    if not record_ids:
        return []
    try:
        found = await previews(settings, account_id, None, record_ids=record_ids)
    except LedgerwireError:
        raise
    except Exception:  # noqa: BLE001 - the fault that buried a record may come up again: the others are tried without it
        if len(record_ids) == 1:
            _log.debug("trial.failed", record=str(record_ids[0]), exc_info=True)
            return [Trial(record_ids[0], str(record_ids[0]), "", Decimal(0), FAULT)]
        middle = len(record_ids) // 2
        first = await trials(settings, account_id, record_ids[:middle])
        return first + await trials(settings, account_id, record_ids[middle:])
    return [_trial(one) for one in found]


def _trial(one: RecordPreview) -> Trial:
    findings = [*one.preview.findings, *(item for document in one.documents for item in document.refused)]
    codes = tuple(dict.fromkeys(item.code for item in findings if item.stops))
    goes_out = one.preview.outcome in _GOES_OUT
    would = STOP if one.is_off else PASS if goes_out else NOTHING
    row = clerk_row(one.preview.record)
    return Trial(one.preview.record.record_id, row.number, row.currency, row.amount, would, codes)


def sentence(tried: Sequence[Trial]) -> str:
    """How many would now pass, with their money, and what becomes of the others."""
    counts = Counter(one.would for one in tried)
    passing = counts[PASS]
    said = [f"{passing} record{'' if passing == 1 else 's'} would now pass ({totals_text(_totals(tried))})"]
    again = Counter(code for one in tried if one.would == STOP for code in one.codes)
    if counts[STOP]:
        causes = ", ".join(f"{code} {count}" for code, count in again.most_common())
        said.append(f"{counts[STOP]} would stop ({causes})")
    if counts[NOTHING]:
        said.append(f"{counts[NOTHING]} need nothing any more")
    if counts[FAULT]:
        said.append(f"{counts[FAULT]} would fail again by a fault of ours")
    return "; ".join(said) + "."


def _totals(tried: Sequence[Trial]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in tried:
        if one.would == PASS:
            sums[one.currency] = sums.get(one.currency, Decimal("0.00")) + one.total
    return dict(sorted(sums.items()))


def value_of(tried: Sequence[Trial]) -> dict[str, int]:
    """The counts for programs."""
    counts = Counter(one.would for one in tried)
    names = {"would_pass": PASS, "would_stop": STOP, "nothing_to_do": NOTHING, "would_fail": FAULT}
    return {name: counts[kind] for name, kind in names.items()}
