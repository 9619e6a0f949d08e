"""The slice of a ledger's reference data that one record can touch: what its stored input needs, and no more."""

from __future__ import annotations

from dataclasses import replace

from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.mapper.domain.items import default_for
from ledgerwire.mapper.domain.model import MappingInput
from ledgerwire.mapper.domain.segments import entries_by_id, parts_of


def sliced(source: MappingInput, reference: ReferenceData) -> MappingInput:
    """The input with the accounts and items that its lines and settings name; tax rates and tracking stay whole."""
    settings = source.settings
    codes, items = {settings.rounding.account}, set()
    entries = entries_by_id(source)
    for line in source.export.lines if source.export else ():
        parts = parts_of(line, source, entries)
        codes |= {parts.account, settings.account_links.get(parts.account, "")}
        default = default_for(line.gl_type, settings.default_non_product_ids)
        items |= {line.product or "", parts.non_product_id, default.item_code}
    return replace(
        source,
        reference=replace(
            reference,
            accounts=tuple(item for item in reference.accounts if item.code in codes),
            items=tuple(item for item in reference.items if item.code in items),
        ),
    )
