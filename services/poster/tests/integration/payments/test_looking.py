"""How it is looked: since when, without writing, after lost answers, by schedule, and how it is counted."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.clock import FixedClock
from ledgerwire.common.errors import Transient
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.common.work.model import Doorbell, Priority, WorkItem
from ledgerwire.common.work.store import WorkStore
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster import watch
from ledgerwire.poster.bootstrap import SCHEMA
from ledgerwire.poster.payments import reconcile, repository
from ledgerwire.poster.payments.sync import WORK_KIND, SyncPayments
from ledgerwire.poster.payments.turn import LeasedTurn, leased_turn
from ledgerwire.poster.watch import WatchBatches
from ledgerwire.sandbox.core.faults import Fault

from .conftest import Both


class Served:
    """A work group of one scheduled row."""

    def __init__(self, turn: LeasedTurn, item) -> None:
        self._turn, self.items = turn, (item,)
        self.account_id, self.connection_id, self.fence = turn.account_id, turn.connection_id, turn.fence
        self.unit, self.ensure_lease = turn.unit, turn.ensure_lease
        self.later: list[tuple[str, timedelta | None]] = []

    async def again(self, unit, item, *, code, after=None, until=None) -> None:
        self.later.append((code, after))


async def claimed(both: Both, kind: str) -> WorkItem:
    """The connection's recurring row of a kind, in hand."""
    store = WorkStore(SCHEMA)
    bell = Doorbell(both.account, both.connection, kind, kind, Priority.BULK, "c", "schedule")
    async with both.database.system() as unit:
        await store.ring(unit, [bell])
        [item] = await store.claim(unit, both.connection, limit=1, max_bytes=1000)
    return item


async def watched(both: Both) -> None:
    """The connection's standing watch looks once."""
    item = await claimed(both, watch.WORK_KIND)
    handle = WatchBatches(both.connections, Outbox(SCHEMA, asyncio.Event()))
    async with leased_turn(both.database, both.account, both.connection, LeaseTerms()) as turn:
        await handle(Served(turn, item))


@pytest.mark.requirement("A122", "M18")
async def test_what_moved_before_the_chosen_moment_is_left_alone_until_that_moment_is_moved(on_xero: Both):
    both = on_xero
    both.rules(since=date(2026, 4, 1))
    await both.post("INV-1", "100.00")
    await both.pay({"INV-1": "60.00"})
    outcome = await both.look(since=date(2026, 4, 1))
    assert (outcome.written, outcome.onboarded) == (0, 0), "not even read"
    both.passes(timedelta(days=20))
    outcome = await both.look(since=date(2026, 3, 18))
    assert (outcome.onboarded, both.rows("INV-1")) == (1, []), "read, older than the moment, counted apart"
    before = both.writes()
    planned = await both.look(since=date(2026, 3, 1), dry_run=True)
    assert [(step.part, step.amount) for step in planned.planned] == [(0, Decimal(60))]
    assert both.writes() == before, "a dry run writes nothing"
    await both.look()
    assert both.rows("INV-1") == [(60, None)]


@pytest.mark.requirement("M18")
async def test_partial_payments_refunds_and_a_voided_document(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("CM-1", "-40.00")
    first = await both.pay({"INV-1": "60.00"})
    await both.look()
    await both.pay({"INV-1": "40.00"})
    refund(both, "CM-1", "15.00")
    await both.look()
    assert (both.rows("INV-1"), both.rows("CM-1")) == ([(100, None)], [(-15, None)])
    assert await both.agree()
    await both.undo(first)
    await both.look()
    assert both.rows("INV-1") == [(40, None)]
    await both.post("INV-2", "50.00")
    paid = await both.pay({"INV-2": "50.00"})
    await both.look()
    await both.undo(paid)
    both.passes()
    both.books.void(DocumentKind.SALES_INVOICE, both.ledger_ids["INV-2"])
    await both.look()
    assert both.rows("INV-2") == []


@pytest.mark.requirement("M8", "M18")
async def test_a_document_that_was_made_again_goes_on_where_the_one_before_it_ended(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    paid = await both.pay({"INV-1": "60.00"})
    await both.look()
    await both.undo(paid)
    both.passes()
    both.books.void(DocumentKind.SALES_INVOICE, both.ledger_ids["INV-1"])
    await both.post("INV-1 again", "100.00", in_psa=False, ours=False)
    await both.execute("UPDATE poster.posting SET ledger_id = $1", both.ledger_ids["INV-1 again"])
    await both.pay({"INV-1 again": "25.00"})
    outcome = await both.look()
    assert (both.rows("INV-1"), outcome.told) == ([(25, None)], {})


@pytest.mark.requirement("M8", "M18")
async def test_money_on_a_document_that_was_credited_and_made_new_stays_with_the_invoice(on_xero: Both):
    """Paid 60 of 100; taken back by a credit, made new for 120: what is left of the credit lies on the new one."""
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.pay({"INV-1": "60.00"})
    await both.look()
    await both.post("INV-1-CR", "-100.00", in_psa=False, ours=False)
    await both.post("INV-1-2", "120.00", in_psa=False, ours=False)
    both.totals.clear()
    invoice = both.psa.state.tables["invoices"][both.invoice_ids["INV-1"]]
    invoice |= {"total": Decimal(120), "balance": Decimal(60)}
    for number, kind, edition, reverses in (
        ("INV-1-CR", "credit_note", 0, True),
        ("INV-1-2", "sales_invoice", 1, False),
    ):
        await both.execute(
            "INSERT INTO poster.posting (account_id, posting_id, record_id, connection_id, ordinal, kind, number,"
            " revision, document, document_hash, state, ledger_id, edition, reverses, correlation_id)"
            " SELECT account_id, gen_random_uuid(), record_id, connection_id, 0, $1, $2, 2, document, 'h', 'posted', $3,"
            " $4, CASE WHEN $5 THEN posting_id END, 'c' FROM poster.posting WHERE number = 'INV-1'",
            kind, number, both.ledger_ids[number], edition, reverses,
        )  # fmt: skip
    await both.apply_in_ledger("INV-1-CR", {"INV-1": "40.00", "INV-1-2": "60.00"})
    assert both.told(await both.look()) == {}
    assert (both.rows("INV-1"), invoice["balance"]) == ([(60, None)], 60)
    await both.pay({"INV-1-2": "10.00"})
    assert both.told(await both.look()) == {}
    assert (both.rows("INV-1"), invoice["balance"]) == ([(70, None)], 50)
    async with both.database.account(both.account) as unit:
        [month] = await repository.months(unit)
    assert (month["payments"], month["onboarding"]) == (1, 0)


@pytest.mark.requirement("M18")
async def test_a_change_in_connectwise_is_seen_though_nothing_says_when_it_was_saved(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.pay({"INV-1": "60.00"})
    await both.look()
    both.passes(timedelta(hours=1))
    invoice = both.psa.state.tables["invoices"][both.invoice_ids["INV-1"]]
    stamp = dict(invoice["_info"])
    both.pay_rest_in_psa("INV-1")
    invoice["_info"] = stamp
    assert both.told(await both.look()) == {"INV-1": ["PAYMENT_ONLY_IN_CONNECTWISE"]}


@pytest.mark.requirement("M18")
async def test_killed_after_a_write_it_sees_what_was_written_and_writes_it_once(
    on_xero: Both, monkeypatch: pytest.MonkeyPatch
):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.pay({"INV-1": "60.00"})
    create = Payments.create

    async def killed(self: Payments, *given: Any, **more: Any) -> int:
        await create(self, *given, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(Payments, "create", killed)
    with pytest.raises(KeyboardInterrupt):
        await both.look()
    monkeypatch.undo()
    assert both.rows("INV-1") == [(60, None)]
    await both.execute("UPDATE tenants.lease SET holder = NULL, expires_at = NULL")
    await both.execute("UPDATE poster.settlement SET look_after = now() - interval '1 second'")
    outcome = await both.look()
    assert (outcome.written, outcome.told, both.rows("INV-1")) == (0, {}, [(60, None)])


@pytest.mark.requirement("M18")
async def test_killed_after_an_allocation_its_call_is_settled_once_what_it_did_can_be_seen(
    on_xero: Both, monkeypatch: pytest.MonkeyPatch
):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("CM-1", "-50.00")
    both.apply_in_psa("CM-1", {"INV-1": "50.00"})
    allocate = XeroLedger.allocate

    async def killed(self: XeroLedger, *given: Any) -> None:
        await allocate(self, *given)
        raise KeyboardInterrupt

    monkeypatch.setattr(XeroLedger, "allocate", killed)
    with pytest.raises(KeyboardInterrupt):
        await both.look()
    monkeypatch.undo()
    await both.execute("UPDATE tenants.lease SET holder = NULL, expires_at = NULL")
    await both.look()
    await watched(both)
    states = "SELECT state, outcome FROM poster.submission"
    assert [tuple(row) for row in await both.execute(states)] == [("open", None)], "it may still be at work"
    await both.execute("UPDATE poster.submission SET look_after = now() - interval '1 second'")
    await both.execute("UPDATE poster.settlement SET look_after = now() - interval '1 second'")
    before = both.writes()
    await both.look()
    assert both.writes() == before, "what was done is seen, not done again"
    assert await both.agree()
    await watched(both)
    assert [tuple(row) for row in await both.execute(states)] == [("settled", "left_open")]


@pytest.mark.requirement("A117", "A122")
async def test_invoices_of_another_companys_locations_are_not_this_ledgers(on_xero: Both):
    both = on_xero
    await both.post("INV-7", "100.00", ours=False)
    both.rules(locations=frozenset({9}))
    await both.pay({"INV-7": "20.00"})
    assert both.told(await both.look()) == {"INV-7": ["PAYMENT_UNMATCHED"]}
    both.rules(locations=frozenset({2, 9}))
    await both.look()
    assert both.rows("INV-7") == [(20, None)]


def refund(both: Both, number: str, amount: str) -> None:
    from ledgerwire.sandbox.xero.books.money_movements import pay  # noqa: PLC0415 - its one use

    both.passes()
    sent = {"CreditNote": {"CreditNoteID": both.ledger_ids[number]}, "Account": {"Code": "090"}}
    outcome = pay(both.books._desk(), {**sent, "Amount": Decimal(amount), "Date": "2026-03-17"})  # type: ignore[attr-defined]
    assert not outcome.problems


@pytest.mark.requirement("M18")
async def test_a_lost_answer_makes_no_second_row_and_no_second_allocation(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("INV-2", "100.00")
    await both.post("CM-1", "-50.00")
    await both.pay({"INV-1": "60.00"})
    both.apply_in_psa("CM-1", {"INV-2": "50.00"})
    both.faults.add(Fault("500_after", "connectwise", method="POST", path_regex="/payments$"))
    both.books._server.arm("500_after", method="PUT", path_regex="Allocations")  # type: ignore[attr-defined]
    await both.look()
    before = both.writes()
    await both.look()
    assert both.writes() == before, "an open outcome rests"
    assert await both.execute("UPDATE poster.settlement SET look_after = now() - interval '1 second' RETURNING 1")
    await both.look()
    assert both.writes() == before, "what was done is seen, not done again"
    assert both.rows("INV-1") == [(60, None)]
    assert (await both.in_ledger())["CM-1"] == 0
    assert await both.agree()


@pytest.mark.requirement("M18")
async def test_a_command_and_a_worker_never_work_at_once(on_xero: Both):
    both, terms = on_xero, LeaseTerms()
    async with leased_turn(both.database, both.account, both.connection, terms):
        with pytest.raises(Transient) as busy:
            async with leased_turn(both.database, both.account, both.connection, terms, timedelta(0)):
                pass
    assert busy.value.code == "CONNECTION_BUSY"


@pytest.mark.requirement("A122", "A078", "A079")
async def test_the_schedule_looks_again_and_again_and_months_count_each_record_once(on_xero: Both):
    both = on_xero
    await both.post("INV-1", "100.00")
    await both.post("INV-2", "100.00", ours=False)
    await both.pay({"INV-1": "60.00", "INV-2": "5.00"})
    item = await claimed(both, WORK_KIND)
    handle = SyncPayments(both.connections, FixedClock(both.books.now()))
    async with leased_turn(both.database, both.account, both.connection, LeaseTerms()) as turn:
        served = Served(turn, item)
        both.rules(enabled=False)
        await handle(served)
        assert both.rows("INV-1") == [], "before go-live nothing is written"
        both.rules(enabled=True)
        both.faults.add(Fault("429", "connectwise", path_regex="/finance/", params={"retry_after": 90}))
        await handle(served)
        await handle(served)
        await handle(served)
    pauses = [(code, after) for code, after in served.later]
    assert pauses[0] == ("SCHEDULED", timedelta(minutes=5))
    assert pauses[1] == ("CONNECTWISE_RATE_LIMITED", timedelta(seconds=90))
    assert pauses[2:] == [("SCHEDULED", timedelta(minutes=5))] * 2
    assert both.rows("INV-1") == [(60, None)]
    async with both.database.account(both.account) as unit:
        [month] = await repository.months(unit)
    assert {name: month[name] for name in repository.COUNTED} == {
        "invoices": 1,
        "payments": 1,
        "procurements": 0,
        "expenses": 0,
        "onboarding": 1,
    }
    assert month["connection_id"] == UUID(str(both.connection))


@pytest.mark.requirement("A122", "D15")
async def test_what_waits_for_a_person_is_looked_at_in_turn_and_never_at_once_again(
    on_xero: Both, monkeypatch: pytest.MonkeyPatch
):
    """However much a clerk leaves undone: the next look comes after the interval, and does not eat the ledger's calls."""
    both = on_xero
    monkeypatch.setattr(reconcile, "GROUP", 1)
    left = ["INV-1", "INV-2", "INV-3"]
    for number in (*left, "INV-4", "INV-5"):
        await both.post(number, "100.00")
    both.pay_in_psa(dict.fromkeys(left, "20.00"))
    await both.look()
    await both.look()  # the ledger's own list shows more of them than the single documents did
    looks = [await both.look(at_most=1) for _ in left]
    assert [look.more for look in looks] == [False] * 3
    assert sorted(number for look in looks for number in look.told) == left
    await both.pay({"INV-4": "10.00", "INV-5": "10.00"})
    assert [(await both.look(at_most=1)).more for _ in range(2)] == [True, False], "what can be carried over goes on"
    assert (both.rows("INV-4"), both.rows("INV-5")) == ([(10, None)], [(10, None)])
