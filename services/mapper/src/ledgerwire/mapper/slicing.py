"""The slice of a ledger's reference data that a purchase or expense can touch: what its stored input needs, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.mapper.domain.settings import MappingSettings


def sliced_accounts(reference: ReferenceData, settings: MappingSettings, accounts: Iterable[str]) -> ReferenceData:
    """The reference data with the accounts named (or linked), and the items of freight and rounding; the rest stays whole."""
    named = {account for account in accounts if account}
    codes = named | {settings.rounding.account} | {settings.account_links.get(account, "") for account in named}
    items = {settings.sales_items.freight, settings.rounding.item}
    return replace(
        reference,
        accounts=tuple(item for item in reference.accounts if item.code in codes),
        items=tuple(item for item in reference.items if item.code in items),
    )
