"""What every adapter of the ledger port promises; `world` is a connected ledger of one provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import ContactSpec, Prepared, VerdictStatus
from ledgerwire.common.errors import Ambiguous, Stopped, Waiting
from ledgerwire.common.ledger.document import DocumentKind

INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
KEY = "a" * 64


def prepared(world: Any, *numbers: str, **changes: Any) -> list[Prepared]:
    return [Prepared(world.document(number, **changes), world.contact_id) for number in numbers]


async def posted(world: Any, number: str = "INV-1", key: str = KEY) -> str:
    [verdict] = await world.ledger.send(world.ledger.compose(INVOICE, prepared(world, number)), key)
    assert verdict.status is VerdictStatus.POSTED
    return str(verdict.ledger_id)


@pytest.mark.parametrize("kind", [INVOICE, CREDIT])
async def test_a_document_is_posted_and_found_as_it_was_meant(world: Any, kind: DocumentKind) -> None:
    [item] = prepared(world, "INV-1", kind=kind)
    [verdict] = await world.ledger.send(world.ledger.compose(kind, [item]), KEY)
    assert (verdict.status, verdict.total, verdict.findings) == (VerdictStatus.POSTED, Decimal("110.00"), ())
    [found] = await world.ledger.find_documents(kind, ["INV-1"])
    assert (found.ledger_id, found.kind, found.number, found.live, found.draft) == (
        verdict.ledger_id,
        kind,
        "INV-1",
        True,
        False,
    )
    assert (found.net, found.tax, found.total, found.paid) == (100, 10, 110, 0)
    assert (found.contact_id, found.document_date, found.currency, found.line_count) == (
        world.contact_id,
        item.document.document_date,
        "AUD",
        1,
    )


async def test_numbers_nobody_used_are_not_found(world: Any) -> None:
    assert list(await world.ledger.find_documents(INVOICE, ["INV-404", "INV-405"])) == []
    assert list(await world.ledger.find_documents(CREDIT, [])) == []


async def test_sending_the_same_call_again_makes_no_second_document(world: Any) -> None:
    composed = world.ledger.compose(INVOICE, prepared(world, "INV-1", "INV-2"))
    first = await world.ledger.send(composed, KEY)
    assert await world.ledger.send(composed, KEY) == first
    assert world.live_count("INV-1") == 1


async def test_a_lost_answer_is_ambiguous_and_the_look_up_finds_the_document(world: Any) -> None:
    world.lose_next_answer()
    with pytest.raises(Ambiguous):
        await world.ledger.send(world.ledger.compose(INVOICE, prepared(world, "INV-1")), KEY)
    [found] = await world.ledger.find_documents(INVOICE, ["INV-1"])
    assert found.live
    assert world.live_count("INV-1") == 1


async def test_a_number_in_use_is_told_apart_and_nothing_is_made(world: Any) -> None:
    await posted(world)
    [verdict] = await world.ledger.send(world.ledger.compose(INVOICE, prepared(world, "INV-1")), "b" * 64)
    assert verdict.status is VerdictStatus.NUMBER_TAKEN
    assert world.live_count("INV-1") == 1


async def test_refused_elements_do_not_touch_the_others_and_order_is_kept(world: Any) -> None:
    group = prepared(world, "INV-1", "INV-2", "INV-3")
    group[1] = replace(group[1], contact_id=world.archived_contact_id)
    verdicts = await world.ledger.send(world.ledger.compose(INVOICE, group), KEY)
    assert [verdict.number for verdict in verdicts] == ["INV-1", "INV-2", "INV-3"]
    assert [verdict.status for verdict in verdicts] == [
        VerdictStatus.POSTED,
        VerdictStatus.REFUSED,
        VerdictStatus.POSTED,
    ]
    assert [finding.code for finding in verdicts[1].findings] == ["CONTACT_ARCHIVED"]
    assert verdicts[1].ledger_id is None
    assert world.live_count("INV-2") == 0


async def test_a_document_that_came_back_different_is_mismatched_with_its_id(world: Any) -> None:
    world.spoil_next_total()
    [verdict] = await world.ledger.send(world.ledger.compose(INVOICE, prepared(world, "INV-1")), KEY)
    assert verdict.status is VerdictStatus.MISMATCHED
    assert verdict.ledger_id is not None
    assert [finding.code for finding in verdict.findings] == ["LEDGER_TOTAL_DIFFERS"]


async def test_a_locked_period_refuses_by_name(world: Any) -> None:
    late = prepared(world, "INV-1", document_date=world.locked_day)
    [verdict] = await world.ledger.send(world.ledger.compose(INVOICE, late), KEY)
    assert (verdict.status, verdict.findings[0].code) == (VerdictStatus.REFUSED, "PERIOD_LOCKED")


async def test_a_draft_asked_for_stays_one(world: Any) -> None:
    drafts = prepared(world, "INV-1", draft=True)
    [verdict] = await world.ledger.send(world.ledger.compose(INVOICE, drafts), KEY)
    assert (verdict.status, verdict.findings) == (VerdictStatus.DRAFT, ())
    [found] = await world.ledger.find_documents(INVOICE, ["INV-1"])
    assert (found.live, found.draft) == (True, True)


async def test_an_update_by_id_changes_that_document_and_makes_none(world: Any) -> None:
    ledger_id = await posted(world)
    revised = world.document("INV-1", world.line("250.00", "25.00"), world.line("-50.00", "-5.00"))
    composed = world.ledger.compose(INVOICE, [Prepared(revised, world.contact_id, ledger_id)])
    [verdict] = await world.ledger.send(composed, "b" * 64)
    assert (verdict.status, verdict.ledger_id) == (VerdictStatus.POSTED, ledger_id)
    [found] = await world.ledger.find_documents(INVOICE, ["INV-1"])
    assert (found.total, found.line_count) == (220, 2)


async def test_a_voided_document_is_found_but_does_not_live(world: Any) -> None:
    ledger_id = await posted(world)
    world.void(INVOICE, ledger_id)
    [found] = await world.ledger.find_documents(INVOICE, ["INV-1"])
    assert (found.ledger_id, found.live) == (ledger_id, False)


async def test_composing_is_pure_and_stops_before_a_wrong_total(world: Any) -> None:
    ledger, items = world.ledger, prepared(world, "INV-1")
    assert ledger.compose(INVOICE, items) == ledger.compose(INVOICE, items)
    wrong = world.document("INV-2", world.line("100.00", "10.01"))
    with pytest.raises(Stopped) as stopped:
        ledger.compose(INVOICE, [Prepared(wrong, world.contact_id)])
    assert stopped.value.code == "TAX_TOTAL_DIFFERS"


async def test_a_rate_limit_is_waiting_with_the_providers_own_time(world: Any) -> None:
    world.limit_next_write()
    with pytest.raises(Waiting) as waiting:
        await world.ledger.send(world.ledger.compose(INVOICE, prepared(world, "INV-1")), KEY)
    assert (waiting.value.code, waiting.value.after) == ("RATE_LIMITED", timedelta(seconds=17))
    assert world.live_count("INV-1") == 0


async def test_a_contact_is_created_once_and_found_by_its_external_number(world: Any) -> None:
    spec = ContactSpec("Acme  Pty Ltd ", "cw-250", email="ap@acme.example")
    assert await world.ledger.find_contact("cw-250") is None
    created = await world.ledger.create_contact(spec, KEY)
    assert await world.ledger.find_contact("cw-250") == created
    assert (created.name, created.active, created.external_number) == ("Acme Pty Ltd", True, "cw-250")
    assert created.contact_id in {contact.contact_id for contact in await world.ledger.contacts()}


async def test_creating_a_contact_again_never_makes_a_second(world: Any) -> None:
    spec = ContactSpec("Acme", "cw-250")
    created = await world.ledger.create_contact(spec, KEY)
    with pytest.raises(Ambiguous):
        await world.ledger.create_contact(spec, "b" * 64)
    assert await world.ledger.find_contact("cw-250") == created
    assert world.contact_count("cw-250") == 1


async def test_a_contact_name_in_use_stops(world: Any) -> None:
    with pytest.raises(Stopped) as stopped:
        await world.ledger.create_contact(ContactSpec("harbour dental", "cw-9"), KEY)
    assert stopped.value.code == "CONTACT_NAME_TAKEN"
    assert world.contact_count("cw-9") == 0


async def test_reference_data_is_complete(world: Any) -> None:
    reference = await world.ledger.reference_data()
    assert reference.base_currency in reference.currencies
    assert reference.lock_date == world.locked_day
    assert [account.system for account in reference.accounts].count("ROUNDING") == 1
    assert {rate.tax_type: rate.rate for rate in reference.tax_rates}["OUTPUT"] == 10
