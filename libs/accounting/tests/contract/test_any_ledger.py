"""What every adapter of the ledger port promises of one call: sent once, judged element by element, safe to look up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import ContactSpec, Prepared, Verdict, VerdictStatus
from ledgerwire.common.errors import Ambiguous, Stopped, Waiting
from ledgerwire.common.ledger.document import ContactRole, DocumentKind

INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
KEY = "a" * 64


async def sent(world: Any, *items: Prepared, key: str = KEY) -> list[Verdict]:
    """Send documents of one kind in calls as large as the package takes."""
    kind = items[0].document.kind
    size = world.ledger.limits.group_size.get(kind, 1)
    verdicts: list[Verdict] = []
    for start in range(0, len(items), size):
        composed = world.ledger.compose(kind, items[start : start + size])
        verdicts += await world.ledger.send(composed, f"{start}{key}"[:64])
    return verdicts


async def posted(world: Any, number: str = "INV-1") -> str:
    [verdict] = await sent(world, world.prepared(INVOICE, number))
    assert verdict.status is VerdictStatus.POSTED
    return str(verdict.ledger_id)


async def test_numbers_nobody_used_are_not_found(world: Any) -> None:
    for kind in DocumentKind:
        assert list(await world.ledger.find_documents(kind, ["INV-404", "INV-405"])) == []
    assert list(await world.ledger.find_documents(CREDIT, [])) == []


async def test_sending_the_same_call_again_makes_no_second_document(world: Any) -> None:
    size = min(2, world.ledger.limits.group_size.get(INVOICE, 1))
    composed = world.ledger.compose(INVOICE, [world.prepared(INVOICE, f"INV-{n}") for n in range(1, size + 1)])
    first = await world.ledger.send(composed, KEY)
    assert await world.ledger.send(composed, KEY) == first
    assert world.live_count("INV-1") == 1


async def test_a_number_in_use_is_told_apart_and_nothing_is_made(world: Any) -> None:
    await posted(world)
    [verdict] = await sent(world, world.prepared(INVOICE, "INV-1"), key="b" * 64)
    assert verdict.status is VerdictStatus.NUMBER_TAKEN
    assert world.live_count("INV-1") == 1


async def test_refused_elements_do_not_touch_the_others_and_order_is_kept(world: Any) -> None:
    group = [world.prepared(INVOICE, number) for number in ("INV-1", "INV-2", "INV-3")]
    group[1] = replace(group[1], contact_id=world.contact_of(INVOICE, "archived"))
    verdicts = await sent(world, *group)
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
    [verdict] = await sent(world, world.prepared(INVOICE, "INV-1"))
    assert verdict.status is VerdictStatus.MISMATCHED
    assert verdict.ledger_id is not None
    assert [finding.code for finding in verdict.findings] == ["LEDGER_TOTAL_DIFFERS"]


async def test_a_draft_asked_for_stays_one(world: Any) -> None:
    rules = (await world.ledger.reference_data()).rules
    if not rules.has_drafts:
        return  # nobody asks such a ledger for a draft: the rule tells them
    [verdict] = await sent(world, world.prepared(INVOICE, "INV-1", draft=True))
    assert (verdict.status, verdict.findings) == (VerdictStatus.DRAFT, ())
    [found] = await world.ledger.find_documents(INVOICE, ["INV-1"])
    assert (found.live, found.draft) == (True, True)


async def test_a_document_that_a_person_voided_is_found_but_does_not_live(world: Any) -> None:
    ledger_id = await posted(world)
    world.void(INVOICE, ledger_id)
    [found] = await world.ledger.find_documents(INVOICE, ["INV-1"])
    assert (found.ledger_id, found.live, found.paid) == (ledger_id, False, 0)


async def test_composing_is_pure_and_stops_before_a_wrong_total(world: Any) -> None:
    ledger, item = world.ledger, world.prepared(INVOICE, "INV-1")
    assert ledger.compose(INVOICE, [item]) == ledger.compose(INVOICE, [item])
    wrong = world.prepared(INVOICE, "INV-2", world.line("100.00", "10.01"))
    with pytest.raises(Stopped) as stopped:
        ledger.compose(INVOICE, [wrong])
    assert stopped.value.code == "TAX_TOTAL_DIFFERS"


async def test_a_rate_limit_is_waiting_with_the_providers_own_time(world: Any) -> None:
    named = world.limit_next_write()
    with pytest.raises(Waiting) as waiting:
        await sent(world, world.prepared(INVOICE, "INV-1"))
    assert waiting.value.code == "RATE_LIMITED"
    assert waiting.value.after is not None
    assert named in {None, waiting.value.after}
    assert world.live_count("INV-1") == 0


@pytest.mark.parametrize("role", list(ContactRole))
async def test_a_contact_is_created_once_and_found_by_its_external_number(world: Any, role: ContactRole) -> None:
    spec = ContactSpec("Acme  Pty Ltd ", "cw-250", email="ap@acme.example", role=role)
    assert await world.ledger.find_contact("cw-250", role) is None
    created = await world.ledger.create_contact(spec, KEY)
    assert await world.ledger.find_contact("cw-250", role) == created
    assert (created.name, created.active, created.external_number) == ("Acme Pty Ltd", True, "cw-250")
    assert created.contact_id in {contact.contact_id for contact in await world.ledger.contacts(role)}
    [other] = set(ContactRole) - {role}
    of_other_role = {contact.contact_id for contact in await world.ledger.contacts(other)}
    rules = (await world.ledger.reference_data()).rules
    assert (created.contact_id in of_other_role) is not rules.separate_suppliers


async def test_creating_a_contact_again_never_makes_a_second(world: Any) -> None:
    spec = ContactSpec("Acme", "cw-250")
    created = await world.ledger.create_contact(spec, KEY)
    with pytest.raises((Ambiguous, Stopped)):
        await world.ledger.create_contact(spec, "b" * 64)
    assert await world.ledger.find_contact("cw-250") == created
    assert world.contact_count("cw-250") == 1


async def test_a_contact_name_in_use_stops(world: Any) -> None:
    with pytest.raises(Stopped) as stopped:
        await world.ledger.create_contact(ContactSpec("harbour dental", "cw-9"), KEY)
    assert stopped.value.code == "CONTACT_NAME_TAKEN"
    assert world.contact_count("cw-9") == 0


async def test_reference_data_is_complete(world: Any) -> None:
    reference, names = await world.ledger.reference_data(), world.names
    assert {reference.base_currency, world.foreign} <= reference.currencies
    assert reference.lock_date == world.locked_day
    accounts = {account.code: account for account in reference.accounts}
    assert {names.sales, names.cost, names.stock, names.rounding} <= accounts.keys()
    assert all(account.account_type for account in reference.accounts)
    assert accounts[names.sales].active
    rates = {rate.tax_type: rate for rate in reference.tax_rates}
    assert [rates[key].rate for key in (names.sales_tax, names.fifteen, names.no_tax)] == [10, 15, 0]
    for rate in reference.tax_rates:
        assert not rate.components or sum((part.rate for part in rate.components), Decimal(0)) == rate.rate
    assert [part.rate for part in rates[names.fifteen].components] == [Decimal("12.5"), Decimal("2.5")]
    assert names.tracking.option in {
        option
        for category in reference.tracking
        for option in category.options
        if category.name == names.tracking.category
    }
