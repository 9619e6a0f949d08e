"""The use case: one look at a ledger connection's payments, by schedule or because a person asks."""

from __future__ import annotations

from datetime import date, timedelta

import structlog

from ledgerwire.common.clock import Clock
from ledgerwire.common.errors import LeaseLost, LedgerwireError
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.poster.payments import repository
from ledgerwire.poster.payments.domain.model import Rules
from ledgerwire.poster.payments.observe import UNMATCHED_AGE, observe
from ledgerwire.poster.payments.ports import Clients, Terms, Turn
from ledgerwire.poster.payments.reconcile import Outcome, Reconciler
from ledgerwire.tenants.schedule import SCHEDULED, pause_after

WORK_KIND = "payments"
AT_MOST = 200
"""Settlements of one scheduled look: documents of the same ledger wait to be posted meanwhile."""

_log = structlog.get_logger(__name__)


class PaymentSync:
    """Looks at the payments of one ledger connection."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    async def look(
        self,
        turn: Turn,
        terms: Terms,
        *,
        since: date | None = None,
        dry_run: bool = False,
        at_most: int | None = None,
        outcome: Outcome | None = None,
        correlation_id: str | None = None,
    ) -> Outcome:
        """Read what changed in both systems and carry it over; a dry run writes to neither.

        With `since` both are read again from that day, which becomes the moment since when movements count. An `outcome`
        that is given is added to.

        Raises:
            Waiting, Transient: a system cannot be asked now; what was carried over so far is stored.
        """
        ledger = await self._clients.ledger(turn.account_id, turn.connection_id)
        psa = await self._clients.payments(turn.account_id, terms.psa_connection)
        await observe(turn, ledger, psa, terms, since)
        async with turn.unit() as unit:
            chosen = (await repository.marks(unit, turn.connection_id)).since or terms.since
        rules = Rules(since=chosen, ledger_name=ledger.name, on_foreign_cash=terms.on_foreign_cash)
        reconciler = Reconciler(turn, ledger, psa, terms, rules, self._clock, correlation_id)
        outcome = await reconciler.all(outcome or Outcome(), dry_run=dry_run, at_most=at_most)
        async with turn.unit() as unit:
            for row in (await repository.unmatched(unit, turn.connection_id, UNMATCHED_AGE)).values():
                outcome.told[row.view.number] = row.findings
            if not dry_run:
                await repository.put_outcome(unit, turn.connection_id, written=outcome.written, failed_with=None)
        return outcome


class SyncPayments:
    """Handles the scheduled `payments` row of a ledger connection."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._sync = PaymentSync(clients, clock)

    async def __call__(self, group: Group) -> None:
        for item in group.items:
            try:
                terms = await self._clients.terms(group.account_id, group.connection_id)
                await self._look(group, item, terms)
            except LeaseLost:
                raise
            except LedgerwireError as error:
                await self._failed(group, item, error)

    async def _look(self, group: Group, item: WorkItem, terms: Terms) -> None:
        after = terms.interval
        if terms.enabled:
            outcome = await self._sync.look(group, terms, at_most=AT_MOST, correlation_id=item.correlation_id)
            after = timedelta(0) if outcome.more else after
            _log.info(
                "payments.looked",
                connection=str(group.connection_id),
                looked_at=outcome.looked_at,
                written=outcome.written,
                told=len(outcome.told),
            )
        async with group.unit() as unit:
            await group.again(unit, item, code=SCHEDULED, after=after)

    async def _failed(self, group: Group, item: WorkItem, error: LedgerwireError) -> None:
        """Recurring work is never given up; it rests as long as the error advises."""
        _log.warning("payments.failed", connection=str(group.connection_id), code=error.code, why=str(error))
        async with group.unit() as unit:
            await repository.put_outcome(unit, group.connection_id, written=0, failed_with=error.code)
            await group.again(unit, item, code=error.code, after=pause_after(error))
