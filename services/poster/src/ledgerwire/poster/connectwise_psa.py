"""ConnectWise as poster sees it: the accounting loop over the library's client, for each type of record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.client import ConnectWise
from ledgerwire.connectwise.models import ExportTransaction
from ledgerwire.poster import connectwise_exports
from ledgerwire.poster.ports import Mark, Reexport


class ConnectWisePsa:
    """Implements poster's `Psa` port."""

    def __init__(self, client: ConnectWise) -> None:
        self._client = client

    @property
    def call_time(self) -> timedelta:
        return self._client.call_time

    async def unposted(self, record_type: RecordType, source_ids: Sequence[str]) -> frozenset[str]:
        match record_type:
            case RecordType.INVOICE:
                rows = await self._client.unposted_invoices([int(one) for one in source_ids])
                found = {str(row.billing_log_id) for row in rows if row.billing_log_id is not None}
            case RecordType.PROCUREMENT:
                found = {str(row.source_id) for row in await self._client.unposted_procurement(list(source_ids))}
            case RecordType.EXPENSE:
                expenses = await self._client.unposted_expenses([int(one) for one in source_ids])
                found = {str(row.source_id) for row in expenses}
        return frozenset(found)

    async def reexport(self, record_type: RecordType, numbers: Mapping[str, str]) -> Sequence[Reexport]:
        match record_type:
            case RecordType.INVOICE:
                return await self._invoices(numbers)
            case RecordType.PROCUREMENT:
                return await connectwise_exports.products(self._client, list(numbers))
            case RecordType.EXPENSE:
                return await connectwise_exports.expenses(self._client, list(numbers))

    async def _invoices(self, numbers: Mapping[str, str]) -> Sequence[Reexport]:
        by_number: dict[str, list[ExportTransaction]] = {}
        for transaction in await self._client.export_invoices([int(one) for one in numbers]):
            by_number.setdefault((transaction.document_number or "").strip(), []).append(transaction)
        found = {source_id: by_number.get(number.strip(), []) for source_id, number in numbers.items()}
        return [
            connectwise_exports.of_invoice(source_id, rows[0]) for source_id, rows in found.items() if len(rows) == 1
        ]

    async def create_batch(self, record_type: RecordType, identifier: str, processed_record_ids: Sequence[int]) -> None:
        await self._client.create_batch(identifier, processed_record_ids, record_type)

    async def batch_exists(self, identifier: str) -> bool:
        return await self._client.find_batch(identifier) is not None

    async def batch_closed(self, identifier: str) -> bool:
        batch = await self._client.find_batch(identifier)
        return batch is not None and bool(batch.closed_flag)

    async def marks(self, record_type: RecordType, batches: Mapping[str, str]) -> Sequence[Mark]:
        if record_type is RecordType.INVOICE:
            rows = await self._client.invoice_marks([int(one) for one in batches])
            return [Mark(str(row.id), row.gl_batch_id, row.gl_batch_name, row.total) for row in rows]
        listed = await self.unposted(record_type, list(batches))
        gate = asyncio.Semaphore(connectwise_exports.AT_ONCE)

        async def one(source_id: str, name: str) -> Mark:
            async with gate:
                return await self._by_name(source_id, name, listed)

        return await asyncio.gather(*(one(source_id, name) for source_id, name in batches.items()))

    async def _by_name(self, source_id: str, name: str, listed: frozenset[str]) -> Mark:
        batch = await self._client.find_batch(name) if source_id not in listed else None
        return Mark(source_id, batch.id, name) if batch is not None else Mark(source_id, None, None)
