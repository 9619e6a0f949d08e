"""The business month through the real client and database: every planted cause, every document, every fix."""

import json
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import MappingSettings

from .conftest import Office

KINDS = {DocumentKind.SALES_INVOICE: "invoice", DocumentKind.CREDIT_NOTE: "credit_note"}


def shape(document):
    return [
        (
            line.account_code,
            line.item_code,
            tuple((each.category, each.option) for each in line.tracking),
            line.net,
            line.tax_type,
        )
        for line in document.lines
    ]


async def assert_as_expected(office: Office, expected) -> None:
    record = await office.record(expected.invoice_id)
    assert record.total == expected.source_total
    documents = await office.documents(expected.invoice_id)
    if expected.kind == "none":
        assert (record.state, documents) == (RecordState.NO_EFFECT, [])
        return
    [made] = documents
    assert record.state is RecordState.MAPPED
    assert (KINDS[made.kind], made.number, made.contact.company_name) == (
        expected.kind,
        expected.number,
        expected.contact,
    )
    assert (made.net, made.tax, made.total) == (expected.net, expected.tax, expected.total)
    assert (made.document_date, made.due_date, made.currency) == (expected.date, expected.due_date, expected.currency)
    assert shape(made) == [(line.account, line.item, line.tracking, line.net, line.tax_type) for line in expected.lines]
    assert sum(line.tax_amount for line in made.lines) == expected.tax


@pytest.mark.requirement("A111", "A126", "A127", "A131", "M3", "M25")
async def test_the_month_maps_as_a_bookkeeper_would_and_stops_where_it_was_planted(office: Office):
    scenario = office.sandbox.world.scenario
    office.ledger.lock_date = date.fromisoformat(scenario.xero["organisation"]["PeriodLockDate"])
    ids = [planned.invoice_id for planned in scenario.plan]
    office.close(*ids)
    await office.map(*ids)
    expected = {each.invoice_id: each for each in scenario.expected}
    for planned in scenario.plan:
        assert await office.codes(planned.invoice_id) == sorted(planned.codes), planned.number
        if planned.expected_first == "stopped":
            assert (await office.record(planned.invoice_id)).state is RecordState.STOPPED
            assert await office.messages(planned.invoice_id) == 0
        else:
            await assert_as_expected(office, expected[planned.invoice_id])
            assert await office.messages(planned.invoice_id) == 1
    summary = await office.desk.summary(office.account_id)
    assert summary.counts["stopped"] == 7
    assert [group.count for group in summary.stopped] == [2, 1, 1, 1, 1, 1]
    assert summary.stopped[0].code == "NONPRODUCT_ID_MISSING"
    assert sum((group.totals["AUD"] for group in summary.stopped), Decimal(0)) == sum(
        expected[planned.invoice_id].source_total for planned in scenario.plan if planned.expected_first == "stopped"
    )


def _merged(base, patch):
    changed = {
        key: _merged(base.get(key, {}), value) if isinstance(value, dict) else value for key, value in patch.items()
    }
    return {**base, **changed}


def _patched(office: Office, patch) -> None:
    """The account file's own change, as a new mapping version."""
    if "mapping" in patch:
        merged = _merged(json.loads(canonical_bytes(office.account.mappings[0].settings)), patch["mapping"])
        office.change(mapping=from_canonical(canonical_bytes(merged), MappingSettings))


@pytest.mark.requirement("M2", "A127", "A074")
async def test_each_cause_is_put_right_on_its_own_side_and_the_record_goes_on(office: Office):
    scenario = office.sandbox.world.scenario
    office.ledger.lock_date = date.fromisoformat(scenario.xero["organisation"]["PeriodLockDate"])
    planned = [each for each in scenario.plan if each.fix]
    ids = [each.invoice_id for each in planned]
    office.close(*ids)
    await office.map(*ids)
    fixes = {each.fix.name: each.fix for each in planned}
    for name, fix in fixes.items():
        await office.control("POST", f"/fixes/{name}")
        _patched(office, fix.account_patch)
        if fix.side == "ledger":
            office.ledger.lock_date = date.fromisoformat(fix.xero["organisation"]["PeriodLockDate"])
    closed_again = [each.invoice_id for each in planned if each.fix.after == "closes_again"]
    await office.map(*closed_again)
    for cause in {code for each in planned if each.fix.after == "retry" for code in each.codes}:
        assert await office.desk.retry(office.account_id, cause=cause)
    await office.idle()
    expected = {each.invoice_id: each for each in scenario.expected}
    for each in planned:
        assert await office.codes(each.invoice_id) == [], each.number
        await assert_as_expected(office, expected[each.invoice_id])
        assert await office.messages(each.invoice_id) == 1
        assert (await office.record(each.invoice_id)).revision == 2
    assert office.ledger.fresh_reads


@pytest.mark.requirement("M2")
async def test_a_fix_in_the_gl_table_takes_effect_only_by_gl_reload_and_close(office: Office):
    scenario = office.sandbox.world.scenario
    [planned] = [each for each in scenario.plan if each.fix and each.fix.name == "telephony_account"]
    office.close(planned.invoice_id)
    await office.map(planned.invoice_id)
    assert await office.codes(planned.invoice_id) == ["ACCOUNT_ARCHIVED"]
    rows = office.sandbox.world.connectwise.state.tables["gl_accounts"]
    row = next(each for each in rows.values() if each.get("segment1") == "291")
    row["segment1"] = "235"
    await office.desk.retry(office.account_id, number=planned.number)
    await office.idle()
    assert await office.codes(planned.invoice_id) == ["ACCOUNT_ARCHIVED"], "the entries were frozen at close"
    office.reload(planned.invoice_id)
    await office.map(planned.invoice_id)
    assert (await office.record(planned.invoice_id)).state is RecordState.OPEN
    office.close(planned.invoice_id)
    await office.map(planned.invoice_id)
    assert await office.codes(planned.invoice_id) == []
    assert (await office.record(planned.invoice_id)).state is RecordState.MAPPED
