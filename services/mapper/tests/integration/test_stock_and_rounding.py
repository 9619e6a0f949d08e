"""What the mapping newly asks for is really read: product classes, stock accounts, levels, and the month's roundings."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import CENT
from ledgerwire.mapper import repository
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import CogsSettings, LockPolicy
from ledgerwire.mapper.rounding_used import RoundingUsed

from .conftest import Office


def tables(office: Office):
    return office.sandbox.world.connectwise.state.tables


def stocked(office: Office, *, account: str = "630") -> int:
    """An invoice with a notebook from stock, not yet closed; the GL table gives hardware a stock account."""
    for row in tables(office)["catalog"].values():
        row["productClass"] = "Inventory" if row["identifier"] == "NB-14-I7" else row["productClass"]
    for row in tables(office)["gl_accounts"].values():
        if row["glType"] == "RP":
            row["inventory"] = account
    lines = office.sandbox.world.connectwise.state.invoice_lines
    plan = {each.invoice_id for each in office.sandbox.world.scenario.plan if not each.codes}
    return next(key for key in sorted(plan) if any(line.item_identifier == "NB-14-I7" for line in lines[key]))


def settings(office: Office, **changes):
    mapping = office.account.mappings[0].settings
    office.change(mapping=replace(mapping, **changes))


@pytest.mark.requirement("M5", "M6")
async def test_a_notebook_from_stock_makes_its_journal_and_an_agreement_seat_none(office: Office):
    invoice_id = stocked(office)
    settings(office, cogs=CogsSettings(enabled=True))
    office.close(invoice_id)
    await office.map(invoice_id)
    sale, journal = await office.documents(invoice_id)
    lines = office.sandbox.world.connectwise.state.invoice_lines[invoice_id]
    cost = sum(line.cost for line in lines if line.item_identifier == "NB-14-I7")
    assert (journal.kind, journal.number, journal.total) == (DocumentKind.JOURNAL, f"COGS-{sale.number}", cost)
    assert {line.account_code for line in journal.lines} == {"310", "630"}
    [shown] = await office.desk.show(office.account_id, sale.number)
    assert any("because product category Hardware beats owner level" in text for text in shown.words)


@pytest.mark.requirement("A060", "A126")
async def test_a_stock_account_that_the_ledger_lacks_stops_with_the_place_to_fix(office: Office):
    invoice_id = stocked(office, account="699")
    office.close(invoice_id)
    await office.map(invoice_id)
    assert (await office.record(invoice_id)).state is RecordState.STOPPED
    [finding] = (await office.record(invoice_id)).findings
    assert (finding.code, finding.params["account"]) == ("GL_COGS_UNKNOWN", "699")


@pytest.mark.requirement("D13")
async def test_the_months_roundings_are_counted_over_its_records(office: Office):
    plan = [each for each in office.sandbox.world.scenario.plan if "ADJUSTMENT_APPLIED" in each.codes]
    first = plan[0].invoice_id
    mapping = office.account.mappings[0].settings
    settings(office, rounding=replace(mapping.rounding, monthly_budget=Decimal("0.10")))
    office.close(first)
    await office.map(first)
    [posted] = await office.documents(first)
    used = sum(abs(line.net) for line in posted.lines if line.role != "sale")
    assert used
    settings(office, rounding=replace(mapping.rounding, monthly_budget=used))
    await office.map(first, found_by="retry")
    assert (await office.record(first)).state is RecordState.MAPPED  # its own roundings do not count against it
    day, connection_id = posted.document_date, office.account.routes[0].ledger_connection_id
    async with office.database.account(office.account_id) as unit:
        stored = RoundingUsed(await repository.rounding_used(unit, connection_id, day.replace(day=1), day))
    assert stored.without(office.record_id(first), day) == 0
    assert stored.without(uuid4(), day) == used
    settings(office, rounding=replace(mapping.rounding, monthly_budget=used - CENT))
    await office.map(first, found_by="retry")
    assert await office.codes(first) == ["ROUNDING_BUDGET_EXCEEDED"]


@pytest.mark.requirement("D14")
@pytest.mark.parametrize(("policy", "choice"), [("hold", None), ("ask", None), ("ask", "HOLD")])
async def test_what_a_closed_period_holds_goes_by_itself_once_it_is_open_unless_a_person_is_asked(
    office: Office, policy, choice
):
    by_itself = policy == "hold" or choice == "HOLD"
    planned = next(each for each in office.sandbox.world.scenario.plan if not each.codes)
    settings(office, lock_policy=LockPolicy(policy))
    office.ledger.lock_date = planned.day
    office.close(planned.invoice_id)
    await office.map(planned.invoice_id)
    assert await office.codes(planned.invoice_id) == ["PERIOD_LOCKED"]
    if choice:
        number = str((await office.record(planned.invoice_id)).number)
        await office.desk.choose(office.account_id, number, choice, "ann", "until the books are open")
        await office.idle()
    waits = await office.value("SELECT count(*) FROM mapper.work WHERE last_code = 'PERIOD_LOCKED' AND due_at > now()")
    assert waits == (1 if by_itself else 0)
    office.ledger.lock_date = None
    async with office.database.account(office.account_id) as unit:
        await unit.execute(text("UPDATE mapper.work SET due_at = now() WHERE last_code = 'PERIOD_LOCKED'"))
    office.worker.wake.set()
    await office.idle()
    expected = RecordState.MAPPED if by_itself else RecordState.STOPPED
    assert (await office.record(planned.invoice_id)).state is expected
