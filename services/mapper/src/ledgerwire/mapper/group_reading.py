"""The reads of one group, whatever types of record it holds: each type's list and export in one go."""

from __future__ import annotations

from collections.abc import Sequence

from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper.invoices import InvoiceSubject
from ledgerwire.mapper.ports import Psa
from ledgerwire.mapper.products import read_products
from ledgerwire.mapper.reads import SetupCache, read_group
from ledgerwire.mapper.spending import read_expenses
from ledgerwire.mapper.subjects import Key, Subject, Subjects


async def read_subjects(
    client: Psa,
    cache: SetupCache,
    keys: Sequence[Key],
    *,
    fresh: bool,
    followed: frozenset[Key] = frozenset(),
    whole_reports: bool = False,
) -> Subjects:
    """Read everything that mapping these records needs.

    A record that is not there is left out: an invoice has vanished, a product or expense is not on its list.
    `fresh`: a person retries, so whatever is cached may be what was just put right. `followed`: invoices that are mapped
    from the batch they are in (M8). `whole_reports`: with the other expenses on the reports of those wanted (M17). Raises what the client raises.
    """
    found: dict[Key, Subject] = {}
    wanted = {kind: [source_id for each, source_id in keys if each is kind] for kind in RecordType}
    invoices = [int(source_id) for source_id in wanted[RecordType.INVOICE]]
    if invoices:
        numbers = frozenset(int(source_id) for _, source_id in followed)
        reads = await read_group(client, cache, invoices, fresh=fresh, followed=numbers)
        fresh = False
        for invoice in reads.invoices.values():
            found[RecordType.INVOICE, str(invoice.id)] = InvoiceSubject(invoice, reads)
    if wanted[RecordType.PROCUREMENT] or wanted[RecordType.EXPENSE]:
        setup = await cache.get(client, fresh=fresh)
        for product in await read_products(client, setup, wanted[RecordType.PROCUREMENT]):
            found[RecordType.PROCUREMENT, product.source_id] = product
        expenses = [int(item) for item in wanted[RecordType.EXPENSE]]
        for expense in await read_expenses(client, setup, expenses, whole_reports=whole_reports):
            found[RecordType.EXPENSE, str(expense.row.source_id)] = expense
    return Subjects(found)
