"""A benchmark that measured the wrong thing fails: what is missing, doubled, unfinished or refused is no throughput."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
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
from benchmarks.verification import any_fault, faults

WANTED = {1: ("INV-1", Decimal("10.00")), 2: ("INV-2", Decimal("20.00"))}
DOCUMENTS = list(WANTED.values())
BATCHES: list[str | None] = ["B-1", "B-2"]
OUTCOMES: list[tuple[int, str | None]] = [(1, "batched"), (2, "batched")]
CLEAN = {"lost": 0, "twice": 0, "amount_differs": 0, "unsettled": 0}


def test_invoices_that_are_everywhere_once_have_no_fault() -> None:
    assert faults(WANTED, [*DOCUMENTS, ("INV-9", Decimal(1))], BATCHES, OUTCOMES) == CLEAN
    assert not any_fault(CLEAN)


@pytest.mark.parametrize(
    ("documents", "batches", "outcomes", "fault"),
    [
        (DOCUMENTS[:1], BATCHES, OUTCOMES, "lost"),
        (DOCUMENTS, ["B-1", None], OUTCOMES, "lost"),
        ([*DOCUMENTS, DOCUMENTS[0]], BATCHES, OUTCOMES, "twice"),
        (DOCUMENTS, ["B-1", "B-1"], OUTCOMES, "twice"),
        ([DOCUMENTS[0], ("INV-2", Decimal("20.01"))], BATCHES, OUTCOMES, "amount_differs"),
        (DOCUMENTS, BATCHES, OUTCOMES[:1], "unsettled"),
        (DOCUMENTS, BATCHES, [(1, "batched"), (2, "stopped")], "unsettled"),
        (DOCUMENTS, BATCHES, [*OUTCOMES, (2, "batched")], "unsettled"),
    ],
)
def test_each_fault_of_an_invoice_is_told(documents: Any, batches: Any, outcomes: Any, fault: str) -> None:
    found = faults(WANTED, documents, batches, outcomes)
    assert found == {**CLEAN, fault: 1}
    assert any_fault(found)


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
