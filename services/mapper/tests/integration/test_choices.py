"""A person's answer to what stops a record is kept with it, decides the next look, and ends with what it was made for."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from ledgerwire.common.db.engine import open_database
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.person import ChoiceNotOfferedError, RecordUnknownError

from .conftest import Office, clean


async def chosen(office: Office) -> tuple[str, ...]:
    """The choices as poster sees them."""
    poster = open_database(office.settings, "poster")
    async with poster.account(office.account_id) as unit:
        row = (await unit.execute(text("SELECT choices FROM mapper.revisions_for_poster"))).one()
    await poster.close()
    return tuple(row.choices)


@pytest.mark.requirement("D14", "D3")
async def test_the_first_open_day_is_chosen_for_one_record_and_only_while_it_stays_what_it_is(office: Office):
    office.ledger.lock_date = date(2026, 12, 31)
    plan = office.sandbox.world.scenario.plan
    invoice_id = next(each.invoice_id for each in plan if each.expected_first == "posted" and not each.codes)
    office.close(invoice_id)
    await office.map(invoice_id)
    record = await office.record(invoice_id)
    assert [item.code for item in record.findings] == ["PERIOD_LOCKED"]
    [answered] = await office.desk.choose(
        office.account_id, str(record.number), "FIRST_OPEN_DAY", "ann", "the month is closed"
    )
    assert answered.choices == ("FIRST_OPEN_DAY",)
    await office.idle()
    [made] = await office.documents(invoice_id)
    assert made.document_date == office.ledger.lock_date + timedelta(days=1)
    assert await chosen(office) == ("FIRST_OPEN_DAY",)
    [shown] = await office.desk.show(office.account_id, str(record.number))
    [step] = [entry for entry in shown.timeline if entry.step == "chosen"]
    assert step.detail == {"choice": "FIRST_OPEN_DAY", "by": "ann", "reason": "the month is closed"}
    office.reload(invoice_id)
    office.sandbox.world.connectwise.state.tables["invoices"][invoice_id]["dueDate"] = "2026-12-30T00:00:00Z"
    office.close(invoice_id)
    await office.map(invoice_id)
    changed = await office.record(invoice_id)
    assert (changed.state, changed.choices) == (RecordState.STOPPED, ())


@pytest.mark.requirement("M8", "D3")
async def test_posters_choice_is_told_with_the_revision_and_ends_with_it(office: Office):
    invoice_id = await clean(office)
    number = str((await office.record(invoice_id)).number)
    with pytest.raises(ChoiceNotOfferedError):
        await office.desk.choose(office.account_id, number, "ACCEPT", "ann", "nothing stops it")
    await office.settle(invoice_id, "stopped", "DOCUMENT_PAID")
    with pytest.raises(ChoiceNotOfferedError, match="CREDIT_AND_NEW"):
        await office.desk.choose(office.account_id, number, "FIRST_OPEN_DAY", "ann", "no answer to that")
    messages = await office.messages(invoice_id)
    await office.desk.choose(office.account_id, number, "ACCEPT", "ann", "it is right as it is")
    await office.idle()
    assert await office.messages(invoice_id) == messages + 1
    assert ((await office.record(invoice_id)).revision, await chosen(office)) == (1, ("ACCEPT",))
    office.reload(invoice_id)
    office.close(invoice_id)
    await office.map(invoice_id)
    assert ((await office.record(invoice_id)).revision, await chosen(office)) == (2, ())


async def test_a_choice_about_nothing_is_refused(office: Office):
    with pytest.raises(RecordUnknownError):
        await office.desk.choose(office.account_id, "INV-0", "ACCEPT", "ann", "?")
