from dataclasses import replace

import pytest

from ledgerwire.common.ledger.reference import LedgerItem, TrackingCategory
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import GlEntry, GlTableRow, Segment
from ledgerwire.mapper.domain.segments import is_ambiguous
from ledgerwire.mapper.domain.settings import DefaultItem, DefaultNonProductIds
from ledgerwire.mapper.domain.trace import words

from .build import REFERENCE, SEGMENTS, SETTINGS, document, gl_line, mapped, source, stop, warnings


@pytest.mark.requirement("A128", "M2", "M25")
@pytest.mark.parametrize(
    ("account", "code", "side"),
    [
        ("", "GL_EMPTY_ACCOUNT", "ConnectWise"),
        ("999", "GL_ACCOUNT_UNKNOWN", "ledger"),
        ("291", "ACCOUNT_ARCHIVED", "ConnectWise"),
        ("420", "ACCOUNT_WRONG_TYPE", "ConnectWise"),
        ("610", "ACCOUNT_WRONG_TYPE", "ConnectWise"),
    ],
)
def test_an_account_the_ledger_cannot_take_stops_with_its_own_cause(account, code, side):
    finding = stop(source(gl_line(101, "100.00", account=account)))
    assert (finding.code, finding.entry.side) == (code, side)
    assert finding.params["number"] == "INV-1042"
    assert "?" not in finding.message
    assert "GL Reload" in finding.entry.render_action(finding.params)


@pytest.mark.requirement("M2")
def test_a_linked_account_is_used_instead_of_the_frozen_one():
    linked = replace(SETTINGS, account_links={"4-2200": "220"})
    result = mapped(source(gl_line(101, "100.00", account="4-2200"), settings=linked))
    assert result.documents[0].lines[0].account_code == "220"
    said = words(next(item for item in result.trace.decisions if item.subject == "account"))
    assert said.startswith("Account for Service '4-2200': 220, because account link '4-2200 > 220' is Labour")


@pytest.mark.requirement("M2", "D4")
def test_todays_gl_table_explains_and_never_decides():
    rows = (GlTableRow("R", "Work Role", "Engineer", "220", "LABOUR"), GlTableRow("R", "Corporate", "Us", "200", ""))
    result = mapped(replace(source(), gl_table=rows))
    assert result.findings == ()
    [account] = [item for item in result.trace.decisions if item.subject == "account"]
    assert [item.value for item in account.candidates] == ["220", "Work Role: Engineer", "Corporate: Us"]
    assert ". Account 220 because work role Engineer beats owner level. " in words(account)
    assert "GL table today 'Work Role: Engineer' carries this account" in words(account)


@pytest.mark.requirement("M2")
def test_a_table_that_changed_since_the_close_is_a_warning_and_the_frozen_account_stays():
    rows = (GlTableRow("R", "Corporate", "Us", "200", ""),)
    given = replace(source(), gl_table=rows)
    assert warnings(given) == ["GL_ENTRIES_STALE"]
    assert document(given).lines[0].account_code == "220"


@pytest.mark.requirement("A073", "A074", "A075", "A076")
@pytest.mark.parametrize(
    ("gl_type", "account", "name"),
    [("R", "220", "service"), ("RE", "220", "expense"), ("RA", "200", "agreement"), ("RD", "812", "deferred_revenue")],
)
def test_each_revenue_kind_has_a_default_of_its_own_switch(gl_type, account, name):
    line = gl_line(101, "100.00", gl_type=gl_type, account=account, non_product_id=None)
    disabled = replace(SETTINGS, default_non_product_ids=DefaultNonProductIds())
    enabled = replace(SETTINGS, default_non_product_ids=DefaultNonProductIds(**{name: DefaultItem(True, "DOCK")}))
    others = {each: DefaultItem(True, "DOCK") for each in ("service", "expense", "agreement", "deferred_revenue")}
    others[name] = DefaultItem(False, "DOCK")
    assert stop(source(line, settings=disabled)).code == "NONPRODUCT_ID_MISSING"
    assert (
        stop(source(line, settings=replace(SETTINGS, default_non_product_ids=DefaultNonProductIds(**others)))).code
        == "NONPRODUCT_ID_MISSING"
    )
    result = mapped(source(line, settings=enabled))
    assert result.documents[0].lines[0].item_code == "DOCK"
    [item] = [each for each in result.trace.decisions if each.subject == "item"]
    assert item.default_used
    assert "(default used)" in words(item)


@pytest.mark.requirement("A077")
def test_a_mapped_id_always_wins_over_the_default():
    result = mapped(source(gl_line(101, "100.00", non_product_id="DEPOSIT")))
    assert result.documents[0].lines[0].item_code == "DEPOSIT"
    assert not any(item.default_used for item in result.trace.decisions)


@pytest.mark.requirement("A072", "A077")
def test_with_all_defaults_enabled_no_line_leaves_without_an_item():
    lines = [
        gl_line(101, "10.00", non_product_id=None),
        gl_line(102, "10.00", gl_type="RE", non_product_id=None),
        gl_line(103, "10.00", gl_type="RA", account="200", non_product_id=None),
        gl_line(104, "10.00", gl_type="RD", account="812", non_product_id=None),
    ]
    defaults = DefaultNonProductIds(*(DefaultItem(True, code) for code in ("LABOUR", "EXPENSE", "MANAGED", "DEPOSIT")))
    made = document(source(*lines, tax="4.00", settings=replace(SETTINGS, default_non_product_ids=defaults)))
    assert [line.item_code for line in made.lines] == ["LABOUR", "EXPENSE", "MANAGED", "DEPOSIT"]


@pytest.mark.requirement("M25")
def test_the_clerk_reads_which_revenue_lacks_its_id_and_both_ways_out():
    finding = stop(source(gl_line(101, "100.00", gl_type="RE", non_product_id=None)))
    assert finding.message == "Expense revenue on INV-1042 has no Non-Product ID."
    assert finding.entry.render_action(finding.params) == (
        "Fill it in System > Setup Tables > GL Accounts, set the invoice to GL Reload and close it; "
        "or enable the default, then Retry."
    )


@pytest.mark.requirement("M25")
def test_two_invoices_that_lack_the_same_id_share_one_cause():
    line = gl_line(101, "100.00", gl_type="RE", non_product_id=None)
    assert stop(source(line)).cause_key == stop(source(line, number="INV-1050")).cause_key


def test_product_lines_use_the_product_and_others_the_non_product_id():
    dock = gl_line(101, "100.00", gl_type="RP", account="200", product="DOCK", non_product_id="LABOUR")
    assert document(source(dock)).lines[0].item_code == "DOCK"
    bare = gl_line(101, "100.00", gl_type="RP", account="200", product=None, non_product_id=None)
    assert stop(source(bare)).code == "NONPRODUCT_ID_MISSING"


@pytest.mark.requirement("M10")
def test_an_item_the_ledger_does_not_have_stops():
    assert stop(source(gl_line(101, "100.00", non_product_id="NOPE"))).code == "ITEM_UNKNOWN"


def test_item_codes_of_more_than_thirty_characters_stop():
    code = "X" * 31
    known = replace(REFERENCE, items=(*REFERENCE.items, LedgerItem(code, "Long")))
    finding = stop(source(gl_line(101, "100.00", non_product_id=code), reference=known))
    assert (finding.code, finding.params["length"], finding.params["limit"]) == ("ITEM_CODE_TOO_LONG", "31", "30")
    assert "?" not in finding.message


@pytest.mark.requirement("M2")
@pytest.mark.parametrize(
    ("segments", "line", "ambiguous"),
    [
        (SEGMENTS, gl_line(1, "1.00"), False),
        (SEGMENTS, gl_line(1, "1.00", gl_class=""), True),
        (SEGMENTS, gl_line(1, "1.00", gl_class="A:B"), True),
        (SEGMENTS, gl_line(1, "1.00", account="220:Service Desk", gl_class=""), True),
        ((*SEGMENTS, Segment("Location", "Class")), gl_line(1, "1.00", gl_class="Service Desk:Sydney"), False),
        ((*SEGMENTS, Segment("Non-Product ID", "Class")), gl_line(1, "1.00"), True),
    ],
)
def test_joined_segments_are_told_from_clear_ones(segments, line, ambiguous):
    assert is_ambiguous(source(line).export, segments) is ambiguous


@pytest.mark.requirement("M2")
def test_the_segment_that_the_captions_name_holds_the_non_product_id():
    segments = (*SEGMENTS, Segment("Non-Product ID", "Class"))
    entries = (GlEntry(101, ("220", "Service Desk", "DEPOSIT", *[""] * 7), "LABOUR"),)
    joined = gl_line(101, "100.00", account="220:Service Desk:DEPOSIT", gl_class="", non_product_id=None)
    made = document(replace(source(joined), segments=segments, entries=entries))
    assert (made.lines[0].account_code, made.lines[0].item_code) == ("220", "DEPOSIT")
    assert made.lines[0].tracking[0].option == "Service Desk"
    without = replace(source(joined), entries=(replace(entries[0], segments=("220", "Service Desk", *[""] * 8)),))
    assert document(without).lines[0].item_code == "LABOUR"


@pytest.mark.requirement("A068")
@pytest.mark.parametrize(("gl_class", "code"), [("", "TRACKING_MISSING"), ("Nonsense", "TRACKING_UNKNOWN")])
def test_missing_or_unknown_tracking_warns_or_stops_by_setting(gl_class, code):
    line = gl_line(101, "100.00", gl_class=gl_class)
    warned = mapped(source(line))
    assert [(item.code, item.severity) for item in warned.findings] == [(code, "warning")]
    assert warned.documents[0].lines[0].tracking == ()
    strict = replace(SETTINGS, tracking=replace(SETTINGS.tracking, on_missing="stop"))
    finding = stop(source(line, settings=strict))
    assert (finding.code, finding.params["expected"]) == (code, "'Service Desk', 'Projects'")
    assert "?" not in finding.message


@pytest.mark.requirement("A055", "A056")
def test_the_two_class_segments_feed_the_two_categories_that_the_account_names():
    segments = (*SEGMENTS, Segment("Location", "Class"))
    places = TrackingCategory("Region", ("Sydney", "Perth"))
    settings = replace(SETTINGS, tracking=replace(SETTINGS.tracking, category_2="Region"))
    known = replace(REFERENCE, tracking=(*REFERENCE.tracking, places))
    given = source(gl_line(101, "100.00", gl_class="Projects:Perth"), settings=settings, reference=known)
    [line] = document(replace(given, segments=segments)).lines
    assert [(item.category, item.option) for item in line.tracking] == [
        ("Business Line", "Projects"),
        ("Region", "Perth"),
    ]


@pytest.mark.requirement("A056")
def test_a_line_carries_the_category_and_option_in_the_ledgers_own_spelling():
    [tracking] = document(source(gl_line(101, "100.00", gl_class="service desk"))).lines[0].tracking
    assert (tracking.category, tracking.option) == ("Business Line", "Service Desk")


def test_several_causes_on_one_record_are_all_told_at_once():
    line = gl_line(101, "100.00", account="999", non_product_id="NOPE", tax_code="ZZ")
    codes = {finding.code for finding in map_record(source(line)).findings}
    assert codes == {"GL_ACCOUNT_UNKNOWN", "ITEM_UNKNOWN", "TAX_CODE_UNKNOWN"}
