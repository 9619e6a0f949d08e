"""Adopt what is ours, stop at what is not, never count what was voided (protocol step 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.poster.domain.match import Match, Meant, There, judge

MEANT = Meant("C-1", date(2026, 10, 1), "AUD", Decimal("10.00"), Decimal("110.00"), 2)
THERE = There("L-1", "C-1", date(2026, 10, 1), "AUD", Decimal("10.00"), Decimal("110.00"), 2, live=True, draft=False)


@pytest.mark.requirement("D2", "B31")
def test_the_same_document_is_adopted_by_its_id() -> None:
    result = judge(MEANT, [THERE], we_sent_it=True)
    assert (result.match, result.ledger_id) == (Match.SAME, "L-1")


def test_a_draft_is_adopted_as_a_draft() -> None:
    assert judge(MEANT, [replace(THERE, draft=True)], we_sent_it=True).match is Match.SAME_DRAFT


def test_voided_and_deleted_documents_do_not_count() -> None:
    assert judge(MEANT, [replace(THERE, live=False)], we_sent_it=True).match is Match.ABSENT


def test_two_live_matches_stop_the_record() -> None:
    assert judge(MEANT, [THERE, replace(THERE, ledger_id="L-2")], we_sent_it=True).match is Match.SEVERAL


@pytest.mark.parametrize(
    "other",
    [
        replace(THERE, total=Decimal("110.01")),
        replace(THERE, tax=Decimal("9.99")),
        replace(THERE, line_count=3),
        replace(THERE, currency="NZD"),
    ],
)
def test_our_own_document_with_other_figures_is_a_mismatch_not_a_new_document(other: There) -> None:
    assert judge(MEANT, [other], we_sent_it=True).match is Match.OURS_DIFFERS
    assert judge(MEANT, [other], we_sent_it=False).match is Match.FOREIGN


@pytest.mark.parametrize("other", [replace(THERE, contact_id="C-2"), replace(THERE, document_date=date(2026, 9, 1))])
def test_somebody_elses_document_under_our_number_is_never_adopted(other: There) -> None:
    assert judge(MEANT, [other], we_sent_it=True).match is Match.FOREIGN


@pytest.mark.requirement("M16", "A129")
def test_another_suppliers_bill_with_our_number_is_nothing_to_us() -> None:
    other = replace(THERE, contact_id="C-2")
    assert judge(MEANT, [other], we_sent_it=True, unique=False).match is Match.ABSENT
    assert judge(MEANT, [other, THERE], we_sent_it=False, unique=False).match is Match.SAME


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    "other",
    [
        replace(THERE, document_date=date(2026, 9, 1)),
        replace(THERE, total=Decimal(99)),
        replace(THERE, line_count=3),
    ],
)
def test_a_bill_is_adopted_only_if_supplier_date_lines_and_total_agree(other: There) -> None:
    assert judge(MEANT, [other], we_sent_it=True, unique=False).match is Match.FOREIGN
    known = judge(MEANT, [other], we_sent_it=True, unique=False, known_id="L-1")
    assert known.match is Match.OURS_DIFFERS


def test_a_document_that_is_known_to_be_ours_counts_alone_whoever_else_has_the_number() -> None:
    others = [replace(THERE, ledger_id="L-8"), replace(THERE, ledger_id="L-9", contact_id="C-2")]
    known = judge(MEANT, [*others, THERE], we_sent_it=False, known_id=THERE.ledger_id)
    assert (known.match, known.ledger_id) == (Match.SAME, THERE.ledger_id)
