"""The expected ledger can be posted into the simulated Xero to the cent, and the books check reads its real answers."""

import json

from ledgerwire.sandbox.audit import audit


def batched_later(wire, records):
    """Batches of the records, after everything the journal holds."""
    for record in records:
        wire.export(record)
        wire.batch(record)
    return [{**entry, "seq": entry["seq"] + 100_000} for entry in wire.entries]


async def test_the_whole_month_typed_in_by_hand_is_clean(scenario, clerk, wire):
    await clerk.post(*(record for record in scenario.expected if record.state == "posted"))
    report = audit(scenario.expected, [*clerk.journal.entries(), *batched_later(wire, scenario.expected)])
    assert report.findings == ()
    assert report.counts.ledger_total == report.counts.source_total


async def test_a_document_typed_in_twice_under_another_number_is_seen(scenario, clerk, wire):
    records = [record for record in scenario.expected if record.kind == "invoice"][:2]
    await clerk.post(records[0])
    again = clerk.document(records[0]) | {"InvoiceNumber": f"{records[0].number}-2"}
    await clerk.http.put("/api.xro/2.0/Invoices", content=json.dumps({"Invoices": [again]}))
    report = audit(records[:1], [*clerk.journal.entries(), *batched_later(wire, records[:1])])
    assert {finding.code for finding in report.findings} == {"UNEXPECTED_DOCUMENT", "CONTROL_DIFFERS"}
