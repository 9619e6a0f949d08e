"""A benchmark that measured the wrong thing fails: what is missing, doubled, unfinished or refused is no throughput."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from benchmarks import (
    backlog,
    callback_to_batched,
    fairness,
    growth,
    ingest,
    mapper_replicas,
    pipeline,
    poison,
    relay_and_consumer,
)
from benchmarks.load import Orders, send
from benchmarks.verification import Books, any_fault, faults, verified
from tests.e2e.vendors import COORDINATOR, Vendors

from ledgerwire.sandbox.connectwise.batches import batch_invoices, create_batch, delete_batch
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.server import Sandbox

TO_COPY = 39003

WANTED = {1: ("INV-1", Decimal("10.00")), 2: ("INV-2", Decimal("20.00"))}
DOCUMENTS = list(WANTED.values())
ONE, TWO, OLD = (("invoice", number) for number in ("1", "2", "9"))
OUTCOMES: list[tuple[int, str | None]] = [(1, "batched"), (2, "batched")]
BOOKS = Books([*DOCUMENTS, ("INV-9", Decimal(1))], [[ONE], [TWO], [OLD]], {1, 2}, {9: "INV-9"})
"""Invoice 9 was closed too, for something that is not measured."""
CLEAN = {"lost": 0, "twice": 0, "shared": 0, "unexpected": 0, "amount_differs": 0, "unsettled": 0}


def test_invoices_that_are_everywhere_once_have_no_fault() -> None:
    assert faults(WANTED, BOOKS, OUTCOMES) == CLEAN
    assert not any_fault(CLEAN)


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ({"documents": DOCUMENTS[:1]}, "lost"),
        ({"marked": {1}}, "lost"),
        ({"batches": [[ONE]]}, "lost"),
        ({"documents": [*DOCUMENTS, DOCUMENTS[0]]}, "twice"),
        ({"documents": [*BOOKS.documents, ("INV-9", Decimal(1))]}, "twice"),
        ({"batches": [[ONE], [TWO], [ONE]]}, "twice"),
        ({"batches": [[ONE, TWO]]}, "shared"),
        ({"documents": [*DOCUMENTS, ("INV-1-2", Decimal(10))]}, "unexpected"),
        ({"batches": [[ONE], [TWO], []]}, "unexpected"),
        ({"batches": [[ONE], [TWO], [("invoice", "7")]]}, "unexpected"),
        ({"documents": [DOCUMENTS[0], ("INV-2", Decimal("20.01"))]}, "amount_differs"),
    ],
)
def test_each_fault_of_the_vendors_books_is_told(planted: dict[str, Any], fault: str) -> None:
    found = faults(WANTED, replace(BOOKS, **planted), OUTCOMES)
    assert found == {**CLEAN, fault: 1}
    assert any_fault(found)


@pytest.mark.parametrize("outcomes", [OUTCOMES[:1], [(1, "batched"), (2, "stopped")], [*OUTCOMES, (2, "batched")]])
def test_an_invoice_of_which_our_own_records_say_something_else_is_told(outcomes: Any) -> None:
    found = faults(WANTED, BOOKS, outcomes)
    assert found == {**CLEAN, "unsettled": 1}
    assert any_fault(found)


@pytest.fixture
async def office() -> AsyncIterator[Vendors]:
    """Both vendors with two invoices closed, posted and batched by hand."""
    async with Sandbox.start() as sandbox:
        made = Vendors(sandbox)
        for one in made.copies(TO_COPY, 2, batched=False):
            made.set_status(one, "Closed")
            post(made, one, made.number(one))
            batch_invoices(made.psa.state, [one], f"B-{one}", COORDINATOR)
        yield made


def post(office: Vendors, invoice_id: int, number: str) -> None:
    books = office.ledger.collections["invoices"]
    own = {"InvoiceID": f"guid-{len(books)}", "InvoiceNumber": number, "Total": office.invoice(invoice_id)["total"]}
    books.put({**own, "Type": "ACCREC", "Status": "AUTHORISED"})


async def looked_for(office: Vendors) -> dict[str, int]:
    ids = [one for one in office.psa.state.closed_at if office.number(one).startswith(office.number(TO_COPY))]
    assert len(ids) == 2

    async def rows(*_: Any) -> list[dict[str, Any]]:
        return [{"source_id": str(one), "settled_outcome": "batched"} for one in ids]

    return await verified(office, rows, [], ids)


async def test_books_in_order_have_no_fault(office: Vendors) -> None:
    assert await looked_for(office) == CLEAN


async def test_an_invoice_in_two_batches_is_seen_though_it_bears_one(office: Vendors) -> None:
    state, one = office.psa.state, max(office.psa.state.closed_at)
    delete_batch(state, office.invoice(one)["glBatch"]["id"], COORDINATOR)
    first, *others = (entry.id for entry in state.entries_of(RecordKey("invoice", one)))
    create_batch(state, {"batchIdentifier": "first", "processedRecordIds": [first]}, COORDINATOR)
    create_batch(state, {"batchIdentifier": "rest", "processedRecordIds": others}, COORDINATOR)
    assert office.batch_name(one) == "rest"
    assert await looked_for(office) == {**CLEAN, "twice": 1}


async def test_a_document_of_a_number_that_nobody_closed_is_seen(office: Vendors) -> None:
    one = max(office.psa.state.closed_at)
    post(office, one, f"{office.number(one)}-2")
    assert await looked_for(office) == {**CLEAN, "unexpected": 1}


def test_a_record_is_mapped_and_announced_once() -> None:
    assert mapper_replicas.faults([1, 2], [(1, "mapped", 1), (2, "mapped", 1)]) == {"lost": 0, "twice": 0}
    assert mapper_replicas.faults([1, 2], [(1, "mapped", 0), (2, "stopped", 1)]) == {"lost": 2, "twice": 0}
    assert mapper_replicas.faults([1, 2], [(1, "mapped", 2), (2, "mapped", 1), (2, "mapped", 1)]) == {
        "lost": 0,
        "twice": 2,
    }


def test_each_message_comes_through_once() -> None:
    assert relay_and_consumer.faults({"a", "b"}, ["a", "b"]) == {"missing": 0, "twice": 0, "strange": 0}
    assert relay_and_consumer.faults({"a", "b"}, ["a", "a", "c"]) == {"missing": 1, "twice": 1, "strange": 1}


FAST = {
    **CLEAN,
    "share_of_bound": 0.95,
    **{f"{name}_{what}": 0 for name in ("connectwise", "xero") for what in ("refused", "calls_per_document")},
}
FAIR = {**CLEAN, "wrong_beside": 0, "beside_seconds": {"max": 1.0}}
GROWN = {"waiting": {"1000": CLEAN}, "most_to_fewest": {"postgres_milliseconds_per_record": 1.0}}
QUICK = {**CLEAN, "batched": {"p95": 0.5}}
TAKEN = {"lost": 0, "other_answers": 0, "ingest_to_insert": 0.9}
BURIED = {"unaccounted": 0, "p99_ratio": 1.5}


@pytest.mark.parametrize(
    ("failed", "good", "bad"),
    [
        (backlog.failed, FAST, {"lost": 1}),
        (backlog.failed, FAST, {"unsettled": 1}),
        (backlog.failed, FAST, {"share_of_bound": 0.89}),
        (backlog.failed, FAST, {"connectwise_refused": 1}),
        (backlog.failed, FAST, {"connectwise_calls_per_document": 1.21}),
        (backlog.failed, FAST, {"xero_calls_per_document": 0.06}),
        (callback_to_batched.failed, QUICK, {"twice": 1}),
        (callback_to_batched.failed, QUICK, {"batched": {"p95": 1.0}}),
        (fairness.failed, FAIR, {"lost": 1}),
        (fairness.failed, FAIR, {"wrong_beside": 1}),
        (fairness.failed, FAIR, {"beside_seconds": {"max": 5.1}}),
        (growth.failed, GROWN, {"waiting": {"1000": {**CLEAN, "unsettled": 1}}}),
        (growth.failed, GROWN, {"most_to_fewest": {"postgres_milliseconds_per_record": 1.3}}),
        (ingest.failed, TAKEN, {"lost": 1}),
        (ingest.failed, TAKEN, {"other_answers": 1}),
        (ingest.failed, TAKEN, {"ingest_to_insert": 0.7}),
        (pipeline.failed, {"latency": CLEAN}, {"latency": {**CLEAN, "unsettled": 1}}),
        (poison.failed, BURIED, {"unaccounted": 1}),
        (poison.failed, BURIED, {"p99_ratio": 2.1}),
        (relay_and_consumer.failed, {"faults": {"missing": 0}}, {"faults": {"missing": 1}}),
    ],
)
def test_what_is_wrong_fails_the_benchmark(
    failed: Callable[[dict[str, Any]], bool], good: dict[str, Any], bad: dict[str, Any]
) -> None:
    assert not failed(good)
    assert failed({**good, **bad})


async def answered(status: int, expected: int) -> dict[str, Any]:
    """What the sender tells of a server that answers everything alike."""

    served: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\n{{}}".encode())
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        told = await send(Orders(port, ("/callback",), "{}", "key", "run", 20, connections=2, expected=expected))
        await asyncio.gather(*(task for task in served if task is not None))
    return told


@pytest.mark.parametrize("status", [503, 429, 401])
async def test_a_server_that_refuses_everything_has_no_throughput(status: int) -> None:
    told = await answered(status, expected=200)
    assert (told["per_second"], told["others"]) == (0, 20)


@pytest.mark.parametrize("status", [200, 401])
async def test_only_the_answer_that_is_expected_counts(status: int) -> None:
    told = await answered(status, expected=status)
    assert told["per_second"] > 0
    assert told["others"] == 0
