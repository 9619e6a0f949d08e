from dataclasses import replace
from datetime import date

import pytest

from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import GlTableRow, Ignored, NoEffect, Term
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment, TermsSettings
from ledgerwire.mapper.domain.terms import due_by_reference

from .build import SETTINGS, document, gl_line, mapped, source, stop, stops, warnings


@pytest.mark.requirement("M14")
@pytest.mark.parametrize(
    ("reference", "due"),
    [
        ("0", date(2026, 1, 31)),
        ("Net 14", date(2026, 2, 14)),
        ("30 days", date(2026, 3, 2)),
        ("EOM+20", date(2026, 2, 20)),
        ("end of month", date(2026, 1, 31)),
        ("DUE ON RECEIPT", date(2026, 1, 31)),
        ("20 days after end of month", date(2026, 2, 20)),
        ("20th of following month", date(2026, 2, 20)),
        ("31st of next month", date(2026, 2, 28)),
        ("15 of current month", date(2026, 1, 15)),
        ("Staff", None),
    ],
)
def test_what_a_cross_reference_says_about_the_due_date(reference, due):
    assert due_by_reference(reference, date(2026, 1, 31)) == due


@pytest.mark.requirement("A134", "M14", "M25")
def test_a_blank_cross_reference_warns_and_the_printed_due_date_stands():
    given = replace(source(due_date=date(2026, 3, 14), term="Net 14"), term=Term("Net 14", 14, ""))
    result = mapped(given)
    assert result.documents[0].due_date == date(2026, 3, 14)
    assert [item.message for item in result.findings] == [
        "Posted, due 14 Mar as printed. Term 'Net 14' has no cross-reference."
    ]


@pytest.mark.requirement("M14")
def test_zero_days_are_valid_and_a_link_in_the_settings_is_a_cross_reference():
    receipt = replace(source(due_date=date(2026, 2, 10), term="Due on receipt"), term=Term("Due on receipt", 0, "0"))
    assert warnings(receipt) == []
    linked = replace(SETTINGS, terms=TermsSettings({"Net 14": "Net 14 days"}))
    blank = replace(source(due_date=date(2026, 2, 24), term="Net 14", settings=linked), term=Term("Net 14", 14, None))
    assert warnings(blank) == []


@pytest.mark.requirement("M14")
def test_a_due_date_that_the_term_does_not_make_is_a_warning():
    given = source(due_date=date(2026, 3, 1))
    assert warnings(given) == ["TERMS_DUE_DATE_DIFFERS"]
    assert "?" not in mapped(given).findings[0].message
    assert document(given).due_date == date(2026, 3, 1)


@pytest.mark.requirement("A134")
@pytest.mark.parametrize(
    ("exported", "term", "due"),
    [
        (date(2026, 3, 9), Term("T", 7, "x"), date(2026, 3, 9)),
        (None, Term("T", 7, "x"), date(2026, 2, 17)),
        (None, Term("T", None, "x"), date(2026, 2, 10)),
    ],
)
def test_without_a_printed_due_date_a_stated_fall_back_is_used(exported, term, due):
    given = replace(source(due_date=None, term="T", export={"due_date": exported}), term=term)
    assert document(given).due_date == due


@pytest.mark.requirement("M1", "A114")
@pytest.mark.parametrize(
    ("invoice", "reason", "code"),
    [
        ({"closed": False, "status": "GL Reload"}, "open", "INVOICE_OPEN"),
        ({"batch": "INV-by-hand"}, "batched", "ALREADY_BATCHED"),
        ({"listed": False}, "unlisted", "NOT_ON_UNPOSTED_LIST"),
        ({"closed": False, "batch": "B"}, "batched", "ALREADY_BATCHED"),
    ],
)
def test_only_closed_unbatched_listed_invoices_are_work(invoice, reason, code):
    result = map_record(source(**invoice))
    assert isinstance(result, Ignored)
    assert (result.reason, result.finding.code) == (reason, code)
    assert "?" not in result.finding.message


@pytest.mark.requirement("M2", "M25")
def test_missing_gl_entries_name_the_mapping_to_add():
    rows = (
        GlTableRow("R", "Corporate", "Us", "220", ""),
        GlTableRow("RA", "Agreement Type", "Managed", "200", ""),
        GlTableRow("AR", "Corporate", "Us", "610", ""),
        GlTableRow("ST", "Corporate", "Us", "820", ""),
    )
    given = replace(source(kinds=("R", "RA"), agreement="Redfern: Managed Security"), export=None, gl_table=rows)
    finding = stop(given)
    assert finding.message == (
        "INV-1042 was closed without GL entries: nothing in the GL table maps "
        "Agreement revenue (RA) of 'Redfern: Managed Security'."
    )
    assert "set INV-1042 to GL Reload and close it again" in finding.entry.render_action(finding.params)
    assert stops(replace(given, gl_table=())) == ["GL_ENTRIES_MISSING"]


RULE = ExclusionRule("internal", number_prefixes=("INT-",), company_ids=(250,))


@pytest.mark.requirement("M19")
def test_an_exclusion_leaves_the_record_unposted_or_batches_it_without_posting():
    settings = replace(SETTINGS, exclusions=(RULE,))
    left = map_record(source(settings=settings, number="INT-7"))
    assert isinstance(left, Ignored)
    assert (left.reason, left.finding.params["rule"]) == ("excluded", "internal")
    batched = replace(RULE, treatment=ExclusionTreatment.BATCH_WITHOUT_POSTING)
    result = map_record(source(settings=replace(SETTINGS, exclusions=(batched,)), number="INT-7"))
    assert isinstance(result, NoEffect)
    assert result.excluded
    assert [finding.code for finding in result.findings] == ["EXCLUDED_BY_RULE"]


@pytest.mark.requirement("M19")
@pytest.mark.parametrize(
    "rule",
    [RULE, ExclusionRule("types", invoice_types=("Progress",)), ExclusionRule("nothing")],
)
def test_every_stated_condition_must_hold_and_an_empty_rule_matches_nothing(rule):
    assert document(source(gl_line(101, "100.00"), settings=replace(SETTINGS, exclusions=(rule,)))).total
