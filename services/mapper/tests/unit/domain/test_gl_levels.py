"""Today's GL table explains the frozen account by level, and names the row to edit (M2, A128)."""

from dataclasses import replace

import pytest

from ledgerwire.mapper.domain.levels import relevant
from ledgerwire.mapper.domain.model import GlTableRow
from ledgerwire.mapper.domain.trace import in_words

from .build import gl_line, mapped, source, stop, stops

OWNER = GlTableRow("RP", "Corporate", "Harbourline", "220", "", order=9)
LOCATION = GlTableRow("RP", "Location", "Sydney", "220", "", order=8)
HARDWARE = GlTableRow("RP", "Product Category", "Hardware", "200", "", order=2)
CABLES = GlTableRow("RP", "Product Category", "Cables", "230", "", order=2)
PRODUCT = GlTableRow("RP", "Product", "DOCK", "200", "", order=1)
DOCK = gl_line(101, "100.00", gl_type="RP", account="200", product="DOCK", non_product_id=None, category="Hardware")


def explained(*rows, line=DOCK, **invoice):
    given = replace(source(line, **{"location": "Sydney", **invoice}), gl_table=rows)
    return mapped(replace(given, gl_table=relevant(given, rows)))


def why(result):
    return next(text for text in in_words(result.trace) if text.startswith("Account "))


@pytest.mark.requirement("M2", "D4")
@pytest.mark.parametrize(
    ("rows", "because"),
    [
        ((OWNER, HARDWARE, CABLES), "product category Hardware beats owner level"),
        ((OWNER, LOCATION, HARDWARE), "product category Hardware beats location Sydney and owner level"),
        ((OWNER, HARDWARE, PRODUCT), "product DOCK beats product category Hardware and owner level"),
        ((HARDWARE,), "product category Hardware gives it"),
        ((replace(OWNER, account="200"),), "owner level gives it"),
    ],
)
def test_the_account_is_explained_by_the_level_that_beats_the_others(rows, because):
    result = explained(*rows)
    assert f". Account 200 because {because}." in why(result)
    assert result.findings == ()


@pytest.mark.requirement("M2")
def test_rows_of_other_records_are_no_part_of_the_explanation():
    said = why(explained(OWNER, HARDWARE, CABLES, replace(LOCATION, record="Perth")))
    assert "Cables" not in said
    assert "Perth" not in said


@pytest.mark.requirement("M2")
def test_a_level_that_the_export_does_not_tell_may_be_what_gave_the_account():
    role = GlTableRow("R", "Work Role", "Engineer", "220", "", order=5)
    other = replace(role, record="Architect", account="230")
    owner = replace(OWNER, gl_type="R", account="200")
    result = explained(role, other, owner, line=gl_line(101, "100.00"))
    assert "because work role Engineer beats owner level" in why(result)
    assert result.findings == ()


@pytest.mark.requirement("M2", "M25")
def test_a_table_that_gives_another_account_today_is_told_with_the_row():
    result = explained(OWNER, replace(HARDWARE, account="210"))
    [finding] = result.findings
    assert (finding.code, finding.severity) == ("GL_ENTRIES_STALE", "warning")
    assert finding.message == (
        "INV-1042 was closed with account 200; today the GL table gives 210 (product category hardware) to Product "
        "revenue. The account of the close is used."
    ).replace("hardware", "Hardware")
    assert result.documents[0].lines[0].account_code == "200"


@pytest.mark.requirement("M2")
def test_a_less_specific_row_with_the_account_does_not_hide_that_today_another_wins():
    assert [
        item.code for item in explained(replace(OWNER, account="200"), replace(HARDWARE, account="210")).findings
    ] == ["GL_ENTRIES_STALE"]


@pytest.mark.requirement("A128", "M2", "M25")
def test_an_empty_account_names_the_mapping_row_to_fill():
    rows = (OWNER, replace(HARDWARE, account=""))
    given = replace(source(replace(DOCK, account="")), gl_table=rows)
    finding = stop(given)
    assert finding.message == (
        "Product revenue on INV-1042 ('On-site support') was closed with an empty account (product category Hardware)."
    )


@pytest.mark.requirement("A128", "M25")
def test_a_kind_that_nothing_maps_and_one_with_an_empty_account_are_told_apart():
    bare = replace(source(kinds=("R", "RP")), export=None)
    others = (OWNER, *(replace(OWNER, gl_type=kind) for kind in ("AR", "ST")))
    finding = stop(replace(bare, gl_table=others))
    assert (finding.code, finding.params["gl_type"]) == ("GL_NO_MAPPING", "R")
    assert finding.message == (
        "INV-1042 was closed without GL entries: the GL table maps Service revenue (R) at no level."
    )
    assert "owner level" in finding.entry.render_action(finding.params)
    empty = (*others, replace(OWNER, gl_type="R", account=""))
    assert stop(replace(bare, gl_table=empty)).code == "GL_EMPTY_ACCOUNT"
    assert stops(replace(bare, gl_table=(*others, replace(OWNER, gl_type="R")))) == ["GL_ENTRIES_MISSING"]


@pytest.mark.requirement("A128", "M2")
@pytest.mark.parametrize(("gl_type", "words"), [("AR", "Accounts receivable (AR)"), ("ST", "Sales tax (ST)")])
def test_receivable_and_sales_tax_need_a_mapping_too(gl_type, words):
    rows = [replace(OWNER, gl_type=kind) for kind in ("R", "AR", "ST") if kind != gl_type]
    finding = stop(replace(source(kinds=("R",)), export=None, gl_table=tuple(rows)))
    assert words in finding.message


@pytest.mark.requirement("M2")
def test_the_stored_input_keeps_only_the_rows_that_say_something():
    rows = (OWNER, HARDWARE, CABLES, PRODUCT, replace(OWNER, gl_type="RE"))
    assert relevant(source(DOCK), rows) == (OWNER, HARDWARE, PRODUCT)
    assert relevant(replace(source(kinds=("RE",)), export=None), rows) == (rows[-1],)
