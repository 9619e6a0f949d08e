"""Receipts, stock movements and expenses from ConnectWise's unposted lists to a decided revision."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec.structs
import pytest
from sqlalchemy import text

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.ids import AccountId, record_id
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.settings import Settings
from ledgerwire.mapper import repository
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.records import map_any
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.ports import MappingVersion
from ledgerwire.mapper.records import StoredRecord, decode_any, revision_of
from ledgerwire.mapper.settling import closed_record
from ledgerwire.mapper.status import clerk_row
from ledgerwire.sandbox.seed.quarter import ExpectedEntry
from ledgerwire.sandbox.seed.quarter.books import xero_books
from ledgerwire.sandbox.seed.quarter.houses import LOCATIONS, SYDNEY
from ledgerwire.sandbox.server import Sandbox, SandboxOptions

from .conftest import Office, SimulatedLedger, _office


@pytest.fixture
async def office(settings: Settings, tmp_path: Path) -> AsyncIterator[Office]:
    """The first company of the quarter, with its books and its settings."""
    async with (
        Sandbox.start(SandboxOptions(tls=True, tls_dir=tmp_path, scenario="quarter")) as sandbox,
        _office(settings, sandbox) as made,
    ):
        scenario = sandbox.world.scenario
        mapping = from_canonical(canonical_bytes(scenario.account["mapping"]), MappingSettings).of_company(SYDNEY.name)
        made.ledger = SimulatedLedger(xero_books(SYDNEY, scenario.quarter.months[0]))
        own = frozenset(LOCATIONS[name] for name in SYDNEY.locations)
        [route] = made.account.routes
        made.account = replace(
            made.account, mappings=(MappingVersion(1, mapping),), routes=(replace(route, location_ids=own),)
        )
        yield made


def key(office: Office, entry: ExpectedEntry):
    return record_id(AccountId(office.account_id), office.connection_id, entry.record_type, entry.source_id)


async def close(office: Office, *entries: ExpectedEntry, found_by: str = "sweep") -> None:
    """record.closed.v1 arrives for these records."""
    bells = []
    for entry in entries:
        data = RecordClosedV1(
            record_id=key(office, entry), connection_id=office.connection_id, record_type=entry.record_type,
            source_id=entry.source_id, found_by=found_by,
        )  # fmt: skip
        envelope = new_message(
            data, account_id=office.account_id, subject=str(data.record_id), correlation_id="c", source="test"
        )
        bells += closed_record(envelope, data)
    async with office.database.account(office.account_id) as unit:
        await office.worker.store.ring(unit, bells)
    office.worker.wake.set()
    await office.idle()


async def stored(office: Office, entry: ExpectedEntry) -> StoredRecord:
    async with office.database.account(office.account_id) as unit:
        return (await repository.records(unit, [key(office, entry)]))[key(office, entry)]


async def revision(office: Office, entry: ExpectedEntry):
    """The latest revision of a record."""
    async with office.database.account(office.account_id) as unit:
        query = "SELECT * FROM mapper.revision WHERE record_id = :id ORDER BY revision DESC LIMIT 1"
        return (await unit.execute(text(query), {"id": key(office, entry)})).one()


def entries(office: Office) -> list[ExpectedEntry]:
    quarter = office.sandbox.world.scenario.quarter
    return [each for each in quarter.entries if each.company == SYDNEY.name and each.record_type != "invoice"]


def some(office: Office) -> list[ExpectedEntry]:
    """A few of every kind, the planted faults, and both receipts of one vendor invoice."""
    found: dict[tuple[str, ...], list[ExpectedEntry]] = {}
    for each in entries(office):
        made = each.documents[0] if each.documents else None
        kind = (each.record_type, each.source_id.rpartition("-")[2] if "-" in each.source_id else "", each.outcome,
                each.fault or "", made.kind if made else "", made.contact if each.record_type == "expense" else "")  # fmt: skip
        found.setdefault(kind, []).append(each)
    chosen = [each for group in found.values() for each in group[:2]]
    second = next(each for each in entries(office) if each.source_id.endswith("B-purchase"))
    first = next(each for each in entries(office) if each.number == second.number and each is not second)
    return list({each.source_id: each for each in (*chosen, second, first)}.values())


def shown(document: LedgerDocument):
    lines = sorted((line.account_code, line.net, line.tax_type) for line in document.lines)
    contact = document.contact.company_name if document.contact else ""
    return document.kind.value, contact, document.document_date, document.tax, document.total, lines


def expected(entry: ExpectedEntry):
    [made] = entry.documents
    lines = sorted((line.account, line.net, line.tax_type) for line in made.lines)
    return made.kind, made.contact, made.date, made.tax, made.total, lines


@pytest.mark.requirement("M16", "M17", "M1", "A057", "A110", "A120", "A121", "A127", "A150")
async def test_every_kind_of_record_becomes_what_a_bookkeeper_would_write(office: Office):
    chosen = some(office)
    await close(office, *chosen)
    codes = {planted.source_id: planted.codes for planted in office.sandbox.world.scenario.quarter.planted}
    kinds = set()
    for entry in chosen:
        record = await stored(office, entry)
        if entry.fault is not None:
            assert (record.state, tuple(item.code for item in record.findings)) == (
                RecordState.STOPPED,
                codes[entry.source_id],
            )
            continue
        row = await revision(office, entry)
        assert row.processed_record_ids
        assert sorted(row.gl_lines) == sorted(map(str, row.processed_record_ids))
        assert row.source_total == entry.source_total
        source = decode_any(row.input, RecordType(entry.record_type))
        assert revision_of(source, map_any(source), row.ledger_connection_id).documents == row.documents
        made = from_canonical(row.documents, list[LedgerDocument])
        if entry.outcome == "no_effect":
            assert (record.state, made) == (RecordState.NO_EFFECT, [])
            continue
        assert record.state is RecordState.MAPPED, record.findings
        assert shown(made[0]) == expected(entry)
        kinds.add((entry.record_type, made[0].kind.value))
    assert kinds >= {
        ("procurement", "bill"), ("procurement", "supplier_credit"), ("procurement", "journal"),
        ("expense", "bill"), ("expense", "supplier_credit"),
    }  # fmt: skip
    await _receipts_of_one_invoice(office, chosen)
    await _columns(office, chosen)
    await _nothing_new(office, chosen)
    rest = [each for each in entries(office) if each not in chosen and not each.fault]
    await _faults_of_receipts(office, [each for each in rest if each.source_id.endswith("A-purchase")])
    await _faults_of_expenses(office, [each for each in rest if each.record_type == "expense"])
    await _left_alone(office, rest[::-1])


async def _receipts_of_one_invoice(office: Office, chosen: list[ExpectedEntry]) -> None:
    """The second receipt carries its packing slip, whichever was decided first, and keeps it."""
    second = next(each for each in chosen if each.source_id.endswith("B-purchase"))
    first = next(each for each in chosen if each.number == second.number and each is not second)
    numbers = []
    for entry in (first, second):
        made = from_canonical((await revision(office, entry)).documents, list[LedgerDocument])
        numbers.append(made[0].number)
    order = second.number.removeprefix("PO")
    assert numbers == [f"V{order}", f"V{order}-{order}B"]


async def _columns(office: Office, chosen: list[ExpectedEntry]) -> None:
    """A clerk's list shows the columns of each type."""
    async with office.database.account(office.account_id) as unit:
        found = await repository.find(unit)
    rows = {row.source_id: row for row in map(clerk_row, found)}
    for entry in chosen:
        row = rows[entry.source_id]
        assert row.record_type == entry.record_type
        if entry.record_type == "expense":
            assert row.particulars["member"] == row.customer
            assert row.particulars["classification"] in {"Reimbursable", "NonReimbursable", "Personal"}
            assert row.particulars["payment_type"] in {"Own money", "Company card"}
        elif entry.source_id.endswith("purchase") and entry.fault is None:
            assert row.particulars["vendor_invoice_number"] == entry.documents[0].number
            assert row.particulars["vendor_invoice_date"] == entry.documents[0].date.isoformat()


async def _nothing_new(office: Office, chosen: list[ExpectedEntry]) -> None:
    """Ringing again, also by a refresh, makes no second revision of anything."""
    await close(office, *chosen, found_by="replay")
    assert await office.value("SELECT max(revision) FROM mapper.record") == 1
    assert await office.value("SELECT count(*) FROM mapper.record WHERE revision = 1") == len(chosen)


async def _codes(office: Office, entry: ExpectedEntry) -> list[str]:
    await close(office, entry)
    return [item.code for item in (await stored(office, entry)).findings]


async def _faults_of_receipts(office: Office, receipts: list[ExpectedEntry]) -> None:
    """What is wrong in ConnectWise stops the receipt, or warns."""
    state = office.sandbox.world.connectwise.state
    facts = {each.source_id: state.receipts[each.source_id] for each in receipts}
    stocked = next(each for each in receipts if any(line.is_stock for line in facts[each.source_id].lines))
    taxed = next(each for each in receipts if each.documents[0].tax and each is not stocked)
    unnumbered = next(each for each in receipts if each not in (stocked, taxed))
    product = next(line.item_id for line in facts[stocked.source_id].lines if line.is_stock)
    kept = state.tables["catalog"].pop(product)
    assert set(await _codes(office, stocked)) == {"PRODUCT_CLASS_UNKNOWN"}
    state.tables["catalog"][product] = kept
    vendor = state.tables["companies"][facts[unnumbered.source_id].vendor_company_id]
    number, vendor["vendorIdentifier"] = vendor["vendorIdentifier"], None
    state.switches.vendor_without_number = "skip"
    assert await _codes(office, unnumbered) == ["VENDOR_NUMBER_MISSING"]
    vendor["vendorIdentifier"] = number
    listed = office.client.unposted_procurement

    async def piled_up(ids=None):
        return [msgspec.structs.replace(row, tax_total=2 * (row.tax_total or 0)) for row in await listed(ids)]

    office.client.unposted_procurement = piled_up  # type: ignore[method-assign]
    assert await _codes(office, taxed) == ["PO_TAX_ACCUMULATED"]
    del office.client.unposted_procurement
    assert (await stored(office, taxed)).state is RecordState.MAPPED


async def _faults_of_expenses(office: Office, expenses: list[ExpectedEntry]) -> None:
    """What the settings leave open stops the expense; a payment type that ConnectWise does not have is flagged."""
    settings = office.account.mappings[0].settings

    async def codes(entry: ExpectedEntry, **changes) -> list[str]:
        office.change(mapping=replace(settings, expenses=replace(settings.expenses, **changes)))
        return await _codes(office, entry)

    card = iter([each for each in expenses if each.documents[0].contact == SYDNEY.card])
    own = iter(
        [each for each in expenses if each.documents[0].kind == "bill" and each.documents[0].contact != SYDNEY.card]
    )
    taxed = next(each for each in expenses if each.documents[0].tax and each.documents[0].contact != SYDNEY.card)
    assert await codes(taxed, tax_inclusive=False) == ["GL_OUT_OF_BALANCE"]
    assert await codes(next(card), clearing_contact=None) == ["EXPENSE_CLEARING_MISSING"]
    assert await codes(next(card), company_paid_types=()) == ["EXPENSE_PAYMENT_TYPE_UNLISTED"]
    assert await codes(next(own), required_status="ReadyToBill") == ["EXPENSE_BILLING_STATUS"]
    flagged = next(each for each in own if each is not taxed)
    assert "EXPENSE_PAYMENT_TYPE_UNKNOWN" in await codes(flagged, company_paid_types=("Amex",))
    assert (await stored(office, flagged)).state is RecordState.MAPPED
    office.change(mapping=settings)


async def _left_alone(office: Office, rest: list[ExpectedEntry]) -> None:
    """What left its list, or belongs to a type that is off, makes nothing."""
    receipt = next(each for each in rest if each.source_id.endswith("purchase"))
    expense = next(each for each in rest if each.record_type == "expense")
    settings = office.account.mappings[0].settings
    office.change(mapping=replace(settings, expenses=replace(settings.expenses, enabled=False)))
    export = await office.client.export_procurement([receipt.source_id])
    await office.client.create_batch("by-hand", export.purchases[0].processed_record_ids, RecordType.PROCUREMENT)
    await close(office, receipt, expense)
    gone, off = await stored(office, receipt), await stored(office, expense)
    assert (gone.state, gone.findings[0].code) == (RecordState.OPEN, "NOT_ON_UNPOSTED_LIST")
    assert (off.state, off.findings[0].code) == (RecordState.SKIPPED, "RECORD_TYPE_OFF")
    assert (gone.revision, off.revision) == (0, 0)
