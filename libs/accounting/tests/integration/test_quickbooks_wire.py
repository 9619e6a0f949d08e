"""The wire to QuickBooks: lost answers, limits, tokens, pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledgerwire.accounting.factory import build_ledger
from ledgerwire.accounting.port import VerdictStatus
from ledgerwire.common.errors import Ambiguous, Transient, Waiting
from ledgerwire.common.ledger.document import (
    DocumentKind,
    DocumentLine,
    LedgerDocument,
)

INVOICE, BILL = DocumentKind.SALES_INVOICE, DocumentKind.BILL
JOURNAL = DocumentKind.JOURNAL

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]


# the wire ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("timeout_after_commit", {"seconds": 0.05}),
        ("500_after", {}),
        ("hidden_error", {"saved": True}),
    ],
)
async def test_a_document_saved_behind_an_error_is_found_again(
    quickbooks: Any, document: Documents, sale: Lines, fault: str, params: dict[str, Any]
) -> None:
    quickbooks.arm(fault, method="POST", params=params)
    with pytest.raises(Ambiguous):
        await quickbooks.send(document("INV-1", sale()))
    [found] = await quickbooks.ledger.find_documents(INVOICE, ["inv-1"])
    assert (found.total, found.number) == (110, "inv-1")
    if fault != "hidden_error":
        assert (await quickbooks.send(document("INV-1", sale()))).ledger_id == found.ledger_id


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_the_rate_limit_closes_the_gate_for_a_minute(
    make_quickbooks: Any, document: Documents, sale: Lines, form: str
) -> None:
    server = await make_quickbooks(switches={"limits_enabled": False, "throttle_format": form})
    server.arm("429", method="POST")
    with pytest.raises(Waiting) as waiting:
        await server.send(document("INV-1", sale()))
    assert (waiting.value.code, waiting.value.after) == ("RATE_LIMITED", timedelta(seconds=60))
    [report] = [report for report in server.gate.reports if report.problem]
    assert report.retry_after == timedelta(seconds=60)
    server.arm("500_before", method="GET")
    with pytest.raises(Transient):
        await server.ledger.contacts()


@pytest.mark.requirement("D18", "A130")
async def test_tokens_are_renewed_once_and_each_new_refresh_value_is_kept(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    quickbooks.clock.advance(timedelta(hours=25))
    first = quickbooks.store.stored.refresh_token
    assert (await quickbooks.send(document("INV-1", sale()))).status is VerdictStatus.POSTED
    assert quickbooks.store.stored.refresh_token != first
    assert quickbooks.store.rotations == 1
    held = quickbooks.store.stored
    quickbooks.store.stored = replace(held, access_token="stale")
    quickbooks.tokens._current = replace(held, access_token="stale")
    assert (await quickbooks.send(document("INV-2", sale()), key="b" * 64)).status is VerdictStatus.POSTED
    assert quickbooks.store.rotations == 2
    quickbooks.state.identity.revoke_all()
    quickbooks.clock.advance(timedelta(hours=2))
    with pytest.raises(Waiting) as waiting:
        await quickbooks.send(document("INV-3", sale()), key="c" * 64)
    assert (waiting.value.code, str(waiting.value)) == ("TOKEN_REVOKED", "QuickBooks is disconnected")


@pytest.mark.requirement("D18")
async def test_another_company_is_a_missing_right(quickbooks: Any) -> None:
    config = {**quickbooks.config, "realm_id": "123"}
    stranger = build_ledger("quickbooks", config, quickbooks.http, quickbooks.tokens, quickbooks.gate)
    with pytest.raises(Waiting) as waiting:
        await stranger.reference_data()
    assert waiting.value.code == "LEDGER_PERMISSION_MISSING"


async def test_lists_are_read_to_their_end(
    quickbooks: Any, monkeypatch: pytest.MonkeyPatch, document: Documents, sale: Lines
) -> None:
    monkeypatch.setattr("ledgerwire.accounting.quickbooks.client.PAGE_SIZE", 3)
    reference = await quickbooks.ledger.reference_data(fresh=True)
    assert len(reference.accounts) == 11
    names = [contact.name for contact in await quickbooks.ledger.contacts()]
    assert names == ["Harbour Dental", "O'Neill Legal", "Gone & Co", "Harbour Dental (USD)"]


async def test_reference_data_costs_one_call(quickbooks: Any) -> None:
    before = len(quickbooks.journal.entries())
    await quickbooks.ledger.reference_data()
    assert len(quickbooks.journal.entries()) == before
    await quickbooks.ledger.reference_data(fresh=True)
    [call] = quickbooks.journal.entries()[before:]
    assert call.path.endswith("/batch")
    assert len(json.loads(call.request_body)["BatchItemRequest"]) == 10
