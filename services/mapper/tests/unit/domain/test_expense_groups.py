"""Which expenses are one document, and that the document is their sum (M17)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.mapper.domain.expense_documents import LeftOut, Share, explained, merged
from ledgerwire.mapper.domain.expense_groups import (
    Grouped,
    GroupKey,
    KnownGroup,
    Part,
    Way,
    divide,
    key_of,
    new_number,
    report_of,
)
from ledgerwire.mapper.domain.purchase_model import GroupTerms
from ledgerwire.mapper.domain.settings import DocumentPer
from ledgerwire.mapper.domain.trace import in_words

from .build_purchases import BUYING, amounts, document, pair, spent, sums

pytestmark = pytest.mark.requirement("M17")

PER_REPORT = replace(BUYING, expenses=replace(BUYING.expenses, document_per=DocumentPer.REPORT))
CARD = {"payment_type": "Company card"}
NAMES = UUID("00000000-0000-4000-8000-000000000017")


def record(number: int) -> UUID:
    return uuid5(NAMES, str(number))


def key(**changes: object) -> GroupKey:
    return replace(GroupKey("company", 7, "Jane Roe", 12, Way.REIMBURSED, "member:7", "AUD", 1), **changes)


def one(number: int, group: int | None = None, **changes: object) -> Grouped:
    return Grouped(record(number), f"EXP-{number}", key(**changes), record(group) if group else None)


def known(number: int, *members: int, name: str = "EXPR-12", **changes: object) -> KnownGroup:
    return KnownGroup(record(number), name, key(**changes).text, frozenset(map(record, members)))


def shown(parts: list[Part]) -> list[tuple[str | None, tuple[UUID, ...]]]:
    return [(part.known.number if part.known else None, part.members) for part in parts]


def test_the_expenses_of_a_report_go_by_who_is_owed() -> None:
    def told(**changes: object) -> GroupKey | None:
        return key_of(spent(settings=PER_REPORT, report_id=12, **changes), "company")

    own, card = told(), told(classification="NonReimbursable", **CARD)
    owed, journal = told(classification="Personal", **CARD), told(pairs=(pair("110.00", "425", "855"),))
    assert [(made.way, made.number) for made in (own, card, owed, journal)] == [
        (Way.REIMBURSED, "EXPR-12"),
        (Way.CARD, "EXPR-12-C"),
        (Way.OWED, "EXPR-12-P"),
        (Way.JOURNAL, "EXPR-12-J"),
    ]
    assert own.about == "expense report 12 of Jane Roe"
    assert report_of(own.text) == 12
    assert len({made.text for made in (own, card, owed, journal, told(currency="EUR"), told(member_id=8))}) == 6


def test_an_expense_goes_by_itself_by_setting_without_a_report_and_once_its_document_is_shared_not_any_more() -> None:
    assert key_of(spent(report_id=12), "company") is None
    assert key_of(spent(settings=PER_REPORT), "company") is None
    assert key_of(spent(report_id=12), "company", always=True) is not None


def test_a_report_is_one_part_and_a_group_takes_who_joins() -> None:
    assert shown(divide([one(2), one(1), one(10)], [])) == [(None, (record(1), record(2), record(10)))]
    [part] = divide([one(1, 90), one(2)], [known(90, 1)])
    assert shown([part]) == [("EXPR-12", (record(1), record(2)))]
    assert shown(divide([one(2)], [known(90, 1)])) == [("EXPR-12", (record(2),))]


def test_who_is_owed_otherwise_now_leaves_the_group() -> None:
    parts = divide([one(1, 90), one(2, 90, way=Way.CARD)], [known(90, 1, 2)])
    assert shown(parts) == [("EXPR-12", (record(1),)), (None, (record(2),))]
    stays = divide([one(2, 90, way=Way.CARD)], [known(90, 1, 2)])
    assert shown(stays) == [(None, (record(2),))], "one that is batched keeps the group"


def test_a_group_whose_expenses_all_became_another_kind_keeps_its_document() -> None:
    parts = divide([one(1, 90, mapping_version=2), one(2, 90, mapping_version=2)], [known(90, 1, 2)])
    assert shown(parts) == [("EXPR-12", (record(1), record(2)))]
    assert parts[0].key.mapping_version == 2
    moved = [one(1, 90, report_id=13), one(2, 90, report_id=13), one(3, 90, report_id=14)]
    assert shown(divide(moved, [known(90, 1, 2, 3)])) == [("EXPR-12", (record(1), record(2))), (None, (record(3),))]


@pytest.mark.requirement("M8")
def test_another_mapping_version_takes_nobody_out_of_a_document_that_was_sent() -> None:
    sent = replace(known(90, 1, 2, 3), sent=True)
    parts = divide([one(1, 90, mapping_version=2)], [sent])
    assert shown(parts) == [("EXPR-12", (record(1),))], "others of it may be open again or batched"
    assert parts[0].key.mapping_version == 2
    split = divide([one(1, 90), one(2, 90, mapping_version=2)], [sent])
    assert shown(split) == [("EXPR-12", (record(1), record(2)))]
    assert shown(divide([one(1, 90), one(2, 90, mapping_version=2)], [known(90, 1, 2)])) == [
        ("EXPR-12", (record(1),)), (None, (record(2),))
    ], "before that, each mapping has its own"  # fmt: skip
    moved = divide([one(1, 90, mapping_version=2), one(2, 90, mapping_version=2, way=Way.CARD)], [sent])
    assert shown(moved) == [("EXPR-12", (record(1),)), (None, (record(2),))]


def test_a_number_is_never_given_twice() -> None:
    assert new_number("EXPR-12", ()) == "EXPR-12"
    assert new_number("EXPR-12", {"EXPR-12", "EXPR-12-2", "EXPR-12-C"}) == "EXPR-12-3"


WAYS = st.sampled_from(list(Way))
EXPENSES = st.lists(
    st.tuples(st.integers(1, 40), WAYS, st.integers(11, 13), st.sampled_from([None, 90, 91, 92])),
    max_size=30,
    unique_by=lambda each: each[0],
)


@pytest.mark.requirement("M5")
@given(EXPENSES, st.lists(st.tuples(st.sampled_from([90, 91, 92]), WAYS), max_size=3, unique_by=lambda each: each[0]))
def test_every_expense_is_in_exactly_one_document_with_its_like(
    expenses: list[tuple[int, Way, int, int | None]], groups: list[tuple[int, Way]]
) -> None:
    there = {number for number, _ in groups}
    wishes = [one(number, group if group in there else None, way=way, report_id=report)
              for number, way, report, group in expenses]  # fmt: skip
    stored = [
        known(number, *(each for each, _, _, group in expenses if group == number), name=f"EXPR-{number}", way=way)
        for number, way in groups
    ]
    parts = divide(wishes, stored)
    placed = Counter(member for part in parts for member in part.members)
    assert placed == Counter({wish.record_id: 1 for wish in wishes})
    by_record = {wish.record_id: wish.key.text for wish in wishes}
    assert all({by_record[member] for member in part.members} <= {part.key.text} for part in parts)
    groups_used = Counter(part.known.group_id for part in parts if part.known)
    assert set(groups_used.values()) <= {1}
    new = [part.key.text for part in parts if part.known is None]
    assert len(set(new)) == len(new), "what is alike is together"
    assert not set(new) & {part.key.text for part in parts if part.known}, "and joins what is there"


def share(number: int, total: str = "110.00", tax: str = "10.00", **more: object) -> Share:
    net = str(Decimal(total) - Decimal(tax))
    source = spent(total, tax, net=net, tax_row=tax if Decimal(tax) else None, settings=PER_REPORT,
                   number=f"EXP-{number}", source_id=str(number), **more)  # fmt: skip
    grouped = replace(source, group=GroupTerms("EXPR-12", date(2026, 2, 20)))
    return Share(f"EXP-{number}", document(grouped))


def test_one_document_says_whose_line_is_whose_and_bears_the_latest_day() -> None:
    [made] = merged("EXPR-12", "Expense report 12", [share(1), share(2, "55.00", "5.00")])
    assert (made.kind, made.number, made.contact.company_key) == (DocumentKind.BILL, "EXPR-12", "member:7")
    assert sums(made) == ("150.00", "15.00", "165.00")
    assert [line.description for line in made.lines] == ["EXP-1: Taxi", "EXP-2: Taxi"]
    assert (made.document_date, made.due_date) == (date(2026, 2, 20), date(2026, 2, 20))
    assert {len(line.source_ids) for line in made.lines} == {2}


def test_what_was_paid_back_takes_off_and_may_outweigh() -> None:
    back = share(3, "-77.00", "-7.00")
    assert back.document.kind is DocumentKind.SUPPLIER_CREDIT
    [made] = merged("EXPR-12", "", [share(1), back])
    assert (made.kind, sums(made)) == (DocumentKind.BILL, ("30.00", "3.00", "33.00"))
    assert amounts(made) == [("425", "100.00", "INPUT", "10.00"), ("425", "-70.00", "INPUT", "-7.00")]
    [owed] = merged("EXPR-12", "", [share(1, "11.00", "1.00"), back])
    assert (owed.kind, sums(owed)) == (DocumentKind.SUPPLIER_CREDIT, ("60.00", "6.00", "66.00"))
    assert merged("EXPR-12", "", [share(1, "77.00", "7.00"), back]) == (), "together they move nothing"


def test_journals_of_a_report_are_one_journal() -> None:
    def entry(number: int, total: str) -> Share:
        pairs = (pair(total, "425", "855"),)
        source = spent(total, "0", pairs=pairs, settings=PER_REPORT, number=f"EXP-{number}")
        return Share(f"EXP-{number}", document(replace(source, bill=())))

    [made] = merged("EXPR-12-J", "Jane Roe / Expense report 12", [entry(1, "40.00"), entry(2, "2.50")])
    assert (made.kind, made.contact, sums(made)) == (DocumentKind.JOURNAL, None, ("42.50", "0.00", "42.50"))
    assert sum((line.net for line in made.lines), Decimal(0)) == 0


CENTS = st.integers(-50_000, 50_000).filter(bool).map(lambda cents: Decimal(cents) / 100)


@pytest.mark.requirement("M11")
@given(st.lists(st.tuples(CENTS, st.booleans()), min_size=1, max_size=25))
def test_the_document_is_the_sum_of_its_expenses_to_the_cent(spendings: list[tuple[Decimal, bool]]) -> None:
    shares = []
    for number, (amount, taxed) in enumerate(spendings, 1):
        tax = (amount / 11).quantize(Decimal("0.01")) if taxed else Decimal(0)
        shares.append(share(number, str(amount), str(tax)))
    owed = sum((amount for amount, _ in spendings), Decimal(0))
    made = merged("EXPR-12", "", shares)
    if not made:
        assert owed == 0
        return
    [one_document] = made
    sign = 1 if one_document.kind is DocumentKind.BILL else -1
    assert one_document.total * sign == owed
    assert one_document.total >= 0
    assert lines_tie(one_document)
    assert len(one_document.lines) == sum(len(each.document.lines) for each in shares)


def lines_tie(made: LedgerDocument) -> bool:
    net = sum((line.net for line in made.lines), Decimal(0))
    tax = sum((line.tax_amount for line in made.lines), Decimal(0))
    return (net, tax, net + tax) == (made.net, made.tax, made.total)


def test_the_trace_names_what_the_document_stands_for_and_what_was_left_out() -> None:
    left = [LeftOut("EXP-9", "was skipped by a person")]
    [said] = in_words(explained("EXPR-12", key().about, [share(1), share(2, "55.00", "5.00")], left))
    assert said == (
        "One document for expense report 12 of Jane Roe: EXPR-12. One document EXPR-12 because it stands for "
        "EXP-1 (110.00), EXP-2 (55.00). Not used: EXP-9 was skipped by a person."
    )
