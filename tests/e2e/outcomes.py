"""What must come true, seen from outside: each wait has a deadline, and a failed one tells what the database knows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
from tests.e2e.diagnosis import SERVICES, story
from tests.e2e.processes import IN_TIME, ServiceProcess
from tests.e2e.vendors import Vendors

from ledgerwire.common.embedded.process import until
from ledgerwire.common.ids import RecordId, account_id, connection_id, record_id
from ledgerwire.common.settings import Settings


@dataclass
class Outcomes(Vendors):
    """Records, work and dead letters of one account, as the database holds them."""

    settings: Settings
    account: str
    content: dict[str, Any]
    _serving: dict[tuple[str, ...], tuple[asyncio.Event, asyncio.Task[None]]] = field(
        default_factory=dict, kw_only=True
    )
    _processes: list[ServiceProcess] = field(default_factory=list, kw_only=True)

    @property
    def account_id(self) -> UUID:
        return account_id(self.account)

    @property
    def psa_connection(self) -> UUID:
        return connection_id(account_id(self.account), "connectwise")

    @property
    def ledger_connection(self) -> UUID:
        return connection_id(account_id(self.account), f"xero:{self.content['companies'][0]['name']}")

    def record_id(self, invoice_id: int) -> RecordId:
        """The id every service gives this invoice's record."""
        account = account_id(self.account)
        return record_id(account, connection_id(account, "connectwise"), "invoice", str(invoice_id))

    async def batched(self, *invoice_ids: int, seconds: float = IN_TIME) -> None:
        """Wait until these invoices bear a batch."""
        await self._all(lambda one: self.batch_name(one) is not None, "batched", invoice_ids, seconds)

    async def settled(self, *invoice_ids: int, seconds: float = IN_TIME) -> None:
        """Wait until the mapper's own record says that poster is finished with it."""

        async def told() -> bool:
            rows = await self.records(*invoice_ids)
            return len(rows) == len(invoice_ids) and all(row["settled_outcome"] == "batched" for row in rows)

        await self._explained(told, f"{invoice_ids} settled", seconds)

    async def stopped(self, invoice_id: int, *codes: str, seconds: float = IN_TIME) -> None:
        """Wait until the record is stopped, by mapper or poster, with exactly these codes."""

        async def told() -> bool:
            return await self.codes(invoice_id) == sorted(codes)

        await self._explained(told, f"{invoice_id} stopped by {codes}", seconds)

    async def told(self, invoice_id: int, outcome: str, *codes: str, seconds: float = IN_TIME) -> None:
        """Wait until poster has told mapper this outcome, with exactly these codes."""

        async def told() -> bool:
            rows = await self.records(invoice_id)
            found = [(row["settled_outcome"], [item["code"] for item in row["settled_findings"]]) for row in rows]
            return found == [(outcome, list(codes))]

        await self._explained(told, f"{invoice_id} told to be {outcome}: {codes}", seconds)

    async def warned(self, invoice_id: int, revision: int, *codes: str, seconds: float = IN_TIME) -> None:
        """Wait until a revision is settled as batched and its record carries exactly these findings of mapper."""

        async def told() -> bool:
            rows = await self.records(invoice_id)
            found = [
                (row["settled_outcome"], row["settled_revision"], sorted(item["code"] for item in row["findings"]))
                for row in rows
            ]
            return found == [("batched", revision, sorted(codes))]

        await self._explained(told, f"revision {revision} of {invoice_id} batched with {codes}", seconds)

    async def batch_in_state(self, invoice_id: int, state: str) -> None:
        """Wait until poster's batch of the record's latest revision stands so."""

        async def told() -> bool:
            query = "SELECT state FROM poster.batch WHERE record_id = $1 ORDER BY revision DESC LIMIT 1"
            return [row["state"] for row in await self.rows(query, self.record_id(invoice_id))] == [state]

        await self._explained(told, f"the batch of {invoice_id} {state}", IN_TIME)

    async def in_state(self, invoice_id: int, *states: str, seconds: float = IN_TIME) -> None:
        """Wait until the mapper's record is in one of these states."""

        async def told() -> bool:
            return any(row["state"] in states for row in await self.records(invoice_id))

        await self._explained(told, f"{invoice_id} in {states}", seconds)

    async def told_to_wait(self, service: str, invoice_id: int) -> None:
        """Wait until a service has put a record's work off after a failure."""
        query = f"SELECT 1 FROM {service}.work WHERE work_key LIKE '%' || $1 AND attempts > 0 AND due_at > now()"

        async def told() -> bool:
            return bool(await self.rows(query, str(self.record_id(invoice_id))))

        await self._explained(told, f"{service} waits with {invoice_id}", IN_TIME)

    async def posting(self, invoice_id: int, *states: str) -> None:
        """Wait until the record's document stands in one of these states with poster."""

        async def told() -> bool:
            query = "SELECT state FROM poster.posting WHERE record_id = $1"
            return any(row["state"] in states for row in await self.rows(query, self.record_id(invoice_id)))

        await self._explained(told, f"the document of {invoice_id} in {states}", IN_TIME)

    async def batch_begun(self, invoice_id: int) -> None:
        """Wait until poster is about to make a batch."""

        async def told() -> bool:
            query = "SELECT 1 FROM poster.batch WHERE record_id = $1 AND state = 'batching'"
            return bool(await self.rows(query, self.record_id(invoice_id)))

        await self._explained(told, f"a batch for {invoice_id}", IN_TIME)

    async def dead(self, service: str, *causes: str) -> None:
        """Wait until a service's dead letters have exactly these causes."""

        async def told() -> bool:
            rows = await self.rows(f"SELECT cause FROM {service}.dead_letter ORDER BY cause")
            return [row["cause"] for row in rows] == sorted(causes)

        await self._explained(told, f"dead letters {causes}", IN_TIME)

    async def swept(self) -> None:
        """Wait for a sweep that began after this moment."""
        since = (await self.rows("SELECT now() + interval '1 s' AS at"))[0]["at"]

        async def told() -> bool:
            return bool(await self.rows("SELECT 1 FROM ingest.sweep WHERE finished_at > $1", since))

        await self._explained(told, "a sweep", IN_TIME)

    async def quiet(self, *services: str, seconds: float = IN_TIME) -> None:
        """Wait until no callback is under way, no message unpublished and no work due."""
        await self.psa.callbacks.drain()
        names = services or SERVICES
        due = " + ".join(
            f"(SELECT count(*) FROM {name}.outbox WHERE published_at IS NULL)"
            f" + (SELECT count(*) FROM {name}.work WHERE due_at < now() + interval '5 seconds' AND kind NOT IN"
            " ('sweep', 'watch'))"
            for name in names
        )

        async def idle() -> bool:
            return bool((await self.rows(f"SELECT {due} AS due"))[0]["due"] == 0)

        await self._explained(idle, "everything is done", seconds)

    async def nothing_is_left(self) -> None:
        """No dead letter, nothing unpublished, and no call whose outcome is open."""
        for name in SERVICES:
            dead = await self.rows(f"SELECT queue, cause, detail FROM {name}.dead_letter")
            assert [dict(row) for row in dead] == [], name
            unpublished = await self.rows(f"SELECT type FROM {name}.outbox WHERE published_at IS NULL")
            assert [dict(row) for row in unpublished] == [], name
        calls = await self.rows("SELECT kind, method, path FROM poster.submission WHERE settled_at IS NULL")
        assert [dict(row) for row in calls] == []

    async def codes(self, invoice_id: int) -> list[str]:
        """The stopping causes a clerk is shown for this record now."""
        found: set[str] = set()
        for row in await self.records(invoice_id):
            if row["settled_outcome"] == "stopped" and row["settled_revision"] == row["revision"]:
                found |= {item["code"] for item in row["settled_findings"]}
            if row["state"] == "stopped":
                found |= {item["code"] for item in row["findings"]}
        return sorted(found)

    async def records(self, *invoice_ids: int) -> list[asyncpg.Record]:
        """The mapper's rows."""
        return await self.rows(
            "SELECT * FROM mapper.record WHERE record_id = ANY($1)", [self.record_id(one) for one in invoice_ids]
        )

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Look into the database as its administrator."""
        parts = urlsplit(self.settings.database_admin_url)
        address = urlunsplit(parts._replace(path=urlsplit(self.settings.database_url).path))
        connection = await asyncpg.connect(address, timeout=10)
        try:
            await connection.set_type_codec(
                "jsonb", encoder=_json_text, decoder=_json_value, schema="pg_catalog", format="text"
            )
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def _all(self, holds: Callable[[int], bool], what: str, invoice_ids: Sequence[int], seconds: float) -> None:
        async def told() -> bool:
            return all(holds(one) for one in invoice_ids)

        await self._explained(told, f"{invoice_ids} {what}", seconds)

    async def _explained(self, condition: Callable[[], Any], what: str, seconds: float) -> None:
        """Await a condition; if it does not come, say what the database knows."""

        def failed() -> BaseException | None:
            for _, task in self._serving.values():
                if task.done() and not task.cancelled():
                    return task.exception()
            return None

        async def holds() -> bool:
            return failed() is not None or bool(await condition())

        reached = await until(holds, seconds=seconds, every=0.03)
        error = failed()
        if error is not None:
            raise error
        assert reached, f"not within {seconds:g} s: {what}\n{await story(self.rows, self._processes)}"


def _json_text(value: Any) -> str:
    return json.dumps(value)


def _json_value(text: str) -> Any:
    return json.loads(text)
