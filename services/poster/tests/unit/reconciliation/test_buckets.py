"""Every closed record is in exactly one bucket, and what the buckets say adds up, whatever was read."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.canonical import sha256_hex
from ledgerwire.common.ledger.document import SALES, DocumentKind
from ledgerwire.poster.reconciliation import canonical
from ledgerwire.poster.reconciliation.domain import placing
from ledgerwire.poster.reconciliation.domain.model import (
    Bucket,
    ClosedRecord,
    Concern,
    OwnDocument,
    OwnRecord,
    Report,
    SeenDocument,
    Stray,
    Wanted,
    signed,
)
from ledgerwire.poster.reconciliation.domain.report import report
from ledgerwire.poster.reconciliation.domain.verdict import judge

INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
BILL, JOURNAL = DocumentKind.BILL, DocumentKind.JOURNAL
PERIOD = (date(2026, 3, 1), date(2026, 3, 31))
DAY = date(2026, 3, 14)


def record(number: str = "INV-1", total: str = "110.00", *, kind: str = "invoice", **changes) -> ClosedRecord:
    made = ClosedRecord(
        uuid5(UUID(int=1), f"{kind}{number}"),
        kind,
        number[-4:],
        number,
        "Acme",
        DAY,
        "AUD",
        Decimal(total),
        "Sydney",
        True,
    )
    return replace(made, **changes)


def seen(number: str = "INV-1", total: str = "110.00", kind: DocumentKind = INVOICE, **changes) -> SeenDocument:
    made = SeenDocument("Sydney", f"{kind}-{number}", kind, number, DAY, "AUD", Decimal(total))
    return replace(made, **changes)


def wanted(number: str = "INV-1", total: str = "110.00", kind: DocumentKind = INVOICE) -> Wanted:
    return Wanted(kind, number, Decimal(total), "AUD")


MAPPED = OwnRecord("mapped", wanted=(wanted(),))
COGS = OwnRecord("mapped", wanted=(wanted(), wanted("INV-1-COGS", "60.00", JOURNAL)))
_JOURNAL = seen("INV-1-COGS", "60.00", JOURNAL)
BOUGHT = OwnRecord("mapped", wanted=(wanted("SUP-9", "88.00", BILL),))
_BILL = seen("SUP-9", "88.00", BILL)
OFF = record("SUP-9", "88.00", kind="procurement", batched=False, off_list=True)


@pytest.mark.requirement("D1")
@pytest.mark.parametrize(
    ("bucket", "closed", "own", "documents"),
    [
        (Bucket.POSTED_ONCE, record(), MAPPED, [seen()]),
        (Bucket.POSTED_ONCE, record(), None, [seen()]),  # a restored database knows nothing of it
        (Bucket.POSTED_ONCE, record("CM-1", "-35.00"), None, [seen("CM-1", "35.00", CREDIT)]),
        (Bucket.POSTED_ONCE, record(), COGS, [seen(), _JOURNAL]),
        (Bucket.MISSING, record(), COGS, [seen()]),
        (Bucket.IN_FLIGHT, record(batched=False), replace(COGS, in_hand=True), [seen()]),
        (Bucket.TWICE, record(), MAPPED, [seen(), seen("INV-1A")]),
        (Bucket.TWICE, record(), COGS, [seen(), _JOURNAL, replace(_JOURNAL, ledger_id="another")]),
        (Bucket.TWICE, record(), None, [seen(), seen("INV-1", "110.00", CREDIT)]),
        (Bucket.AMOUNT_DIFFERS, record(), MAPPED, [seen(total="110.01")]),
        (Bucket.AMOUNT_DIFFERS, record(), MAPPED, [seen(currency="USD")]),
        (Bucket.AMOUNT_DIFFERS, record(), COGS, [seen(), replace(_JOURNAL, total=Decimal("59.99"))]),
        (Bucket.AMOUNT_DIFFERS, record("INV-1", "-110.00"), None, [seen()]),
        (Bucket.IN_FLIGHT, record(batched=False), replace(MAPPED, in_hand=True), [seen(total="99.00")]),
        (Bucket.POSTED_NOT_BATCHED, record(batched=False), MAPPED, [seen()]),
        (Bucket.POSTED_NOT_BATCHED, record(batched=False), replace(MAPPED, outcome="stopped"), [seen()]),
        (Bucket.IN_FLIGHT, record(batched=False), replace(MAPPED, in_hand=True), [seen(draft=True)]),
        (Bucket.BATCHED_NOT_POSTED, record(), MAPPED, []),
        (Bucket.BATCHED_NOT_POSTED, record(), OwnRecord("skipped", codes=("ALREADY_BATCHED",)), []),
        (Bucket.NO_EFFECT, record(total="0.00"), OwnRecord("no_effect", wanted=()), []),
        (Bucket.BATCHED_NOT_POSTED, record(), OwnRecord("no_effect", wanted=()), []),  # it was 0.00 when it was decided
        (Bucket.BATCHED_NOT_POSTED, record(total="0.00"), OwnRecord("stopped", codes=("ACCOUNT_ARCHIVED",)), []),
        (Bucket.BATCHED_NOT_POSTED, record(total="0.00"), OwnRecord("skipped", codes=("ALREADY_BATCHED",)), []),
        (Bucket.IN_FLIGHT, record(total="0.00"), OwnRecord("received", in_hand=True), []),
        (Bucket.STOPPED, record(total="0.00"), None, []),
        (Bucket.EXCLUDED, record(), OwnRecord("no_effect", codes=("EXCLUDED_BY_RULE",), wanted=()), []),
        (Bucket.EXCLUDED, record(batched=False), OwnRecord("skipped", codes=("EXCLUDED_BY_RULE",)), []),
        (Bucket.EXCLUDED, record(batched=False), OwnRecord("skipped", codes=("SKIPPED",)), [seen()]),
        (Bucket.ONBOARDED, record(before_go_live=True), None, []),
        (Bucket.ONBOARDED, record(before_go_live=True), None, [seen(total="99.00")]),
        (Bucket.ONBOARDED, record(batched=False), OwnRecord("skipped", codes=("BEFORE_GO_LIVE",)), []),
        (Bucket.HELD, record(batched=False), OwnRecord("held", codes=("HELD",)), []),
        (Bucket.LEFT_THE_LIST, OFF, OwnRecord("open", codes=("NOT_ON_UNPOSTED_LIST",)), []),
        (Bucket.LEFT_THE_LIST, OFF, replace(BOUGHT, outcome="stopped"), [_BILL]),
        (Bucket.AMOUNT_DIFFERS, OFF, BOUGHT, [replace(_BILL, total=Decimal("80.00"))]),
        (Bucket.IN_FLIGHT, OFF, replace(BOUGHT, in_hand=True), [_BILL]),
        (Bucket.IN_FLIGHT, OFF, replace(BOUGHT, in_hand=True), []),
        (Bucket.EXCLUDED, OFF, OwnRecord("skipped", codes=("SKIPPED",)), []),
        (Bucket.STOPPED, record(batched=False), OwnRecord("stopped", codes=("TAX_CODE_UNKNOWN",)), []),
        (Bucket.STOPPED, record(batched=False), OwnRecord("dead", codes=("INTERNAL_FAULT",)), []),
        (Bucket.STOPPED, record(batched=False), replace(MAPPED, outcome="stopped"), []),
        (Bucket.IN_FLIGHT, record(batched=False), replace(MAPPED, in_hand=True), []),
        (Bucket.IN_FLIGHT, record(batched=False), replace(MAPPED, fresh=True), []),
        (Bucket.IN_FLIGHT, record(batched=False, fresh=True), None, []),
        (Bucket.MISSING, record(batched=False), MAPPED, []),
        (Bucket.MISSING, record(batched=False), None, []),
        (Bucket.POSTED_ONCE, record("SUP-9", "88.00", kind="procurement"), OwnRecord("mapped", wanted=(wanted("SUP-9", "88.00", BILL),)), [seen("SUP-9", "88.00", BILL)]),
        (Bucket.AMOUNT_DIFFERS, record("SUP-9", "88.00", kind="procurement"), OwnRecord("stopped"), [seen("SUP-9", "80.00", BILL)]),
    ],
)  # fmt: skip
def test_a_record_is_judged_by_what_all_three_sides_show(bucket, closed, own, documents) -> None:
    assert judge(closed, own, documents).bucket is bucket


@pytest.mark.requirement("D1")
@pytest.mark.parametrize(
    ("left_out", "bucket"),
    [
        (OwnRecord("skipped", codes=("SKIPPED",), wanted=(wanted(),)), Bucket.EXCLUDED),
        (OwnRecord("onboarded"), Bucket.ONBOARDED),
    ],
)
def test_what_is_left_out_is_judged_all_the_same_while_a_document_of_ours_stands(left_out, bucket) -> None:
    closed = record(batched=False)

    def of(*documents: SeenDocument, counts: bool = True) -> Bucket:
        claims = [OwnDocument(closed.record_id, "Sydney", INVOICE, "INV-1", one.ledger_id, counts) for one in documents]
        own = {closed.record_id: left_out}
        placed = placing.place([closed], own, claims, list(documents))
        [row] = report(PERIOD, [closed], own, placed, {}, []).rows
        return row.bucket

    assert of(seen()) is Bucket.POSTED_NOT_BATCHED
    assert of(seen(), seen(ledger_id="another")) is Bucket.TWICE
    assert of() is bucket
    assert of(seen(), counts=False) is bucket, "a person left it there"
    assert judge(closed, left_out, [seen()]).bucket is bucket, "somebody else's of that number"


def test_what_is_settled_bears_no_codes_and_what_is_not_says_why() -> None:
    stopped = OwnRecord("stopped", codes=("TAX_CODE_UNKNOWN",))
    assert judge(record(batched=False), stopped, []).codes == ("TAX_CODE_UNKNOWN",)
    assert judge(record(before_go_live=True), OwnRecord("skipped", codes=("BEFORE_GO_LIVE",)), []).codes == ()


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (OwnRecord("skipped", codes=("ALREADY_BATCHED",)), "batched by somebody else"),
        (MAPPED, "in a batch that our rows do not know"),
        (OwnRecord("open"), "in a batch that our rows do not know"),
        (replace(MAPPED, outcome="batched"), "batched by us, and no document of it is in the ledger"),
        (None, "we never heard of it"),
    ],
)
def test_what_is_batched_and_not_posted_says_why(own, why) -> None:
    assert judge(record(), own, []).detail == why


# --- which document stands for which record


def test_an_id_of_ours_holds_whatever_somebody_renumbered() -> None:
    one, other = record("INV-1"), record("INV-2")
    claim = OwnDocument(one.record_id, "Sydney", INVOICE, "INV-1", "x")
    placed = placing.place([one, other], {}, [claim], [seen("INV-2", ledger_id="x")])
    assert list(placed.of) == [one.record_id]


def test_a_document_of_another_company_is_nothing_to_a_record() -> None:
    placed = placing.place([record()], {}, [], [seen(company="London")])
    assert not placed.of
    assert len(placed.rest) == 1


def test_of_two_invoices_with_one_number_each_gets_its_own_document() -> None:
    small, large = record(total="10.00", source_id="1"), record(total="20.00", source_id="2")
    large = replace(large, record_id=uuid5(UUID(int=2), "large"))
    documents = [seen(total="20.00", ledger_id="l"), seen(total="10.00", ledger_id="s")]
    placed = placing.place([small, large], {}, [], documents)
    assert {key: [item.ledger_id for item in items] for key, items in placed.of.items()} == {
        small.record_id: ["s"],
        large.record_id: ["l"],
    }


def test_a_forgotten_bill_is_found_only_if_kind_number_and_total_agree() -> None:
    receipt = record("SUP-9", "88.00", kind="procurement")
    own = {receipt.record_id: OwnRecord("mapped", wanted=(wanted("SUP-9", "88.00", BILL),))}
    assert placing.place([receipt], own, [], [seen("SUP-9", "88.00", BILL)]).of
    assert not placing.place([receipt], own, [], [seen("SUP-9", "80.00", BILL)]).of
    assert not placing.place([receipt], own, [], [seen("SUP-8", "88.00", BILL)]).of


# --- whatever was read

_NUMBERS = st.sampled_from([f"INV-{n}" for n in range(6)])
_AMOUNTS = st.sampled_from([Decimal(text) for text in ("0.00", "10.00", "10.01", "-10.00", "99.95")])
_COMPANIES = st.sampled_from(["Sydney", "London", ""])
_STATES = [
    "received",
    "open",
    "mapped",
    "held",
    "waiting",
    "stopped",
    "skipped",
    "superseded",
    "no_effect",
    "onboarded",
    "dead",
]
_CODES = st.lists(
    st.sampled_from(["EXCLUDED_BY_RULE", "SKIPPED", "BEFORE_GO_LIVE", "ALREADY_BATCHED", "HELD", "TAX_CODE_UNKNOWN"]),
    max_size=2,
)
_WANTED = st.none() | st.lists(
    st.builds(
        Wanted, st.sampled_from(list(DocumentKind)), _NUMBERS, _AMOUNTS.map(abs), st.sampled_from(["AUD", "USD"])
    ),
    max_size=2,
).map(tuple)
_OWN = st.builds(
    OwnRecord,
    st.sampled_from(_STATES),
    st.sampled_from([None, "batched", "stopped", "waiting", "draft"]),
    _CODES.map(tuple),
    _WANTED,
    st.booleans(),
    st.booleans(),
)


@st.composite
def worlds(draw):
    records, own, claims = [], {}, []
    for place in range(draw(st.integers(0, 6))):
        made = ClosedRecord(
            uuid5(UUID(int=3), str(place)),
            draw(st.sampled_from(["invoice", "procurement", "expense"])),
            str(place),
            draw(_NUMBERS),
            "Acme",
            DAY,
            draw(st.sampled_from(["AUD", "USD"])),
            draw(_AMOUNTS),
            draw(_COMPANIES),
            draw(st.booleans()),
            before_go_live=draw(st.booleans()),
            fresh=draw(st.booleans()),
            off_list=draw(st.booleans()),
        )
        records.append(made)
        if draw(st.booleans()):
            own[made.record_id] = draw(_OWN)
    documents = [
        SeenDocument(
            draw(st.sampled_from(["Sydney", "London"])),
            f"d{place}",
            draw(st.sampled_from(list(DocumentKind))),
            draw(_NUMBERS),
            DAY,
            draw(st.sampled_from(["AUD", "USD"])),
            abs(draw(_AMOUNTS)),
        )
        for place in range(draw(st.integers(0, 8)))
    ]
    for document in documents:
        if draw(st.booleans()):
            known = [item.record_id for item in records] + [uuid5(UUID(int=4), "elsewhere")]
            claims.append(
                OwnDocument(
                    draw(st.sampled_from(known)),
                    document.company,
                    document.kind,
                    document.number,
                    document.ledger_id,
                    draw(st.booleans()),
                )
            )
    return records, own, claims, documents


def made_report(world) -> tuple[Report, placing.Placed]:
    records, own, claims, documents = world
    placed = placing.place(records, own, claims, documents)
    others = {record_id: Stray.RECORD_GONE for record_id, _ in placed.of_others}
    unknown = [(Stray.NO_RECORD, item) for item in placed.rest]
    return report(PERIOD, records, own, placed, others, unknown), placed


@pytest.mark.requirement("D1")
@given(worlds())
def test_every_closed_record_is_in_one_bucket_and_counts_add_up(world) -> None:
    found, _ = made_report(world)
    assert Counter(row.record.record_id for row in found.rows) == Counter(item.record_id for item in world[0])
    totals = found.totals()
    assert sum(total.records for total in totals) == len(world[0])
    for company, currency in {(item.company, item.currency) for item in world[0]}:
        mine = [total for total in totals if (total.company, total.currency) == (company, currency)]
        closed = [item.total for item in world[0] if (item.company, item.currency) == (company, currency)]
        assert sum(total.source for total in mine) == sum(closed)


@pytest.mark.requirement("D1")
@given(worlds())
def test_every_document_of_the_ledger_has_exactly_one_place(world) -> None:
    found, _ = made_report(world)
    placed = [item.key for row in found.rows for item in row.documents]
    placed += [row.document.key for row in found.strays]
    assert Counter(placed) == Counter(item.key for item in world[3])


@pytest.mark.requirement("D1")
@given(worlds())
def test_what_is_posted_once_ties_to_the_cent(world) -> None:
    found, _ = made_report(world)
    for row in found.rows:
        if row.bucket is Bucket.POSTED_ONCE and row.record.record_type == "invoice":
            assert row.ledger_total == row.record.total
            assert sum(item.kind in SALES for item in row.documents) == 1
        if row.bucket is Bucket.POSTED_ONCE and row.record.record_type != "invoice":
            own = world[1].get(row.record.record_id)
            decided = own is not None and own.wanted is not None
            mine = [item for item in own.wanted if item.currency == row.record.currency] if decided else []
            worth = sum((signed(item.kind, item.total) for item in mine), Decimal(0)) if decided else row.record.total
            assert row.ledger_total == worth
        if not row.documents:
            assert row.bucket not in {
                Bucket.POSTED_ONCE,
                Bucket.TWICE,
                Bucket.AMOUNT_DIFFERS,
                Bucket.POSTED_NOT_BATCHED,
            }


@given(worlds())
def test_it_is_clean_exactly_when_no_bad_bucket_has_anything_in_it(world) -> None:
    found, _ = made_report(world)
    bad = {
        Bucket.MISSING,
        Bucket.TWICE,
        Bucket.AMOUNT_DIFFERS,
        Bucket.POSTED_NOT_BATCHED,
        Bucket.BATCHED_NOT_POSTED,
        Bucket.LEFT_THE_LIST,
    }
    assert {bucket for bucket in Bucket if bucket.concern is Concern.WRONG} == bad
    wrong = any(row.bucket in bad for row in found.rows) or any(
        row.reason in {Stray.NO_RECORD, Stray.RECORD_GONE} for row in found.strays
    )
    assert found.clean is not wrong
    assert not found.complete or found.clean


@given(worlds(), st.randoms(use_true_random=False))
def test_the_hash_names_the_report_whatever_order_things_were_read_in(world, random) -> None:
    found, _ = made_report(world)
    rows, strays = list(found.rows), list(found.strays)
    written = canonical.csv_bytes(found)
    assert canonical.report_hash(found) == sha256_hex(written)
    lines = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert lines[0] == list(canonical.COLUMNS)
    assert [len(line) for line in lines] == [len(canonical.COLUMNS)] * (1 + len(rows) + len(strays))
    if rows:
        other = replace(found, rows=(replace(rows[0], bucket=Bucket.TWICE, detail="changed"), *rows[1:]))
        assert canonical.report_hash(other) != canonical.report_hash(found)
    shuffled = list(world[0])
    random.shuffle(shuffled)
    again = report(PERIOD, shuffled, world[1], made_report(world)[1], {}, [])
    assert [row.record.record_id for row in again.rows] == [row.record.record_id for row in found.rows]
