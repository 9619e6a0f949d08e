"""Customers, vendors and items of QuickBooks, whose names are shared and short."""

from __future__ import annotations

from typing import Any

import pytest

from ledgerwire.accounting.port import ContactSpec, ItemSpec
from ledgerwire.common.errors import Ambiguous, Stopped
from ledgerwire.common.ledger.document import ContactRole

KEY = "a" * 64


@pytest.mark.requirement("F1: CONTACT_NAME_TAKEN")
@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("northwind supply", "a vendor (id 71)"),
        ("Sam Field", "an employee (id 81)"),
        ("Gone & Co", "a customer, inactive (id 63)"),
        ("O'Neill Legal", "a customer (id 62)"),
    ],
)
async def test_a_name_in_use_tells_who_has_it(quickbooks: Any, name: str, other: str) -> None:
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.create_contact(ContactSpec(name, "9"), KEY)
    [finding] = stopped.value.findings
    assert finding.message == f"QuickBooks already has {other} called '{name}', so no contact was made."


async def test_a_customer_and_a_supplier_with_one_number_are_two(quickbooks: Any) -> None:
    ledger = quickbooks.ledger
    customer = await ledger.create_contact(ContactSpec("Acme: Sydney", "250", account_number="AC-7"), KEY)
    supplier = await ledger.create_contact(ContactSpec("Acme (supplier)", "250", role=ContactRole.SUPPLIER), "b" * 64)
    assert (customer.name, customer.account_number) == ("Acme Sydney", "AC-7")
    assert await ledger.find_contact("250") == customer
    assert await ledger.find_contact("250", ContactRole.SUPPLIER) == supplier
    with pytest.raises(Ambiguous):
        await ledger.create_contact(ContactSpec("Acme (supplier)", "250", role=ContactRole.SUPPLIER), "c" * 64)


async def test_two_contacts_with_our_number_are_told(quickbooks: Any) -> None:
    for row_id in ("71", "72"):
        quickbooks.state.amend("Vendor", row_id, {"AcctNum": "supplier:9"})
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.find_contact("supplier:9", ContactRole.SUPPLIER)
    assert stopped.value.code == "OUTCOME_AMBIGUOUS"


async def test_a_contact_refused_for_its_currency_says_so(quickbooks: Any) -> None:
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.create_contact(ContactSpec("Acme", "9", currency="CHF"), KEY)
    assert stopped.value.code == "CURRENCY_NOT_ENABLED"


@pytest.mark.requirement("M10", "F1: ITEM_CODE_TOO_LONG")
@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (ItemSpec("X" * 101, "Long", "200"), "ITEM_CODE_TOO_LONG"),
        (ItemSpec("A:B", "Colon", "200"), "CHARACTER_NOT_SEARCHABLE"),
        (ItemSpec("NEW", "New", "999"), "GL_ACCOUNT_UNKNOWN"),
        (ItemSpec("NEW", "New", "260"), "ACCOUNT_ARCHIVED"),
        (ItemSpec("NEW", "New", "090"), "ACCOUNT_WRONG_TYPE"),
        (ItemSpec("MS-SERVER", "Server", "860"), "ITEM_NAME_TAKEN"),
        (ItemSpec("Kits", "Kits", "200"), "ITEM_NAME_TAKEN"),
    ],
)
async def test_an_item_that_cannot_be_made(quickbooks: Any, spec: ItemSpec, code: str) -> None:
    before = len(list(quickbooks.state.all("Item")))
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.create_item(spec, KEY)
    assert stopped.value.code == code
    assert not any("?" in finding.message for finding in stopped.value.findings)
    assert len(list(quickbooks.state.all("Item"))) == before


async def test_items_are_known_by_name_and_by_their_own_code(quickbooks: Any) -> None:
    reference = await quickbooks.ledger.reference_data()
    items = {item.code: item for item in reference.items}
    assert {"MS-SERVER", "SWITCH", "SW-8"} <= items.keys()
    assert "Kits" not in items
    assert (items["SW-8"].tracked, items["OLD"].active) == (True, False)
