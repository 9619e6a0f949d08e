"""What the adapter composes, and what it refuses to compose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ledgerwire.accounting.gate import OpenGate
from ledgerwire.accounting.port import Prepared
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument

INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
ANSWERS: dict[str, Any] = {
    "Organisation": {"Organisations": [{"Name": "Harbour IT", "BaseCurrency": "AUD"}]},
    "TaxRates": {"TaxRates": [{"TaxType": "OUTPUT", "EffectiveRate": 10, "Status": "ACTIVE"}]},
}

Documents = Callable[..., LedgerDocument]


class Tokens:
    async def token(self) -> str:
        return "a0"

    async def refresh(self, stale: str) -> str:
        return stale


@pytest.fixture
async def asked() -> list[str]:
    return []


@pytest.fixture
async def ledger(asked: list[str]) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rpartition("/")[2])
        return httpx.Response(200, content=json.dumps(ANSWERS.get(asked[-1], {asked[-1]: []})))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        made = XeroLedger(XeroConfig(), http, Tokens(), OpenGate(), "tenant")
        await made.reference_data()
        yield made


async def test_reference_data_is_six_calls_shared_until_fresh_is_wanted(ledger: XeroLedger, asked: list[str]) -> None:
    await ledger.reference_data()
    assert sorted(asked) == ["Accounts", "Currencies", "Items", "Organisation", "TaxRates", "TrackingCategories"]
    await ledger.reference_data(fresh=True)
    assert len(asked) == 12


async def test_new_documents_are_put_and_known_ones_posted(ledger: XeroLedger, document: Documents) -> None:
    assert ledger.compose(INVOICE, [Prepared(document(), "c1")]).method == "PUT"
    update = ledger.compose(INVOICE, [Prepared(document(), "c1", "id-1")])
    assert (update.method, update.expected[0].ledger_id) == ("POST", "id-1")


async def test_what_is_expected_of_each_element_stands_beside_the_bytes(
    ledger: XeroLedger, document: Documents
) -> None:
    meant = document("INV-7", draft=True)
    [expected] = ledger.compose(INVOICE, [Prepared(meant, "c1")]).expected
    assert (expected.number, expected.contact_id, expected.net, expected.tax, expected.total, expected.draft) == (
        "INV-7",
        "c1",
        100,
        10,
        110,
        True,
    )
    assert (expected.document_date, expected.currency, expected.line_count) == (meant.document_date, "AUD", 1)


async def test_fifty_documents_fit_one_call_and_fifty_one_do_not(ledger: XeroLedger, document: Documents) -> None:
    items = [Prepared(document(f"INV-{n}"), "c1") for n in range(51)]
    composed = ledger.compose(INVOICE, items[:50])
    assert len(composed.expected) == ledger.limits.group_size[INVOICE] == 50
    assert len(composed.body) < ledger.limits.body_bytes
    with pytest.raises(ValueError, match="1 to 50"):
        ledger.compose(INVOICE, items)


async def test_a_call_that_mixes_what_cannot_be_mixed_is_a_bug(ledger: XeroLedger, document: Documents) -> None:
    first = Prepared(document("INV-1"), "c1")
    for wrong in (
        [],
        [first, replace(first, document=document("INV-2"), ledger_id="id-2")],
        [first, replace(first, document=document("INV-2", kind=CREDIT))],
        [first, first],
    ):
        with pytest.raises(ValueError, match="a call"):
            ledger.compose(INVOICE, wrong)


async def test_a_number_that_could_not_be_looked_up_again_is_not_sent(ledger: XeroLedger, document: Documents) -> None:
    with pytest.raises(Stopped) as stopped:
        ledger.compose(INVOICE, [Prepared(document('INV"1'), "c1")])
    assert stopped.value.code == "CHARACTER_NOT_SEARCHABLE"


async def test_an_item_code_over_thirty_characters_stops(
    ledger: XeroLedger, document: Documents, line: Callable[..., DocumentLine]
) -> None:
    fits, long = line(item_code="x" * 30), line(item_code="y" * 31)
    assert ledger.compose(INVOICE, [Prepared(document("INV-1", fits), "c1")])
    with pytest.raises(Stopped) as stopped:
        ledger.compose(INVOICE, [Prepared(document("INV-1", fits, long, long), "c1")])
    assert [finding.params["item"] for finding in stopped.value.findings] == ["y" * 31]


async def test_every_document_of_a_call_that_is_off_is_named(
    ledger: XeroLedger, document: Documents, line: Callable[..., DocumentLine]
) -> None:
    off = [Prepared(document(f"INV-{n}", line("100.00", "10.01")), "c1") for n in (1, 2)]
    with pytest.raises(Stopped) as stopped:
        ledger.compose(INVOICE, [*off, Prepared(document("INV-3"), "c1")])
    assert [(item.code, item.params["number"]) for item in stopped.value.findings] == [
        ("TAX_TOTAL_DIFFERS", "INV-1"),
        ("TAX_TOTAL_DIFFERS", "INV-2"),
    ]
