"""A mapping goes out as a table and comes back the same; a wrong row is named and nothing of its file counts (D16)."""

from __future__ import annotations

import pytest
import yaml

from ledgerwire.common.errors import Stopped
from ledgerwire.tenants.mapping_file import MappingSection
from ledgerwire.tenants.mapping_table import from_csv, from_yaml, rows_of, to_csv

HEAD = "setting,value\n"
LEAST = f"{HEAD}tax.untaxed_type,EXEMPT\nrounding.account,860\nrounding.tax_type,NONE\n"


def mapping() -> MappingSection:
    return MappingSection.model_validate(
        {
            "tax": {"untaxed_type": "EXEMPTOUTPUT", "links": {"GST 10": "OUTPUT", "a.b[c]": 'X,"Y"'}},
            "rounding": {"account": "0860", "tax_type": "BASEXCLUDED", "document_limit": "0.10"},
            "default_non_product_ids": {"service": {"enabled": True, "item_code": "LABOUR"}},
            "account_links": {"4-1100": "200", "4-1200 | x": "210"},
            "exclusions": [
                {"name": "Internal", "number_prefixes": ["INT-", "TEST-"]},
                {"name": "House [own]", "company_ids": [2, 19], "treatment": "batch_without_posting"},
            ],
            "expenses": {"enabled": True, "company_paid_types": ["Corporate Visa", "Fuel card"]},
            "currency": {"source": "table", "rates": {"EUR": "1.0512"}},
        }
    )


def codes(error: Stopped) -> list[str]:
    return [finding.code for finding in error.findings]


@pytest.mark.requirement("D16")
def test_a_mapping_comes_back_from_csv_as_it_went_out() -> None:
    assert from_csv(to_csv(mapping())) == mapping()


@pytest.mark.requirement("D16")
def test_a_mapping_comes_back_from_yaml_as_it_went_out() -> None:
    text = yaml.safe_dump({"mapping": mapping().model_dump(mode="json")}, allow_unicode=True)
    assert from_yaml(text) == mapping()


def test_a_byte_order_mark_of_a_spreadsheet_does_no_harm() -> None:
    assert from_csv("\ufeff" + to_csv(mapping())) == mapping()


def test_an_apostrophe_and_leading_zeros_stay_as_they_are_written() -> None:
    rows = {row.setting: row.value for row in rows_of(mapping())}
    assert rows["rounding.account"] == "0860"
    assert rows["tax.links[a.b[[c]]]"] == 'X,"Y"'


@pytest.mark.requirement("D16")
def test_every_wrong_row_is_named_at_once() -> None:
    text = LEAST + "tax.linkz[GST],OUTPUT\nterms.links[Net 14],14 days\nterms.links[Net 14],Net 14\n"
    text += "account_links[4-1],200\naccount_links[4-1],200\n"
    with pytest.raises(Stopped) as caught:
        from_csv(text)
    found = [(item.code, item.params["place"]) for item in caught.value.findings]
    assert found == [
        ("MAPPING_SETTING_UNKNOWN", "row 5"),
        ("MAPPING_ROW_CONTRADICTS", "row 7"),
        ("MAPPING_ROW_DUPLICATE", "row 9"),
    ]
    assert caught.value.findings[0].params["nearest"].startswith("tax.links")
    assert caught.value.findings[1].params["other"] == "row 6"


@pytest.mark.requirement("D16")
@pytest.mark.parametrize("again", ["tax.links[ GST ],EXEMPT", "tax.links[GST ],EXEMPT", " tax.links[GST],EXEMPT"])
def test_a_name_with_spaces_around_it_is_the_same_name(again: str) -> None:
    with pytest.raises(Stopped) as caught:
        from_csv(f"{LEAST}tax.links[GST],OUTPUT\n{again}\n")
    assert codes(caught.value) == ["MAPPING_ROW_CONTRADICTS"]


@pytest.mark.parametrize(
    ("row", "place"),
    [("tax.mode,guess", "row 5"), ("rounding.document_limit,-1", "row 5"), ("cogs.enabled,perhaps", "row 5")],
)
def test_a_value_that_a_setting_does_not_take_is_refused_with_its_row(row: str, place: str) -> None:
    with pytest.raises(Stopped) as caught:
        from_csv(f"{LEAST}{row}\n")
    assert codes(caught.value) == ["MAPPING_VALUE_WRONG"]
    assert caught.value.findings[0].params["place"] == place


def test_a_required_setting_that_is_missing_is_named() -> None:
    with pytest.raises(Stopped) as caught:
        from_csv(f"{HEAD}tax.untaxed_type,EXEMPT\n")
    assert {item.params["setting"] for item in caught.value.findings} == {"rounding"}


@pytest.mark.parametrize("text", ["", "name;value\n", f"{HEAD}tax.untaxed_type\n", f"{HEAD}a,b,c\n", f'{HEAD}a,"b\n'])
def test_a_file_that_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(Stopped) as caught:
        from_csv(text)
    assert codes(caught.value) == ["MAPPING_FILE_UNREADABLE"]


def test_yaml_with_a_setting_twice_is_refused() -> None:
    with pytest.raises(Stopped) as caught:
        from_yaml("tax: {untaxed_type: A, untaxed_type: B}\n")
    assert codes(caught.value) == ["MAPPING_FILE_UNREADABLE"]


@pytest.mark.requirement("A061")
def test_cogs_validation_cannot_be_off_while_procurement_is_on() -> None:
    with pytest.raises(Stopped) as caught:
        from_csv(f"{LEAST}procurement.enabled,true\ncogs.validate_accounts,false\n")
    assert codes(caught.value) == ["MAPPING_VALUE_WRONG"]
    assert "A061" in caught.value.findings[0].params["reason"]
