"""ConnectWise as poster sees it: the accounting loop over the library's client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ledgerwire.connectwise.client import ConnectWise
from ledgerwire.connectwise.models import ExportTransaction
from ledgerwire.poster.ports import Mark, Reexport


class ConnectWisePsa:
    """Implements poster's `Psa` port."""

    def __init__(self, client: ConnectWise) -> None:
        self._client = client

    async def unposted(self, invoice_ids: Sequence[int]) -> frozenset[int]:
        rows = await self._client.unposted_invoices(list(invoice_ids))
        return frozenset(row.billing_log_id for row in rows if row.billing_log_id is not None)

    async def reexport(self, numbers: Mapping[int, str]) -> Sequence[Reexport]:
        by_number: dict[str, list[ExportTransaction]] = {}
        for transaction in await self._client.export_invoices(list(numbers)):
            by_number.setdefault((transaction.document_number or "").strip(), []).append(transaction)
        found = {invoice_id: by_number.get(number.strip(), []) for invoice_id, number in numbers.items()}
        return [_reexport(invoice_id, rows[0]) for invoice_id, rows in found.items() if len(rows) == 1]

    async def create_batch(self, identifier: str, processed_record_ids: Sequence[int]) -> None:
        await self._client.create_batch(identifier, processed_record_ids)

    async def batch_exists(self, identifier: str) -> bool:
        return await self._client.find_batch(identifier) is not None

    async def marks(self, invoice_ids: Sequence[int]) -> Sequence[Mark]:
        rows = await self._client.invoice_marks(list(invoice_ids))
        return [Mark(row.id, row.gl_batch_id, row.gl_batch_name) for row in rows]


def _reexport(invoice_id: int, transaction: ExportTransaction) -> Reexport:
    return Reexport(
        invoice_id=invoice_id,
        gl_lines={row.id: row.total or Decimal(0) for row in transaction.details if row.id is not None},
        gl_total=transaction.total or Decimal(0),
        processed_record_ids=frozenset(transaction.processed_record_ids),
    )
