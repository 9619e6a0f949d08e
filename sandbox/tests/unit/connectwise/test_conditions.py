from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.sandbox.connectwise.conditions import check_fields, child_matches, compile_condition
from ledgerwire.sandbox.connectwise.errors import ApiError

ROW: dict[str, Any] = {
    "id": 5,
    "invoiceNumber": "INV-[5]",
    "reference": "O'Neill & Sons",
    "total": Decimal("10.50"),
    "company": {"id": 3, "identifier": "ACME", "name": "Acme"},
    "date": "2026-03-01T00:00:00Z",
    "taxableFlag": False,
    "status": {"id": 2, "isClosed": True},
    "_info": {"lastUpdated": "2026-03-02T09:00:00Z", "updatedBy": "phan"},
}


@pytest.mark.parametrize(
    "text",
    [
        "id=5",
        "id != 6 and id <> 7",
        "id in (1, 5)",
        "id not in (1,2)",
        "NOT (id = 6)",
        "total >= 10.5 AND total<11 and total <= 10.50 and total > -1",
        'reference="o\'neill & sons"',
        "reference='O\\'Neill & Sons'",
        'reference contains "NEIL"',
        "reference not contains 'Smith'",
        "reference like 'o%sons'",
        "reference like '*Neill*'",
        "reference not like 'Neill*'",
        "invoiceNumber like 'INV-[[]5]'",
        'company/identifier="ACME" and company/id>0',
        "date >= [2026-03-01] and date < [2026-03-01T00:00:01Z]",
        "lastUpdated > [2026-03-02T08:59:59Z] and updatedBy != 'ledgerwire'",
        "taxableFlag = False and status/isClosed=TRUE",
        "glBatch = null and glBatch/id = null and company != null",
        "(id=1 or id=5) and (total=0 or total=10.5)",
        "id=1 and id=2 or id=5",
    ],
)
def test_an_expression_of_the_vendors_grammar_matches(text: str) -> None:
    assert compile_condition(text).matches(ROW)


@pytest.mark.parametrize(
    "text",
    [
        "id=6",
        "id=5 and (id=1 or id=2)",
        "date > [2026-03-01T00:00:00Z]",
        "glBatch/id > 0",
        "reference = null",
        "dueDate < [2030-01-01]",
        "not id in (5)",
    ],
)
def test_an_expression_that_is_false_does_not(text: str) -> None:
    assert not compile_condition(text).matches(ROW)


@pytest.mark.parametrize(
    "text",
    [
        "id == 5",
        "date > 2026-01-01",
        "name *= 'x'",
        "id in ()",
        "id=5 and",
        "date > [yesterday]",
        "reference like 5",
        "",
    ],
)
def test_what_is_not_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        compile_condition(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "text",
    ["invoiceNumber=5", "id='5'", "date='2026-01-01'", "taxableFlag=1", "colour='red'", "total/cents=5", "id=[1,2]"],
)
def test_fields_and_types_are_checked_even_when_no_row_is_there(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_fields(compile_condition(text), "Invoice")
    assert caught.value.status == 400


def test_child_conditions_want_one_element_that_satisfies_all() -> None:
    row = {
        "communicationItems": [
            {"communicationType": "Email", "value": "a@b.example"},
            {"communicationType": "Phone", "value": "555"},
        ]
    }
    both = 'communicationItems/value = "{}" and communicationItems/communicationType="Email"'
    assert child_matches(compile_condition(both.format("a@b.example")), row)
    assert not child_matches(compile_condition(both.format("555")), row)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("id in (1, 5)", {"id": {1, 5}}),
        ("billingLogId=5", {"billingLogId": {5}}),
        ("id not in (1, 5)", {}),
        ("not (id = 5)", {}),
        ("id >= 5", {}),
        ("id = 5 or total > 3", {}),
        ("id = 5.5", {}),
        ("id = null", {}),
        ("invoiceNumber = 'INV-[5]'", {}),
    ],
)
def test_a_filter_that_only_names_ids_says_which(text: str, asked: dict[str, set[int]]) -> None:
    assert compile_condition(text).ids == asked
