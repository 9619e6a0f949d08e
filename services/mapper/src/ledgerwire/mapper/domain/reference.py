"""The slice of a ledger's reference data that one record can touch: what its stored input needs, and no more."""

from __future__ import annotations

from dataclasses import replace

from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.mapper.domain.items import by_account, default_for, mapped_for
from ledgerwire.mapper.domain.model import MappingInput
from ledgerwire.mapper.domain.segments import entries_by_id, parts_of


def sliced(source: MappingInput, reference: ReferenceData) -> MappingInput:
    """The input with the accounts and items that its lines and settings name; tax rates and tracking stay whole."""
    settings = source.settings
    codes, items = {settings.rounding.account}, {settings.rounding.item}
    entries = entries_by_id(source)
    for line in source.export.lines if source.export else ():
        parts = parts_of(line, source, entries)
        named = {parts.account, line.cost_account, line.stock_account}
        named |= {settings.account_links.get(account, "") for account in named}
        codes |= named
        default = default_for(line.gl_type, settings.default_non_product_ids)
        own = {
            line.product or "",
            parts.non_product_id,
            default.item_code,
            mapped_for(line.gl_type, settings.sales_items),
        }
        items |= own
        if reference.rules.item_decides_account:
            items |= {by_account(code, account) for code in own for account in named if code and account}
    return replace(
        source,
        reference=replace(
            reference,
            accounts=tuple(item for item in reference.accounts if item.code in codes),
            items=tuple(item for item in reference.items if item.code in items),
        ),
    )
