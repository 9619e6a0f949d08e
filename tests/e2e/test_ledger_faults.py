"""Whatever the ledger does with a call, a record ends posted once and batched, or stopped with a cause; never twice."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from tests.chaos.plan import LANDED
from tests.e2e.world import World

from ledgerwire.sandbox.core.journal import Entry

INVOICE, SECOND, THIRD = 39001, 39002, 39003
PUT_INVOICES = {"method": "PUT", "path_regex": r"/Invoices$"}

pytestmark = pytest.mark.e2e


def sent(world: World) -> list[str]:
    """The idempotency keys of the calls that could create a sales invoice, in order."""
    calls = world.journal("xero", "PUT", "/Invoices")
    return [{name.lower(): value for name, value in call.request_headers.items()}["idempotency-key"] for call in calls]


def looked_up(world: World) -> list[tuple[set[str], set[str]]]:
    """Of each call whose outcome was unclear: the numbers it bore, and those the ledger was asked for before another call bore one."""
    calls = [
        one
        for one in world.sandbox.world.journal.entries("xero", since_seq=world.sandbox.world.seeded_at)
        if one.path.endswith("/Invoices") and one.method in {"GET", "PUT"}
    ]
    return [
        (borne(one), asked_about(borne(one), calls[at + 1 :])) for at, one in enumerate(calls) if one.fault in UNCLEAR
    ]


def borne(call: Entry) -> set[str]:
    return {str(row["InvoiceNumber"]) for row in json.loads(call.request_body)["Invoices"]}


def asked_about(numbers: set[str], later: list[Entry]) -> set[str]:
    asked: set[str] = set()
    for call in later:
        if call.method == "GET":
            asked |= set(",".join(parse_qs(call.query).get("InvoiceNumbers", [])).split(","))
        elif borne(call) & numbers:
            break
    return asked & numbers


UNCLEAR = {*LANDED, "500_before", "500_midway"}
"""Faults after which the caller cannot know what the ledger did: all of it, nothing, or some."""


@pytest.mark.requirement("A129", "R3")
@pytest.mark.parametrize(("fault", "calls"), [*((fault, 1) for fault in LANDED), ("500_before", 2)])
async def test_an_answer_that_was_lost_is_looked_up_before_anything_is_sent_again(
    world: World, fault: str, calls: int
) -> None:
    world.arm(fault, **PUT_INVOICES)
    await world.close(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()
    keys = sent(world)
    assert len(keys) == len(set(keys)) == calls
    assert looked_up(world) == [({world.number(INVOICE)}, {world.number(INVOICE)})]


@pytest.mark.requirement("R3")
async def test_a_group_that_broke_in_the_middle_is_finished_one_by_one_from_what_is_there(world: World) -> None:
    world.arm("500_midway", **PUT_INVOICES)
    async with world.held_back("poster"):
        await world.close(INVOICE, SECOND, THIRD)
        await world.work_waits("poster", 3)
    await world.settled(INVOICE, SECOND, THIRD)
    world.books_are_clean()
    assert len(sent(world)) == 2
    numbers = {world.number(one) for one in (INVOICE, SECOND, THIRD)}
    assert looked_up(world) == [(numbers, numbers)]


async def test_a_rate_limit_delays_and_loses_nothing(world: World) -> None:
    world.arm("429", **PUT_INVOICES, params={"retry_after": 1})
    await world.close(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()


async def test_an_error_hidden_in_a_success_stops_that_record_alone_and_a_retry_posts_it(world: World) -> None:
    world.arm("hidden_error", **PUT_INVOICES)
    async with world.held_back("poster"):
        await world.close(INVOICE, SECOND)
        await world.work_waits("poster", 2)
    await world.quiet()
    refused, posted = sorted([INVOICE, SECOND], key=lambda one: world.batch_name(one) is not None)
    await world.stopped(refused, "LEDGER_REFUSED")
    assert world.batch_name(refused) is None
    assert not world.documents(world.number(refused))
    assert world.batch_name(posted) is not None
    await world.retry(refused)
    await world.settled(INVOICE, SECOND)
    world.books_are_clean()


@pytest.mark.requirement("M11")
async def test_a_document_that_came_back_with_another_total_is_never_batched_and_never_created_again(
    world: World,
) -> None:
    world.arm("wrong_total", **PUT_INVOICES, params={"by": "0.01"})
    await world.close(INVOICE)
    await world.stopped(INVOICE, "LEDGER_TOTAL_DIFFERS")
    await world.retry(INVOICE)
    await world.quiet()
    await world.stopped(INVOICE, "LEDGER_TOTAL_DIFFERS")
    assert world.batch_name(INVOICE) is None
    assert len(sent(world)) == 1
    assert len(world.documents(world.number(INVOICE))) == 1
    postings = await world.rows("SELECT state, ledger_id, ledger_total FROM poster.posting")
    document = world.documents(world.number(INVOICE))[0]
    assert [(row["state"], row["ledger_id"]) for row in postings] == [("mismatched", document["InvoiceID"])]
    assert postings[0]["ledger_total"] == Decimal(str(document["Total"])) != world.expected(INVOICE).total


async def test_a_revoked_consent_parks_everything_and_a_new_consent_loses_nothing(world: World) -> None:
    world.ledger.identity.revoke_all()
    await world.close(INVOICE, SECOND)
    await world.in_state(INVOICE, "waiting")
    await world.in_state(SECOND, "waiting")
    assert not world.documents()
    await world.consent_again()
    await world.a_while_passes()
    await world.settled(INVOICE, SECOND)
    world.books_are_clean()


async def test_a_closed_period_stops_with_its_date_and_posts_once_it_is_open(world: World) -> None:
    world.arm("closed_period", **PUT_INVOICES)
    await world.close(INVOICE)
    await world.stopped(INVOICE, "PERIOD_LOCKED")
    await world.retry(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()


@pytest.mark.requirement("M7")
async def test_a_document_left_in_draft_is_told_and_batched_only_once_it_is_approved(world: World) -> None:
    world.arm("approve_refused", **PUT_INVOICES)
    await world.close(INVOICE)
    await world.told(INVOICE, "draft", "APPROVAL_REFUSED")
    await world.a_while_passes()
    await world.quiet()
    assert world.batch_name(INVOICE) is None
    row = world.documents(world.number(INVOICE))[0]
    world.ledger.collections["invoices"].put({**row, "Status": "AUTHORISED"})
    await world.a_while_passes()
    await world.settled(INVOICE)
    world.books_are_clean()
    assert len(sent(world)) == 1


@pytest.mark.requirement("M7")
async def test_a_draft_that_somebody_changed_before_approving_is_told_and_never_batched(world: World) -> None:
    world.arm("approve_refused", **PUT_INVOICES)
    await world.close(INVOICE)
    await world.told(INVOICE, "draft", "APPROVAL_REFUSED")
    row = world.documents(world.number(INVOICE))[0]
    changed = {**row, "Status": "AUTHORISED", "Total": row["Total"] + 1, "SubTotal": row["SubTotal"] + 1}
    world.ledger.collections["invoices"].put(changed)
    await world.a_while_passes()
    await world.stopped(INVOICE, "LEDGER_TOTAL_DIFFERS")
    assert world.batch_name(INVOICE) is None
    assert len(sent(world)) == 1
