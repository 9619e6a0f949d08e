from decimal import Decimal

import pytest

from ledgerwire.sandbox.connectwise.errors import ApiError
from ledgerwire.sandbox.connectwise.gl import account_and_class
from ledgerwire.sandbox.connectwise.invoices import InvoiceDesk
from ledgerwire.sandbox.connectwise.unposted import unposted_invoice_ids

from .conftest import PERSON, Make, close, invoice, line, mapping


def entries(state, number=1):
    return [(e.gl_type, e.segments.get("segment1"), e.amount) for e in state.gl_entries[number]]


@pytest.mark.requirement("M2")
def test_closing_makes_entries_by_the_most_specific_mapping_and_balances(make_state: Make) -> None:
    lines = [
        line("R", "100.00"),
        line("R", "50.00", work_role_id=7),
        line("RP", "30.00", item_id=501, category_id=31),
        line("RP", "20.00", category_id=31),
        line("RP", "10.00", category_id=99),
    ]
    state = make_state(invoice(1, "217.33", "7.33"), lines={1: lines})
    close(state, 1)
    assert entries(state) == [
        ("AR", "1200", Decimal("217.33")),
        ("R", "4000", Decimal("-100.00")),
        ("R", "4010", Decimal("-50.00")),
        ("RP", "4111", Decimal("-30.00")),
        ("RP", "4110", Decimal("-20.00")),
        ("RP", "4100", Decimal("-10.00")),
        ("ST", "2200", Decimal("-7.33")),
    ]
    assert sum(entry.amount for entry in state.gl_entries[1]) == 0


@pytest.mark.requirement("M2")
def test_each_value_comes_from_the_most_specific_row_that_fills_it(make_state: Make) -> None:
    state = make_state(invoice(1, "150.00"), lines={1: [line("R", "50.00", work_role_id=7), line("RP", item_id=501)]})
    close(state, 1)
    service, product = state.gl_entries[1][1], state.gl_entries[1][2]
    assert service.segments == {"segment1": "4010", "segment2": "Senior", "segment3": "Sydney"}
    assert service.product_id == "LABOUR"
    assert account_and_class(state, service.segments) == ("4010", "Senior:Sydney")
    assert (product.segments["segment2"], product.cogs, product.inventory) == ("Hardware", {"cogs1": "5100"}, "1400")
    state.switches.export_joins_segments = True
    assert account_and_class(state, service.segments) == ("4010:Senior:Sydney", "")


@pytest.mark.requirement("M2")
def test_a_line_without_any_mapping_leaves_the_whole_invoice_without_entries_for_ever(make_state: Make) -> None:
    state = make_state(invoice(1, "200.00"), lines={1: [line(), line("RE")]})
    close(state, 1)
    assert state.gl_entries[1] == []
    state.tables["gl_accounts"][9] = {
        **state.tables["gl_accounts"][2],
        "id": 9,
        "glType": "RE",
        "mappedType": next(
            {"id": row["id"], "name": row["name"]}
            for row in state.tables["gl_mapped_types"].values()
            if (row["glType"], row["name"]) == ("RE", "Corporate")
        ),
    }
    assert (state.gl_entries[1], unposted_invoice_ids(state)) == ([], [1])
    close(state, 1, "GL Reload")
    assert unposted_invoice_ids(state) == []
    close(state, 1)
    assert len(state.gl_entries[1]) == 3


@pytest.mark.requirement("M2")
def test_entries_stay_as_frozen_until_gl_reload_and_close(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    close(state, 1)
    before = [entry.id for entry in state.gl_entries[1]]
    state.tables["gl_accounts"][2]["segment1"] = "4999"
    InvoiceDesk(state).edit(1, {"internalNotes": "asked twice"}, PERSON)
    close(state, 1, "Sent")
    assert [entry.id for entry in state.gl_entries[1]] == before
    assert entries(state)[1][1] == "4000"
    close(state, 1, "GL Reload")
    close(state, 1)
    assert entries(state)[1][1] == "4999"
    assert not set(before) & {entry.id for entry in state.gl_entries[1]}


def test_a_closed_invoice_accepts_only_a_status_and_notes(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    close(state, 1)
    desk = InvoiceDesk(state)
    with pytest.raises(ApiError):
        desk.edit(1, {"reference": "late"}, PERSON)
    with pytest.raises(ApiError):
        desk.edit(1, {}, PERSON, lines=[])
    with pytest.raises(ApiError):
        desk.delete(1, PERSON)


def test_tax_levels_are_separate_entries_and_their_sum_is_the_headers_tax(make_state: Make) -> None:
    lines = [
        line("R", "10.00", taxable=True, tax_by_level=(Decimal("0.625"), Decimal("0.20"))),
        line("R", "10.00", taxable=True, tax_by_level=(Decimal("0.625"), Decimal("0.20"))),
    ]
    state = make_state(invoice(1, "21.66", "1.66"), lines={1: lines})
    close(state, 1)
    taxes = [(e.tax_level, e.amount) for e in state.gl_entries[1] if e.gl_type == "ST"]
    assert taxes == [(1, Decimal("-1.26")), (2, Decimal("-0.40"))]


def test_an_invoice_loaded_batched_keeps_its_batch_and_is_not_unposted(make_state: Make) -> None:
    closed = {"id": 2, "name": "Closed", "isClosed": True}
    old = invoice(1, "100.00", status=closed, glBatch={"id": 77, "name": "OLD"})
    state = make_state(old, lines={1: [line()]})
    assert state.tables["batches"][77]["batchIdentifier"] == "OLD"
    assert unposted_invoice_ids(state) == []
    with pytest.raises(ApiError):
        close(state, 1, "GL Reload")


def test_a_tax_of_zero_is_an_entry_only_where_the_package_asks_for_it(make_state: Make) -> None:
    untaxed = invoice(1, "100.00", taxableFlag=True)
    state = make_state(untaxed, lines={1: [line()]})
    close(state, 1)
    assert [entry.gl_type for entry in state.gl_entries[1]] == ["AR", "R"]
    close(state, 1, "GL Reload")
    state.tables["accounting_package_setup"][1]["zeroDollarTaxAmountsFlag"] = True
    close(state, 1)
    assert [(e.gl_type, e.amount) for e in state.gl_entries[1]][2:] == [("ST", 0), ("ST", 0)]


LEVELS = [
    ("RP", "Product", {"item_id": 501}),
    ("RP", "Product Subcategory", {"subcategory_id": 311}),
    ("RP", "Product Category", {"category_id": 31}),
    ("RP", "Department", {"department_id": 5}),
    ("RP", "Location", {"location_id": 2}),
    ("RP", "Corporate", {}),
]


@pytest.mark.requirement("M2")
@pytest.mark.parametrize("most_specific", range(len(LEVELS)))
def test_a_product_line_is_mapped_by_the_most_specific_level_there_is(make_state: Make, most_specific: int) -> None:
    dimensions = {name: value for _, _, one in LEVELS for name, value in one.items()}
    state = make_state(invoice(1, "100.00"), lines={1: [line("RP", **dimensions)]})
    kept = LEVELS[most_specific:]
    rows = [
        mapping(number, gl_type, level, next(iter(wanted.values()), 1), segment1=f"41{number}", inventory=f"14{number}")
        for number, (gl_type, level, wanted) in enumerate(kept, start=50)
    ]
    state.tables["gl_accounts"] = {row["id"]: row for row in [state.tables["gl_accounts"][1], *rows]}
    close(state, 1)
    product = state.gl_entries[1][1]
    assert (product.segments["segment1"], product.inventory, product.gl_account_id) == ("4150", "1450", 50)


@pytest.mark.requirement("M2")
@pytest.mark.parametrize(
    ("gl_type", "level", "dimensions"),
    [
        ("R", "Work Role", {"work_role_id": 7}),
        ("R", "Work Type", {"work_type_id": 4}),
        ("RA", "Agreement Type", {"agreement_type_id": 6}),
        ("AP", "Agreement Type", {"agreement_type_id": 6}),
        ("RE", "Expense Type", {"expense_type_id": 2}),
    ],
)
def test_every_other_level_beats_the_owners_row(make_state: Make, gl_type, level, dimensions) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line(gl_type, **dimensions)]})
    rows = [
        mapping(60, gl_type, "Corporate", 1, segment1="4000"),
        mapping(61, gl_type, level, next(iter(dimensions.values())), segment1="4999"),
    ]
    state.tables["gl_accounts"] = {row["id"]: row for row in [state.tables["gl_accounts"][1], *rows]}
    close(state, 1)
    assert entries(state)[1][1] == "4999"


def test_the_order_of_levels_is_read_from_the_mapped_types(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line("RP", item_id=501, category_id=31)]})
    for row in state.tables["gl_mapped_types"].values():
        if (row["glType"], row["name"]) == ("RP", "Product Category"):
            row["sortOrder"] = 0
    close(state, 1)
    assert entries(state)[1][1] == "4110"
