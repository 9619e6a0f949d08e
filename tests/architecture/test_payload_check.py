"""The check against published schemas sees what is wrong, and the calls that it checks are of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from tools.check_payloads import main, violations
from tools.payloads.exchanges import Exchange, record
from tools.payloads.openapi import Document

from ledgerwire.common.canonical import wire_bytes

_ID = "243216c5-369e-4056-ac67-05388f86dc81"
_REF = "#/components/schemas/"
SPEC: dict[str, Any] = {
    "paths": {
        "/Invoices": {
            "parameters": [{"in": "header", "name": "xero-tenant-id", "required": True, "schema": {"type": "string"}}],
            "put": {
                "parameters": [
                    {"in": "query", "name": "unitdp", "schema": {"type": "integer"}},
                    {"in": "query", "name": "summarizeErrors", "schema": {"type": "boolean"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": _REF + "Invoices"}}}},
                "responses": {"200": {"content": {"application/json": {"schema": {"$ref": _REF + "Invoices"}}}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Invoices": {
                "type": "object",
                "properties": {"Invoices": {"type": "array", "items": {"$ref": _REF + "Invoice"}}},
            },
            "Invoice": {
                "type": "object",
                "required": ["Type"],
                "properties": {
                    "Type": {"type": "string", "enum": ["ACCREC", "ACCPAY"]},
                    "InvoiceID": {"type": "string", "format": "uuid"},
                    "InvoiceNumber": {"type": "string", "maxLength": 5},
                    "Date": {"type": "string", "x-is-msdate": True},
                    "Total": {"type": "number"},
                    "Credits": {"type": "array", "items": {"$ref": _REF + "Invoice"}},
                },
            },
        }
    },
}
GOOD = {"Type": "ACCREC", "InvoiceID": _ID, "InvoiceNumber": "INV-1", "Date": "2026-03-17", "Credits": []}


def found(sent: dict[str, Any], answer: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    query = {"unitdp": "4", "summarizeErrors": "false"}
    headers = {"Xero-Tenant-Id": "t"}
    body, answered = wire_bytes({"Invoices": [sent]}), wire_bytes({"Id": "x", "Invoices": [answer] if answer else []})
    exchange = Exchange("PUT", "/Invoices", query, headers, body, 200, answered, is_json=True)
    changed = {name: changes.get(name, getattr(exchange, name)) for name in Exchange.__dataclass_fields__}
    return [str(one) for one in violations(Document(SPEC), Exchange(**changed))]


def test_what_is_as_published_passes() -> None:
    assert found(GOOD, {**GOOD, "Date": "/Date(1773705600000+0000)/", "Total": 110, "DateString": "x"}) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Type": "SALES"}, "is not one of ACCREC, ACCPAY"),
        ({"InvoiceID": "17"}, "is no UUID"),
        ({"InvoiceNumber": "INV-10"}, "6 characters, at most 5"),
        ({"Date": "17/03/2026"}, "is no calendar date"),
        ({"Total": "ten"}, "number expected, str found"),
        ({"Totl": 1}, "not in the schema"),
        ({"Credits": [{"Type": "ACCREC", "Total": True}]}, "number expected, bool found"),
        ({"Credits": [{}]}, "required and absent"),
    ],
)
def test_what_is_sent_otherwise_is_named(changes: dict[str, Any], words: str) -> None:
    [told] = found(GOOD | changes)
    assert words in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Date": "2026-03-17"}, "is no /Date"),
        ({"Status": "APPROVED"}, "not in the schema"),
        ({"Total": "48"}, "number"),
    ],
)
def test_what_is_answered_otherwise_is_named(changes: dict[str, Any], words: str) -> None:
    [told] = found(GOOD, {"Type": "ACCREC", **changes})
    assert words in told
    assert told.startswith("answer.Invoices[0]")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"query": {"unitdp": "four"}}, "is no integer"),
        ({"query": {"page": "1"}}, "not a parameter"),
        ({"headers": {}}, "required and absent"),
        ({"path": "/Invoyces"}, "no operation"),
    ],
)
def test_what_is_asked_otherwise_is_named(changes: dict[str, Any], words: str) -> None:
    [told] = found(GOOD, **changes)
    assert words in told


async def test_the_calls_that_are_checked_are_of_every_kind() -> None:
    exchanges = await record()
    written = {(one.method, one.path.split("/")[1]) for one in exchanges if one.method != "GET"}
    everything = ("Invoices", "CreditNotes", "ManualJournals")
    assert {("PUT", name) for name in (*everything, "Contacts", "Items")} <= written
    assert {("POST", name) for name in everything} | {("DELETE", "CreditNotes")} <= written
    sent = b"".join(one.body for one in exchanges)
    for part in (
        b'"ACCREC"',
        b'"ACCPAY"',
        b'"ACCRECCREDIT"',
        b'"ACCPAYCREDIT"',
        b'"VOIDED"',
        b'"CurrencyRate"',
        b'"Tracking"',
    ):
        assert part in sent
    assert {one.status for one in exchanges} >= {200, 404}


def test_an_absent_file_is_said_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-file.yaml"]) == 0
    assert "nothing was checked" in capsys.readouterr().out
