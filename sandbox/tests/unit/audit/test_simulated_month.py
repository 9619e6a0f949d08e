"""The month closes in the simulated PSA, its planted causes yield to their fixes, and books and batches tie."""

import json
from collections import Counter
from decimal import Decimal

import httpx
import pytest

from ledgerwire.sandbox.audit import audit
from ledgerwire.sandbox.connectwise.app import create_connectwise
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.seed import close_request

COORDINATOR = 152
ACCOUNTING = "/v4_6_release/apis/3.0/finance/accounting"


class Psa:
    """The simulated PSA with a coordinator at its screen and an integration at its API."""

    def __init__(self, scenario, clock, journal) -> None:
        credentials = Credentials.derive(scenario.seed)
        self.state = ConnectWiseState(clock, journal, credentials)
        self.state.load(scenario.state_tables(), scenario.invoice_lines)
        self.server = create_connectwise(self.state, Faults())
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.server.app),
            base_url="http://psa.test",
            auth=(f"{credentials.company_id}+{credentials.public_key}", credentials.private_key),
            headers={"clientId": credentials.client_id, "Accept": "application/json"},
        )

    async def person(self, request) -> None:
        answer = await self.server.as_person(COORDINATOR, request["method"], request["path"], request.get("body"))
        assert answer.status_code < 300, answer.text

    async def export(self, invoice_id: int):
        body = {"exportInvoicesFlag": True, "includedInvoiceIds": [invoice_id]}
        answer = await self.http.post(f"{ACCOUNTING}/export", json=body)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)["transactions"]

    async def batch(self, name: str, ids: list[int]) -> None:
        body = {"batchIdentifier": name, "exportInvoicesFlag": True, "processedRecordIds": ids}
        answer = await self.http.post(f"{ACCOUNTING}/batches", json=body)
        assert answer.status_code == 201, answer.text


@pytest.fixture
async def psa(scenario, clock, journal):
    made = Psa(scenario, clock, journal)
    yield made
    await made.http.aclose()


def entry_ids(transaction) -> list[int]:
    header = [int(text) for text in transaction["glEntryIds"].split(",")]
    return [*header, *(detail["id"] for detail in transaction["detail"])]


async def close_and_fix(scenario, psa) -> Counter[str]:
    """Close everything, then let a person put right what lies in the PSA; counts what had no GL entries at first."""
    seen: Counter[str] = Counter()
    for planned in scenario.plan:
        await psa.person(close_request(planned.invoice_id))
        seen["without entries"] += not psa.state.gl_entries[planned.invoice_id]
    for planned in scenario.plan:
        for request in planned.fix.requests if planned.fix else ():
            await psa.person(request)
    return seen


@pytest.mark.requirement("M2", "D1")
async def test_the_month_closed_fixed_posted_and_batched_is_clean(scenario, psa, clerk, journal):
    assert await close_and_fix(scenario, psa) == {"without entries": 1}
    await clerk.post(*(record for record in scenario.expected if record.state == "posted"))
    for record in scenario.expected:
        (transaction,) = await psa.export(record.invoice_id)
        assert sum(detail["total"] for detail in transaction["detail"]) + transaction["total"] in {
            Decimal(0),
            Decimal("-0.01"),  # the one invoice whose print and lines differ by a cent
        }
        await psa.batch(f"INV-{record.number}", entry_ids(transaction))
    rows = list(psa.state.tables["invoices"].values())
    report = audit(scenario.expected, journal.entries(), rows)
    assert report.findings == ()
    assert report.counts.batched == 60


@pytest.mark.requirement("A112")
async def test_a_batch_without_the_tax_entry_leaves_the_record_unposted_and_is_seen(scenario, psa, clerk, journal):
    record = next(each for each in scenario.expected if each.tax)
    await psa.person(close_request(record.invoice_id))
    await clerk.post(record)
    (transaction,) = await psa.export(record.invoice_id)
    tax = {detail["id"] for detail in transaction["detail"] if detail["glTypeId"] == "ST"}
    await psa.batch("INV-partly", [one for one in entry_ids(transaction) if one not in tax])
    report = audit([record], journal.entries(), [psa.state.tables["invoices"][record.invoice_id]])
    assert {finding.code for finding in report.findings} == {"BATCH_INCOMPLETE", "NOT_MARKED"}
