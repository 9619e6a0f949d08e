"""What the worker promises about claims, leases, doorbells and errors, on a real database under the real roles."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common.errors import Poison, Transient, Waiting
from ledgerwire.common.work.model import Priority


async def test_rung_work_is_handled_and_gone(desk, recorder, connection):
    handler = recorder()
    async with desk.running(desk.worker(handler)):
        await desk.ring(*(desk.bell(f"r{number}", connection) for number in range(7)))
        await desk.until(desk.empty)
    assert sorted(handler.keys) == [f"r{number}" for number in range(7)]


async def test_two_doorbells_are_one_row(desk, connection):
    bell = desk.bell("r", connection, priority=Priority.BULK, payload={"a": 1})
    await desk.ring(bell, desk.bell("r", connection, payload={"b": 2}))
    await desk.ring(bell)
    row = await desk.row("r")
    assert row.payload == {"a": 1, "b": 2}
    assert row.priority == Priority.URGENT
    assert row.generation == 2


async def test_of_items_finished_in_one_transaction_only_one_that_was_rung_for_again_stays(desk, connection):
    seen = []

    async def handler(group):
        seen.append({item.work_key: item.generation for item in group.items})
        if len(seen) == 1:
            await desk.ring(desk.bell("r1", connection))
        async with group.unit() as unit:
            for item in group.items:
                await group.done(unit, item)

    await desk.ring(*(desk.bell(f"r{number}", connection) for number in range(4)))
    async with desk.running(desk.worker(handler)):
        await desk.until(desk.empty)
    assert seen == [{f"r{number}": 1 for number in range(4)}, {"r1": 2}]


async def test_a_group_is_bounded_by_count_and_by_size(desk, recorder, connection):
    handler = recorder()
    await desk.ring(*(desk.bell(f"r{number:02}", connection, payload={"text": "x" * 1000}) for number in range(12)))
    async with desk.running(desk.worker(handler, limit=5, max_bytes=3100)):
        await desk.until(desk.empty)
    assert {size for _, size in handler.groups} == {3}


async def test_one_item_larger_than_the_bound_is_still_served(desk, recorder, connection):
    await desk.ring(desk.bell("big", connection, payload={"text": "x" * 5000}))
    async with desk.running(desk.worker(recorder(), max_bytes=100)):
        await desk.until(desk.empty)


async def test_urgent_work_of_a_connection_goes_before_bulk(desk, recorder, connection):
    handler = recorder()
    await desk.ring(*(desk.bell(f"bulk{number}", connection, priority=Priority.BULK) for number in range(10)))
    await desk.ring(desk.bell("urgent", connection))
    async with desk.running(desk.worker(handler, limit=3)):
        await desk.until(desk.empty)
    assert handler.keys[0] == "urgent"


@pytest.mark.parametrize("waiting", [Priority.URGENT, Priority.BULK])
async def test_what_was_sent_and_not_answered_is_looked_up_before_more_is_sent(desk, connection, waiting):
    """However long the others have waited: with each lost answer doubt would grow by another group."""
    seen = []

    async def handler(group):
        seen.append(sorted(item.work_key for item in group.items))
        async with group.unit() as unit:
            for item in group.items:
                if len(seen) == 1:
                    await group.again(unit, item, code="OUTCOME_UNKNOWN", after=timedelta(0))
                else:
                    await group.done(unit, item)

    await desk.ring(*(desk.bell(f"{number:02}", connection, priority=waiting) for number in range(12)))
    async with desk.running(desk.worker(handler, limit=4)):
        await desk.until(desk.empty)
    assert seen[0] == seen[1]


async def test_a_recurring_look_whose_outcome_is_unknown_is_in_its_place_the_next_time(desk, connection):
    async def handler(group):
        async with group.unit() as unit:
            for item in group.items:
                await group.again(unit, item, code="OUTCOME_UNKNOWN", after=timedelta(hours=1))

    await desk.ring(desk.bell("look", connection, kind="look", priority=Priority.BULK))

    async def put_off():
        return (await desk.row("look")).last_code == "OUTCOME_UNKNOWN"

    async with desk.running(desk.worker({"look": handler})):
        await desk.until(put_off)
    assert (await desk.row("look")).priority == Priority.BULK


async def test_a_doorbell_during_the_work_is_not_lost(desk, connection):
    seen = []

    async def handler(group):
        (item,) = group.items
        seen.append(item.generation)
        if len(seen) == 1:
            await desk.ring(desk.bell("r", connection, payload={"again": True}))
        async with group.unit() as unit:
            await group.done(unit, item)

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(desk.empty)
    assert seen == [1, 2]


@pytest.mark.parametrize("settle", ["again", "fail"])
async def test_a_doorbell_during_the_work_wakes_what_was_put_off(desk, connection, settle):
    seen = []

    async def handler(group):
        (item,) = group.items
        seen.append(item.generation)
        async with group.unit() as unit:
            if len(seen) > 1:
                await group.done(unit, item)
                return
        await desk.ring(desk.bell("r", connection))
        async with group.unit() as unit:
            if settle == "again":
                await group.again(unit, item, code="HELD")
            else:
                await group.fail(unit, item, Transient("reset", retry_after=timedelta(hours=1)))

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(desk.empty)
    assert seen == [1, 2]


async def test_parked_work_sleeps_until_a_doorbell(desk, recorder, connection):
    async def park(group):
        for item in group.items:
            async with group.unit() as unit:
                await group.again(unit, item, code="CONTACT_HELD")

    async def parked():
        return (await desk.row("r")).parked

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(park)):
        await desk.until(parked)
    assert (await desk.row("r")).last_code == "CONTACT_HELD"
    handler = recorder()
    async with desk.running(desk.worker(handler)):
        await desk.ring(desk.bell("r", connection))
        await desk.until(desk.empty)
    assert handler.keys == ["r"]


async def test_a_schedule_is_a_row_that_comes_back(desk, connection):
    runs = []

    async def sweep(group):
        (item,) = group.items
        runs.append(item.attempts)
        async with group.unit() as unit:
            await group.again(unit, item, code="SWEPT", after=timedelta(milliseconds=10))

    await desk.ring(desk.bell("sweep", connection, kind="sweep"))
    async with desk.running(desk.worker({"sweep": sweep})):
        await desk.until(lambda: len(runs) >= 3)
    assert set(runs) == {0}, "coming back is no failure"


async def test_work_that_is_not_due_waits(desk, recorder, connection):
    handler = recorder()
    await desk.ring(desk.bell("later", connection, due_after=timedelta(hours=1)), desk.bell("now", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(lambda: handler.keys)
    assert handler.keys == ["now"]
    assert await desk.count() == 1


async def test_an_exception_sends_the_rest_of_the_group_by_its_class(desk, connection):
    async def handler(group):
        first, *_ = group.items
        async with group.unit() as unit:
            await group.done(unit, first)
        raise Waiting("the ledger is closed", code="CONNECTION_CLOSED", after=timedelta(hours=1))

    async def settled():
        rows = await desk.one("SELECT count(*) FROM mapper.work WHERE last_code = 'CONNECTION_CLOSED' AND attempts = 0")
        return rows.count == 2

    await desk.ring(*(desk.bell(f"r{number}", connection) for number in range(3)))
    async with desk.running(desk.worker(handler)):
        await desk.until(settled)


async def test_what_rolled_back_is_not_settled(desk, connection):
    async def handler(group):
        (item,) = group.items
        async with group.unit() as unit:
            await group.done(unit, item)
            raise Transient("connection reset", code="RESET", retry_after=timedelta(hours=1))

    async def retried():
        return (await desk.row("r")).attempts == 1

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(retried)
    assert (await desk.row("r")).last_code == "RESET"


async def test_poison_is_buried_and_does_not_block_the_others(desk, connection):
    done, told = [], []

    async def handler(group):
        for item in group.items:
            async with group.unit() as unit:
                if item.work_key == "bad":
                    await group.fail(unit, item, Poison("a body of HTML", code="NOT_JSON"))
                else:
                    await group.done(unit, item)
                    done.append(item.work_key)

    async def on_dead(unit, item, dead):
        told.append((item.work_key, dead.cause, unit.account_id))

    await desk.ring(*(desk.bell(key, connection, payload={"record_id": key}) for key in ("a", "bad", "b")))
    async with desk.running(desk.worker(handler, on_dead=on_dead)):
        await desk.until(desk.empty)
    assert sorted(done) == ["a", "b"]
    assert told == [("bad", "NOT_JSON", desk.account)]
    letter = await desk.one("SELECT * FROM mapper.dead_letter")
    assert (letter.cause, letter.subject, letter.queue, letter.attempts) == ("NOT_JSON", "bad", "work", 1)


async def test_a_bug_is_retried_few_times_then_dead_with_its_traceback(desk, connection):
    async def handler(group):
        raise ZeroDivisionError("a bug")

    async def hurry():
        await desk.execute("UPDATE mapper.work SET due_at = now()")
        return await desk.empty()

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(hurry)
    letter = await desk.one("SELECT * FROM mapper.dead_letter")
    assert letter.attempts == 4
    assert "ZeroDivisionError: a bug" in letter.detail
    assert "Traceback" in letter.detail


async def test_an_item_left_unsettled_is_not_forgotten(desk, connection):
    async def handler(group):
        return

    async def counted():
        return (await desk.row("r")).attempts == 1

    await desk.ring(desk.bell("r", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(counted)
    assert (await desk.row("r")).last_code == "WORK_UNSETTLED"


async def test_work_of_an_unknown_kind_is_dead(desk, recorder, connection):
    handler = recorder()
    await desk.ring(desk.bell("r", connection, kind="from_the_future"), desk.bell("known", connection))
    async with desk.running(desk.worker(handler)):
        await desk.until(desk.empty)
    assert handler.keys == ["known"]
    assert (await desk.one("SELECT cause FROM mapper.dead_letter")).cause == "UNKNOWN_WORK_KIND"


async def test_stopping_finishes_what_is_in_hand_and_claims_no_more(desk, recorder, connection):
    handler = recorder(seconds=0.1)
    await desk.ring(*(desk.bell(f"r{number}", connection) for number in range(6)))
    stop = asyncio.Event()
    running = asyncio.create_task(desk.worker(handler, limit=2).run(stop))
    await desk.until(desk.served)
    stop.set()
    await running
    assert len(handler.keys) == 2
    assert await desk.count() == 4
    lease = await desk.one("SELECT holder FROM tenants.lease")
    assert lease.holder is None


async def test_a_handler_works_on_one_account_only(desk, connection):
    stranger = uuid4()
    seen = []

    async def handler(group):
        async with group.unit() as unit:
            result = await unit.execute(text("SELECT count(*) FROM mapper.work"))
            seen.append((group.account_id, result.scalar_one()))
            await group.done(unit, group.items[0])

    await desk.ring(desk.bell("mine", connection), desk.bell("other", UUID(int=2), account=stranger))
    async with desk.running(desk.worker(handler)):
        await desk.until(desk.empty)
    assert sorted(count for _, count in seen) == [1, 1]


@pytest.mark.parametrize("settle", ["done", "later"])
async def test_a_row_that_was_made_anew_is_not_taken_for_the_one_that_was_finished(desk, connection, settle):
    """The answer to the commit that finished it was lost; a doorbell rang before it was finished once more."""

    async def claimed():
        async with desk.database.system() as unit:
            return await desk.store.claim(unit, connection, limit=1, max_bytes=1000)

    await desk.ring(desk.bell("r", connection))
    [item] = await claimed()
    async with desk.database.system() as unit:
        assert await desk.store.done(unit, item) == frozenset()
    await desk.ring(desk.bell("r", connection))
    async with desk.database.system() as unit:
        if settle == "done":
            assert await desk.store.done(unit, item) == {"r"}
        else:
            await desk.store.later(unit, item, code="TRANSIENT", after=timedelta(hours=1))
    [anew] = await claimed()
    assert (anew.work_key, anew.generation) == ("r", item.generation)
