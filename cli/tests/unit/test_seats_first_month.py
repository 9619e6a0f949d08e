"""The guide's account file is one that is taken, and its table names every field there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from ledgerwire.tenants.seats_file import CreatedProductsSection, PriceRuleSection, SeatPoliciesSection, SeatsSection

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "seats-first-month.md"
SECTIONS: list[tuple[str, type[BaseModel]]] = [
    ("", SeatsSection),
    ("products.", CreatedProductsSection),
    ("price.", PriceRuleSection),
    ("policies.", SeatPoliciesSection),
]


@pytest.mark.requirement("A166", "A200", "A208")
def test_the_example_of_the_guide_is_a_seats_section():
    [block] = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    content = yaml.safe_load(block)
    section = SeatsSection.model_validate(content["seats"])
    assert {link.agreement for link in section.agreements} == {40, 41}
    assert set(content["connectwise"]["seats"]) == {"public_key", "private_key"}


@pytest.mark.parametrize(("prefix", "section"), SECTIONS, ids=[name or "seats" for name, _ in SECTIONS])
def test_every_field_is_in_the_table(prefix: str, section: type[BaseModel]):
    rows = [line.split("|")[1] for line in GUIDE.read_text().splitlines() if line.startswith("| `")]
    named = set()
    for row in rows:
        first, *others = re.findall(r"`([^`]+)`", row)
        owner = first.rpartition(".")[0]
        named |= {first, *(f"{owner}.{other}".strip(".") for other in others)}
    sections = {"products", "policies"}
    missing = {f"{prefix}{name}" for name in section.model_fields} - named - sections
    assert not missing
