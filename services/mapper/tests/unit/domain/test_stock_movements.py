from dataclasses import replace

import pytest

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.mapper.domain.model import NoEffect
from ledgerwire.mapper.domain.records import facts_of, map_any

from .build_purchases import BUYING, amounts, document, movement, pair, stock_line, stop, sums


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    ("quantity", "total", "lines"),
    [
        ("-2", "-80.00", [("630", "80.00"), ("480", "-80.00")]),
        ("2", "80.00", [("480", "80.00"), ("630", "-80.00")]),
        ("0", "-80.00", [("630", "80.00"), ("480", "-80.00")]),
        ("-2", "80.00", [("630", "80.00"), ("480", "-80.00")]),
    ],
)
def test_an_exported_quantity_below_zero_raises_stock(quantity, total, lines) -> None:
    made = document(movement("Adjustment", lines=(stock_line(quantity, total),), total="80.00"))
    assert made.kind is DocumentKind.JOURNAL
    assert made.contact is None
    assert [(account, net) for account, net, _, _ in amounts(made)] == lines
    assert sums(made) == ("80.00", "0.00", "80.00")
    assert {line.tax_type for line in made.lines} == {"BASEXCLUDED"}


@pytest.mark.requirement("M16", "M7")
def test_an_adjustment_is_batched_by_the_id_of_its_unposted_row() -> None:
    facts = facts_of(
        movement("Adjustment", lines=(stock_line("-2", "-80.00"), stock_line("1", "30.00")), total="50.00")
    )
    assert facts.processed_record_ids == (872,)
    assert facts.gl_lines == {"872": "-50"}


@pytest.mark.requirement("M3", "M16")
def test_an_adjustment_whose_lines_are_not_its_total_stops() -> None:
    finding = stop(movement("Adjustment", lines=(stock_line("-2", "-80.00"),), total="81.00"))
    assert (finding.code, finding.params["difference"]) == ("GL_OUT_OF_BALANCE", "1.00")


@pytest.mark.requirement("A150", "M16")
def test_an_apostrophe_that_connectwise_cannot_batch_stops_the_adjustment() -> None:
    lines = (stock_line("-2", "-80.00"),)
    finding = stop(movement("Adjustment", lines=lines, total="80.00", description="Bob's count"))
    assert (finding.code, finding.params["character"]) == ("INVALID_CHARACTER", "'")


@pytest.mark.requirement("M16")
def test_a_transfer_between_two_stock_accounts_is_a_journal() -> None:
    given = movement("Transfer", pairs=(pair("40.00", "631", "630"),), total="40.00")
    assert [(account, net) for account, net, _, _ in amounts(document(given))] == [("631", "40.00"), ("630", "-40.00")]
    assert facts_of(given).processed_record_ids == (501, 502)


@pytest.mark.requirement("M16", "M4")
def test_a_transfer_within_one_account_has_no_effect() -> None:
    assert isinstance(map_any(movement("Transfer", pairs=(pair("40.00", "630", "630"),), total="40.00")), NoEffect)
    linked = replace(BUYING, account_links={"631": "630"})
    given = movement("Transfer", pairs=(pair("40.00", "631", "630"),), total="40.00", settings=linked)
    assert isinstance(map_any(given), NoEffect)


@pytest.mark.requirement("M16", "M3")
def test_a_transfer_whose_sides_differ_stops() -> None:
    given = movement("Transfer", pairs=(pair("40.00", "631", "630", offset="-39.00"),), total="40.00")
    assert stop(given).code == "GL_OUT_OF_BALANCE"


def test_an_offset_shown_with_the_lines_sign_is_the_same_transfer() -> None:
    given = movement("Transfer", pairs=(pair("-40.00", "631", "630", offset="-40.00"),), total="40.00")
    assert [(account, net) for account, net, _, _ in amounts(document(given))] == [("630", "40.00"), ("631", "-40.00")]


@pytest.mark.requirement("M2", "M16")
@pytest.mark.parametrize("kind", ["Adjustment", "Transfer"])
def test_a_movement_that_connectwise_does_not_export_lacks_a_mapping(kind) -> None:
    finding = stop(movement(kind, lines=None, total="40.00"))
    assert finding.code == "GL_ENTRIES_MISSING"
    assert "inventory" in finding.params["mapping"]


@pytest.mark.requirement("M25")
@pytest.mark.parametrize(
    ("account", "code"), [("", "GL_EMPTY_ACCOUNT"), ("999", "GL_ACCOUNT_UNKNOWN"), ("610", "ACCOUNT_WRONG_TYPE")]
)
def test_a_stock_account_that_cannot_take_it_stops(account, code) -> None:
    lines = (stock_line("-2", "-80.00", stock_account=account),)
    assert stop(movement("Adjustment", lines=lines, total="80.00")).code == code


@pytest.mark.requirement("M16")
def test_every_adjusted_item_is_an_entry_of_its_own() -> None:
    lines = (stock_line("-3", "-90.00"), stock_line("1", "30.00", description="Cable"))
    made = document(movement("Adjustment", lines=lines, total="60.00"))
    expected = [("630", "90.00"), ("480", "-90.00"), ("480", "30.00"), ("630", "-30.00")]
    assert [(account, net) for account, net, _, _ in amounts(made)] == expected
    assert made.total == 120
