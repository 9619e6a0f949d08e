"""The Xero adapter against the simulated Xero, over real connections."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.factory import build_ledger, build_token_source
from ledgerwire.accounting.port import Composed, Prepared, VerdictStatus
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.common.errors import Ambiguous, Stopped, Transient, Waiting
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, LineRole, Tracking

INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
KEY = "a" * 64

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]


async def compose(xero: Any, *documents: LedgerDocument, contact: str = "Harbour Dental") -> Composed:
    await xero.ledger.reference_data()
    prepared = [Prepared(item, xero.contact_id(contact)) for item in documents]
    composed: Composed = xero.ledger.compose(documents[0].kind, prepared)
    return composed


async def test_an_invoice_of_every_kind_of_line_reaches_the_books_to_the_cent(
    xero: Any, document: Documents, line: Lines
) -> None:
    rich = document(
        "INV-87",
        line("25.06", "3.76", tax_type="TAX015", tax_override=True, item_code="MS-SERVER"),
        line("25.61", "3.84", tax_type="TAX015", tax_override=True, tracking=(Tracking("Location", "Perth"),)),
        line("25.63", "3.85", tax_type="TAX015", tax_override=True),
        line("58.12", "5.81", quantity=Decimal(1234), unit_amount=Decimal("0.0471")),
        line("-12.50", "-1.25"),
        line("0.01", "0.00", account_code="860", tax_type="NONE", role=LineRole.ROUNDING),
    )
    [verdict] = await xero.ledger.send(await compose(xero, rich), KEY)
    assert (verdict.status, verdict.total) == (VerdictStatus.POSTED, Decimal("137.94"))
    [row] = xero.state.invoices.by_key("INV-87")
    assert (row["Status"], row["SubTotal"], row["TotalTax"]) == ("AUTHORISED", Decimal("121.93"), Decimal("16.01"))
    assert [item["TaxAmount"] for item in row["LineItems"]][:3] == [Decimal("3.76"), Decimal("3.84"), Decimal("3.85")]
    assert row["LineItems"][0]["ItemCode"] == "MS-SERVER"
    assert row["LineItems"][1]["Tracking"][0]["Option"] == "Perth"
    assert row["Reference"] == "PO 77"


async def test_a_group_of_fifty_with_three_refused(xero: Any, document: Documents, line: Lines) -> None:
    group = [document(f"INV-{n}") for n in range(50)]
    group[3] = document("INV-3", line(account_code="260"))
    group[17] = document("INV-17", line(account_code="999"))
    group[49] = document("INV-49", line(tax_type="INPUT"))
    verdicts = await xero.ledger.send(await compose(xero, *group), KEY)
    assert [verdict.number for verdict in verdicts] == [item.number for item in group]
    refused = {item.number: item.findings[0].code for item in verdicts if item.status is VerdictStatus.REFUSED}
    assert refused == {
        "INV-3": "ACCOUNT_ARCHIVED",
        "INV-17": "GL_ACCOUNT_UNKNOWN",
        "INV-49": "TAX_NOT_ALLOWED_FOR_ACCOUNT",
    }
    assert sum(verdict.status is VerdictStatus.POSTED for verdict in verdicts) == 47
    assert len(xero.state.invoices) == 47
    [call] = xero.calls("PUT", "/Invoices")
    assert len(json.loads(call.request_body)["Invoices"]) == 50


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("timeout_after_commit", {"seconds": 0.05}),
        ("500_after", {}),
        ("500_before", {}),
        ("half_body", {}),
        ("html_page", {}),
    ],
)
async def test_whatever_hides_the_outcome_of_a_write_makes_it_ambiguous(
    xero: Any, document: Documents, fault: str, params: dict[str, Any]
) -> None:
    composed = await compose(xero, document("INV-1"))
    xero.arm(fault, method="PUT", params=params)
    with pytest.raises(Ambiguous):
        await xero.ledger.send(composed, KEY)
    found = await xero.ledger.find_documents(INVOICE, ["INV-1"])
    assert len(found) == (0 if fault == "500_before" else 1)


async def test_an_answer_slower_than_the_timeout_is_ambiguous(xero: Any, document: Documents) -> None:
    composed = await compose(xero, document("INV-1"))
    config = XeroConfig.of(xero.config)
    client = XeroClient(
        config,
        xero.http,
        xero.tokens,
        xero.gate,
        xero.state.tenant_id,
        request_timeout=timedelta(milliseconds=200),
    )
    xero.arm("slow", method="PUT", params={"seconds": 2})
    with pytest.raises(Ambiguous):
        await client.write(composed.method, composed.path, composed.body, KEY)


@pytest.mark.parametrize("fault", ["500_before", "html_page", "half_body"])
async def test_a_read_in_trouble_is_worth_another_try(xero: Any, fault: str) -> None:
    xero.arm(fault, method="GET")
    with pytest.raises(Transient):
        await xero.ledger.find_documents(INVOICE, ["INV-1"])
    assert list(await xero.ledger.find_documents(INVOICE, ["INV-1"])) == []


@pytest.mark.requirement("D18")
async def test_twenty_workers_with_an_expired_token_make_one_refresh(xero: Any) -> None:
    xero.clock.advance(timedelta(minutes=31))
    tokens = await asyncio.gather(*(xero.tokens.token() for _ in range(20)))
    assert len(set(tokens)) == 1
    assert len(xero.calls("POST", "/connect/token")) == xero.store.rotations == 1


@pytest.mark.requirement("D18")
async def test_an_access_token_that_xero_ended_early_is_refreshed_unnoticed(xero: Any, document: Documents) -> None:
    composed = await compose(xero, document("INV-1"))
    source = build_token_source("xero", xero.config, xero.http, xero.store)
    ledger = build_ledger("xero", xero.config, xero.http, source, xero.gate, xero.state.tenant_id)
    xero.store.stored = replace(xero.store.stored, expires_at=xero.clock.now() + timedelta(days=400))
    xero.clock.advance(timedelta(minutes=31))
    [verdict] = await ledger.send(composed, KEY)
    assert verdict.status is VerdictStatus.POSTED
    assert xero.store.rotations == 1


@pytest.mark.requirement("A130")
async def test_a_revoked_consent_waits_for_a_person_and_loses_nothing(xero: Any, document: Documents) -> None:
    composed = await compose(xero, document("INV-1"))
    xero.state.identity.revoke_all()
    xero.clock.advance(timedelta(minutes=31))
    with pytest.raises(Waiting) as waiting:
        await xero.ledger.send(composed, KEY)
    assert (waiting.value.code, waiting.value.until) == ("TOKEN_REVOKED", None)
    assert xero.store.stored.state == "revoked"
    xero.store.stored = xero.consent()
    [verdict] = await xero.ledger.send(composed, KEY)
    assert verdict.status is VerdictStatus.POSTED


@pytest.mark.requirement("A130")
async def test_a_wrong_client_secret_costs_no_consent(xero: Any, document: Documents) -> None:
    composed = await compose(xero, document("INV-1"))
    consent = xero.store.stored
    xero.store.stored = replace(consent, client_secret="mistyped")
    xero.clock.advance(timedelta(minutes=31))
    with pytest.raises(Waiting) as waiting:
        await xero.ledger.send(composed, KEY)
    assert (waiting.value.code, xero.store.stored.state) == ("TOKEN_REFUSED", "ok")
    xero.store.stored = consent
    [verdict] = await xero.ledger.send(composed, KEY)
    assert verdict.status is VerdictStatus.POSTED


async def test_a_disconnected_organisation_waits_for_a_person(xero: Any) -> None:
    for consent in xero.state.identity.consents:
        consent.connected = False
    with pytest.raises(Waiting) as waiting:
        await xero.ledger.reference_data()
    assert waiting.value.code == "TOKEN_REVOKED"


async def test_a_scope_that_was_not_granted_is_named_as_a_missing_right(xero: Any) -> None:
    xero.app_id = "narrow"
    xero.store.stored = xero.consent()
    with pytest.raises(Waiting) as waiting:
        await xero.ledger.find_documents(INVOICE, ["INV-1"])
    assert waiting.value.code == "LEDGER_PERMISSION_MISSING"


@pytest.mark.requirement("D19")
@pytest.mark.parametrize(
    ("params", "wait"),
    [
        ({"problem": "day", "retry_after": 7200}, timedelta(hours=2)),
        ({"problem": "concurrent"}, timedelta(seconds=1)),
    ],
)
async def test_a_refused_call_waits_as_long_as_xero_says_and_tells_the_gate(
    xero: Any, document: Documents, params: dict[str, Any], wait: timedelta
) -> None:
    composed = await compose(xero, document("INV-1"))
    xero.arm("429", method="PUT", params=params)
    with pytest.raises(Waiting) as waiting:
        await xero.ledger.send(composed, KEY)
    assert (waiting.value.code, waiting.value.after) == ("RATE_LIMITED", wait)
    assert (xero.gate.reports[-1].problem, xero.gate.reports[-1].retry_after) == (params["problem"], wait)


@pytest.mark.requirement("D19")
async def test_many_calls_at_once_never_break_xeros_concurrency(xero: Any) -> None:
    xero.state.switches.change({"latency_seconds": 0.01})
    await asyncio.gather(*(xero.ledger.find_documents(INVOICE, [f"INV-{n}"]) for n in range(20)))
    assert {report.problem for report in xero.gate.reports} == {None}
    assert xero.gate.taken == len(xero.gate.reports) == 20
    assert xero.gate.reports[-1].minute_remaining == 40


@pytest.mark.parametrize("fault", ["hidden_error", "wrong_total", "approve_refused"])
async def test_a_200_that_is_no_success_is_seen_for_what_it_is(xero: Any, document: Documents, fault: str) -> None:
    composed = await compose(xero, document("INV-1"))
    xero.arm(fault)
    [verdict] = await xero.ledger.send(composed, KEY)
    status, code = {
        "hidden_error": (VerdictStatus.REFUSED, "LEDGER_REFUSED"),
        "wrong_total": (VerdictStatus.MISMATCHED, "LEDGER_TOTAL_DIFFERS"),
        "approve_refused": (VerdictStatus.DRAFT, "APPROVAL_REFUSED"),
    }[fault]
    assert (verdict.status, verdict.findings[0].code) == (status, code)
    assert (verdict.ledger_id is None) == (fault == "hidden_error")


@pytest.mark.requirement("M4")
async def test_a_zero_document_is_posted_although_xero_calls_it_paid(
    xero: Any, document: Documents, line: Lines
) -> None:
    zero = document("INV-1", line("100.00", "10.00"), line("-100.00", "-10.00"))
    [verdict] = await xero.ledger.send(await compose(xero, zero), KEY)
    assert (verdict.status, verdict.total) == (VerdictStatus.POSTED, 0)
    assert xero.state.invoices.by_key("INV-1")[0]["Status"] == "PAID"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account_code": "999"}, "GL_ACCOUNT_UNKNOWN"),
        ({"account_code": "260"}, "ACCOUNT_ARCHIVED"),
        ({"tax_type": "INPUT"}, "TAX_NOT_ALLOWED_FOR_ACCOUNT"),
        ({"tax_type": "TAX999"}, "TAX_CODE_UNKNOWN"),
        ({"item_code": "NOPE"}, "ITEM_UNKNOWN"),
        ({"tracking": (Tracking("Region", "Perth"),)}, "TRACKING_UNKNOWN"),
        ({"tracking": (Tracking("Location", "Hobart"),)}, "TRACKING_UNKNOWN"),
        ({"tax_amount": Decimal("100.01"), "tax_override": True}, "LEDGER_REFUSED"),
    ],
)
async def test_each_refusal_of_a_line_has_its_cause(
    xero: Any, document: Documents, line: Lines, changes: dict[str, Any], code: str
) -> None:
    [verdict] = await xero.ledger.send(await compose(xero, document("INV-1", line(**changes))), KEY)
    assert (verdict.status, verdict.findings[0].code) == (VerdictStatus.REFUSED, code)
    assert "?" not in verdict.findings[0].message


async def test_each_refusal_of_a_document_has_its_cause(xero: Any, document: Documents) -> None:
    foreign = await compose(xero, document("INV-1", currency="EUR"))
    [verdict] = await xero.ledger.send(foreign, KEY)
    assert verdict.findings[0].code == "CURRENCY_NOT_ENABLED"
    archived = await compose(xero, document("INV-1"), contact="Gone & Co")
    [verdict] = await xero.ledger.send(archived, "b" * 64)
    assert verdict.findings[0].code == "CONTACT_ARCHIVED"
    xero.arm("closed_period")
    [verdict] = await xero.ledger.send(await compose(xero, document("INV-1")), "c" * 64)
    assert verdict.findings[0].code == "PERIOD_LOCKED"


async def test_a_key_used_for_another_request_asks_for_a_look_up(xero: Any, document: Documents) -> None:
    await xero.ledger.send(await compose(xero, document("INV-1")), KEY)
    for place in ("message", "elements"):
        xero.state.switches.change({"idempotency_mismatch": place})
        with pytest.raises(Ambiguous):
            await xero.ledger.send(await compose(xero, document("INV-2")), KEY)


async def test_after_its_six_minutes_a_repeated_call_meets_its_own_number(xero: Any, document: Documents) -> None:
    composed = await compose(xero, document("INV-1"))
    await xero.ledger.send(composed, KEY)
    xero.clock.advance(timedelta(minutes=7))
    [verdict] = await xero.ledger.send(composed, KEY)
    assert verdict.status is VerdictStatus.NUMBER_TAKEN
    assert len(xero.state.invoices) == 1


async def test_a_document_with_money_on_it_refuses_its_update(xero: Any, document: Documents) -> None:
    composed = await compose(xero, document("INV-1"))
    [verdict] = await xero.ledger.send(composed, KEY)
    xero.state.amend("invoices", verdict.ledger_id, {"Status": "PAID", "AmountPaid": Decimal("110.00")})
    [found] = await xero.ledger.find_documents(INVOICE, ["INV-1"])
    assert found.paid == 110
    update = xero.ledger.compose(INVOICE, [Prepared(document("INV-1"), xero.contact_id(), verdict.ledger_id)])
    [refused] = await xero.ledger.send(update, "b" * 64)
    assert (refused.status, refused.ledger_id) == (VerdictStatus.REFUSED, verdict.ledger_id)
    assert refused.findings[0].code == "DOCUMENT_PAID"


async def test_credit_notes_are_found_among_many_by_condition(xero: Any, document: Documents) -> None:
    notes = [document(f"CM-{n}", kind=CREDIT) for n in range(50)]
    await xero.ledger.send(await compose(xero, *notes), KEY)
    found = await xero.ledger.find_documents(CREDIT, [note.number for note in notes])
    assert {item.number for item in found} == {note.number for note in notes}
    assert {item.paid for item in found} == {Decimal(0)}


async def test_a_contact_number_that_cannot_be_asked_for_is_never_asked_for(xero: Any) -> None:
    with pytest.raises(Stopped):
        await xero.ledger.find_contact('say "hi"')
    assert xero.calls("GET", "/Contacts") == []
