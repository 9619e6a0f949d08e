"""Payments over real HTTP: rows of an invoice and the unposted list in its two spellings."""

from decimal import Decimal

import httpx

from ledgerwire.sandbox.server import Sandbox


async def test_rows_are_made_read_changed_and_taken_away(sandbox: Sandbox, api: httpx.AsyncClient):
    invoices = sandbox.world.connectwise.state.tables["invoices"].values()
    invoice = next(row for row in invoices if row["total"] > 100)
    path = f"/finance/invoices/{invoice['id']}/payments"
    made = await api.post(path, json={"type": "P", "amount": 40.5, "invoice": {"id": invoice["id"]}})
    assert made.status_code == 201, made.text
    row = made.json()
    assert (row["amount"], row["source"], row["invoice"]["identifier"]) == (40.5, "Default", invoice["invoiceNumber"])
    one = f"{path}/{row['id']}"
    assert (await api.patch(one, json=[{"op": "replace", "path": "amount", "value": 50}])).json()["amount"] == 50
    assert (await api.put(one, json={"amount": 60})).json()["invoiceBalance"] == float(invoice["total"] - 60)
    assert (await api.get(f"{path}/count")).json() == {"count": 1}
    assert [shown["amount"] for shown in (await api.get(path)).json()] == [60]
    unposted = (await api.get("/finance/accounting/unpostedpayments")).json()
    assert [shown["id"] for shown in unposted] == [row["id"]]
    assert (await api.get("/finance/accounting/unpostedPayments/count")).json() == {"count": 1}
    assert (await api.get(f"/finance/accounting/unpostedPayments/{row['id']}")).json()["amount"] == 60
    assert (await api.get("/finance/accounting/unpostedPayments/999")).status_code == 404
    assert (await api.delete(one)).status_code == 204
    assert (await api.get(one)).status_code == 404
    assert invoice["balance"] == invoice["total"]
    assert invoice["payments"] == Decimal(0)
    assert (await api.get("/finance/invoices/1/payments")).status_code == 404
