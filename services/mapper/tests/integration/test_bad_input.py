"""Whatever is wrong in one of the two systems: the right code, words without a gap, and nothing handed to the ledger."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ledgerwire.common.catalogue import Severity
from ledgerwire.common.ledger.reference import AccountClass, LedgerRules, ReferenceData
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import CurrencySettings, OnMissing, PostAs, RateSource

from .conftest import Office, SimulatedLedger, clean


class AlteredLedger(SimulatedLedger):
    """The simulated ledger company with something about it changed."""

    alter: Callable[[ReferenceData], ReferenceData] = staticmethod(lambda reference: reference)

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData:
        return self.alter(await super().reference_data(fresh=fresh))


def accounts(**change: Any) -> Callable[[ReferenceData], ReferenceData]:
    """All accounts but the rounding one, changed."""
    return lambda known: replace(
        known, accounts=tuple(each if each.code == "860" else replace(each, **change) for each in known.accounts)
    )


def rates(change: Callable[[Any], Any]) -> Callable[[ReferenceData], ReferenceData]:
    """The rate of taxed sales, changed."""
    return lambda known: replace(
        known, tax_rates=tuple(change(each) if each.tax_type == "OUTPUT" else each for each in known.tax_rates)
    )


def rules(**change: Any) -> Callable[[ReferenceData], ReferenceData]:
    return lambda known: replace(known, rules=LedgerRules(**change))


IN_THE_LEDGER: list[tuple[str, Callable[[ReferenceData], ReferenceData], dict[str, Any]]] = [
    ("GL_ACCOUNT_UNKNOWN", lambda known: replace(known, accounts=known.accounts[:0]), {}),
    ("ACCOUNT_ARCHIVED", accounts(active=False), {}),
    ("ACCOUNT_WRONG_TYPE", accounts(account_class=AccountClass.EQUITY), {}),
    ("TAX_CODE_UNKNOWN", rates(lambda rate: replace(rate, name="Something else")), {}),
    ("TAX_CODE_NEAR_MATCH", rates(lambda rate: replace(rate, name=rate.name.upper())), {}),
    (
        "TAX_NOT_ALLOWED_FOR_ACCOUNT",
        rates(lambda rate: replace(rate, applies_to=frozenset({AccountClass.EXPENSE}))),
        {},
    ),
    ("TAX_TYPE_MISSING", lambda known: replace(known, tax_rates=known.tax_rates[:1]), {}),
    ("ITEM_UNKNOWN", lambda known: replace(known, items=()), {}),
    (
        "ITEM_INACTIVE",
        lambda known: replace(known, items=tuple(replace(each, active=False) for each in known.items)),
        {},
    ),
    ("ITEM_CODE_TOO_LONG", rules(item_code_length=2), {}),
    ("ITEM_ACCOUNT_MISMATCH", rules(item_decides_account=True), {}),
    ("ROUNDING_ITEM_MISSING", rules(item_decides_account=True), {}),
    ("NUMBER_TOO_LONG", rules(number_length=3), {}),
    ("DRAFTS_NOT_KEPT", rules(has_drafts=False), {"post_as": PostAs.DRAFT}),
    ("TERM_UNKNOWN", lambda known: replace(known, terms=("Whenever",)), {}),
    ("CURRENCY_NOT_ENABLED", lambda known: replace(known, base_currency="NZD", currencies=frozenset({"NZD"})), {}),
    (
        "CURRENCY_RATE_MISSING",
        lambda known: replace(known, base_currency="NZD", currencies=frozenset({"NZD", "AUD"})),
        {"currency": CurrencySettings(RateSource.STOP)},
    ),
    ("PERIOD_LOCKED", lambda known: replace(known, lock_date=date(2027, 1, 1)), {}),
    ("TRACKING_UNKNOWN", lambda known: replace(known, tracking=()), {}),
]


@pytest.mark.requirement("A020", "A068", "A126", "A127", "A128", "D14", "M10", "M12", "M14", "M15")
async def test_what_is_wrong_in_the_ledger_has_a_code_and_hands_nothing_over(office: Office):
    office.ledger = AlteredLedger(office.sandbox.world.scenario.xero)
    invoice_id = await clean(office)
    mapping = office.account.mappings[0].settings
    handed_over = await office.messages(invoice_id)
    for code, alter, changes in IN_THE_LEDGER:
        office.ledger.alter = alter
        strict = replace(mapping.tracking, on_missing=OnMissing.STOP)
        office.change(mapping=replace(mapping, **{"tracking": strict, **changes}))
        await office.map(invoice_id, found_by="retry")
        record = await office.record(invoice_id)
        assert code in {item.code for item in record.findings}, code
        finding = next(item for item in record.findings if item.code == code)
        words = (
            finding.message,
            finding.entry.render_action(finding.params),
            finding.entry.render_where(finding.params),
        )
        assert "?" not in "".join(words).replace("Same?", ""), words
        stops = finding.severity is Severity.STOP
        assert (record.state is RecordState.STOPPED) == stops, code
        if stops:
            assert await office.messages(invoice_id) == handed_over, code
        handed_over = await office.messages(invoice_id)


@pytest.mark.requirement("D9")
async def test_a_link_to_a_contact_that_the_ledger_lacks_hands_nothing_over(office: Office):
    planned = next(each for each in office.sandbox.world.scenario.plan if not each.codes)
    invoice = office.sandbox.world.connectwise.state.tables["invoices"][planned.invoice_id]
    company = (invoice.get("billToCompany") or invoice["company"])["id"]
    mapping = office.account.mappings[0].settings
    linked = replace(mapping.contacts, links={str(company): "no-such-contact"})
    office.change(mapping=replace(mapping, contacts=linked))
    office.close(planned.invoice_id)
    await office.map(planned.invoice_id)
    assert await office.codes(planned.invoice_id) == ["CONTACT_LINK_UNKNOWN"]
    assert await office.messages(planned.invoice_id) == 0


def without_rows(kind: str) -> Callable[[Any, Any], None]:
    def change(state: Any, invoice: Any) -> None:
        table = state.tables["gl_accounts"]
        for key in [key for key, row in table.items() if row["glType"] == kind]:
            del table[key]

    return change


def empty_rows(state: Any, invoice: Any) -> None:
    kinds = {line.kind for line in state.invoice_lines[invoice["id"]]}
    for row in state.tables["gl_accounts"].values():
        if row["glType"] in kinds:
            row["segment1"] = ""


def field(**values: Any) -> Callable[[Any, Any], None]:
    return lambda state, invoice: invoice.update(values)


def more_tax(state: Any, invoice: Any) -> None:
    invoice["salesTax"] += 1
    invoice["total"] += 1


IN_CONNECTWISE: list[tuple[str, Callable[[Any, Any], None]]] = [
    ("INVOICE_TYPE_UNCONFIRMED", field(type="Consolidated")),
    ("INVALID_CHARACTER", field(invoiceNumber="INV|7")),
    ("TAX_CODE_BLANK", field(taxCode=None)),
    ("TAX_TOTAL_DIFFERS", more_tax),
    ("GL_EMPTY_ACCOUNT", empty_rows),
    ("GL_NO_MAPPING", without_rows("AR")),
]


@pytest.mark.requirement("A126", "A127", "A128", "M2", "M9", "M11", "M12")
async def test_what_is_wrong_in_connectwise_has_a_code_and_hands_nothing_over(office: Office):
    state = office.sandbox.world.connectwise.state
    plan = [
        each.invoice_id
        for each in office.sandbox.world.scenario.plan
        if each.expected_first == "posted" and not each.codes and state.tables["invoices"][each.invoice_id]["salesTax"]
    ]
    for invoice_id, (code, change) in zip(plan, IN_CONNECTWISE, strict=False):
        change(state, state.tables["invoices"][invoice_id])
        office.close(invoice_id)
        await office.map(invoice_id)
        assert set(await office.codes(invoice_id)) == {code}
        for finding in (await office.record(invoice_id)).findings:
            assert "?" not in finding.message + finding.entry.render_action(finding.params), code
        assert await office.messages(invoice_id) == 0
