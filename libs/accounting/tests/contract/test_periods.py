"""What every adapter shows of a period: each document of a kind dated in it, whoever made it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledgerwire.accounting.port import VerdictStatus
from ledgerwire.common.ledger.document import DocumentKind

INVOICE = DocumentKind.SALES_INVOICE
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


async def posted(world: Any, kind: DocumentKind, number: str, day: date) -> str:
    prepared = world.prepared(kind, number, document_date=day, due_date=day)
    composed = world.ledger.compose(kind, [prepared])
    [verdict] = await world.ledger.send(composed, f"{number}{kind}".ljust(64, "k")[:64])
    assert verdict.status is VerdictStatus.POSTED
    return str(verdict.ledger_id)


@pytest.mark.requirement("D1")
@pytest.mark.parametrize("kind", list(DocumentKind))
async def test_a_document_is_listed_by_its_date_both_ends_included(world: Any, kind: DocumentKind) -> None:
    await world.ledger.reference_data()
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))
    ids = [await posted(world, kind, f"INV-{place}", day) for place, day in enumerate(days, 1)]
    found = await world.ledger.documents_dated(kind, *MARCH)
    assert {item.ledger_id for item in found} >= set(ids[1:3])
    assert not {item.ledger_id for item in found} & {ids[0], ids[3]}
    assert {item.number for item in found if item.ledger_id in ids} == {"INV-2", "INV-3"}
    assert {item.kind for item in found} == {kind}
    numbered = await world.ledger.find_documents(kind, ["INV-2"])
    assert [item for item in found if item.ledger_id == ids[1]] == list(numbered)


async def test_a_voided_document_is_listed_and_does_not_count(world: Any) -> None:
    await world.ledger.reference_data()
    ledger_id = await posted(world, INVOICE, "INV-1", MARCH[0])
    await world.ledger.void(INVOICE, ledger_id, "v" * 64)
    found = [item for item in await world.ledger.documents_dated(INVOICE, *MARCH) if item.ledger_id == ledger_id]
    assert [item.live for item in found] in ([False], [])
