"""A poster as one would write it first: invoice by invoice, one ledger call each, waiting when it is told to."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx
from tests.e2e.world import World

TO_COPY = 39003


@dataclass
class PlainPoster:
    """Exports, posts and batches one invoice after the other; a refusal is waited out."""

    world: World
    done: list[float] = field(default_factory=list)

    async def per_minute(self, seconds: float, uncounted: float) -> float:
        """Documents a minute after the first `uncounted` of so many seconds."""
        ids = iter(self._closed(400))
        story = self.world.sandbox.describe()
        ca = ssl.create_default_context(cafile=story["ca_file"])
        started = perf_counter()
        async with httpx.AsyncClient(verify=ca, trust_env=False, timeout=60) as http:
            while perf_counter() - started < seconds:
                await self._one(http, story, next(ids))
                self.done.append(perf_counter() - started)
        steady = sum(one > uncounted for one in self.done)
        return steady / (max(self.done) - uncounted) * 60 if steady else 0.0

    def _closed(self, count: int) -> list[int]:
        ids = self.world.copies(TO_COPY, count, batched=False)
        state = self.world.psa.state
        listeners, state.listeners = state.listeners, []
        for invoice_id in ids:
            self.world.set_status(invoice_id, "Closed")
        state.listeners = listeners
        return ids

    async def _one(self, http: httpx.AsyncClient, story: dict[str, Any], invoice_id: int) -> None:
        psa, xero = story["connectwise"], story["xero"]
        root = f"{psa['base_url']}/v4_6_release/apis/3.0/finance/accounting"
        keys = (f"{psa['company_id']}+{psa['public_key']}", psa["private_key"])
        signed = {"clientId": psa["client_id"]}
        asked = {"batchIdentifier": "plain", "exportInvoicesFlag": True, "includedInvoiceIds": [invoice_id]}
        export = await _sent(http, "POST", f"{root}/export", asked, auth=keys, headers=signed)
        [transaction] = export["transactions"]
        bearer = {"Authorization": f"Bearer {self._token()}", "xero-tenant-id": xero["tenant_id"]}
        await _sent(
            http, "PUT", f"{xero['base_url']}/api.xro/2.0/Invoices", self._document(transaction), headers=bearer
        )
        entries = [int(one) for one in str(transaction["glEntryIds"]).split(",")]
        entries += [int(line["id"]) for line in transaction["detail"]]
        batch = {"batchIdentifier": f"P-{invoice_id}", "exportInvoicesFlag": True, "processedRecordIds": entries}
        await _sent(http, "POST", f"{root}/batches", batch, auth=keys, headers=signed)

    def _token(self) -> str:
        inside = self.world.sandbox.world
        return str(inside.xero.identity.consent(inside.xero_app.client_id, inside.clock.now())["access_token"])

    def _document(self, transaction: dict[str, Any]) -> dict[str, Any]:
        """The invoice as an earlier copy of it was posted, under its own number."""
        like = self.world.documents()[0]
        kept = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType")
        lines = [{name: str(line[name]) for name in kept if line.get(name) is not None} for line in like["LineItems"]]
        document = {
            "Type": "ACCREC",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": like["Contact"]["ContactID"]},
            "InvoiceNumber": transaction["documentNumber"],
            "LineAmountTypes": like["LineAmountTypes"],
            "LineItems": lines,
        }
        return {"Invoices": [document | {name: str(like[name])[:10] for name in ("Date", "DueDate")}]}


async def _sent(http: httpx.AsyncClient, method: str, url: str, body: Any, **how: Any) -> dict[str, Any]:
    while True:
        answer = await http.request(method, url, json=body, **how)
        if answer.status_code != 429:
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found
        await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
