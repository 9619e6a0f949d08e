"""What to tell the reader of a failed test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tests.e2e.processes import ServiceProcess

from ledgerwire.common.embedded.process import tail

SERVICES = ("ingest", "mapper", "poster")


async def story(rows: Callable[[str], Awaitable[Iterable[Any]]], processes: Iterable[ServiceProcess]) -> str:
    """What is known of every record: states, work, open postings, dead letters; for a failing test's reader."""
    parts = {
        "records": "SELECT number, source_id, state, revision, findings, settled_outcome, settled_findings FROM mapper.record",
        "postings": "SELECT number, state, revision, ledger_id, findings FROM poster.posting",
        "submissions": "SELECT kind, state, outcome, (look_after - now())::text AS wait FROM poster.submission",
        "batches": "SELECT identifier, state FROM poster.batch",
        **{
            f"{name} work": f"SELECT work_key, kind, due_at::text AS due, attempts, last_code FROM {name}.work"
            for name in SERVICES
        },
        **{
            f"{name} dead": f"SELECT queue, cause, right(detail, 700) AS detail FROM {name}.dead_letter"
            for name in SERVICES
        },
        **{
            f"{name} unpublished": f"SELECT type, attempts, last_error FROM {name}.outbox WHERE published_at IS NULL"
            for name in SERVICES
        },
    }
    lines = []
    for title, query in parts.items():
        lines += [f"{title}: {dict(row)}" for row in await rows(query)]
    logs = [f"--- {process.log.name}: {tail(process.log)}" for process in processes]
    return "\n".join([*lines, *logs])
