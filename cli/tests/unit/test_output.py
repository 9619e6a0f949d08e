from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from ledgerwire.cli.failures import Exit, Failure
from ledgerwire.cli.output import Output, as_json


class _Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class _Row:
    amount: Decimal
    day: date
    at: datetime
    colour: _Colour
    ids: frozenset[int]


def test_json_keeps_every_digit_and_shows_money_with_its_cents() -> None:
    row = _Row(
        Decimal("5.1"), date(2026, 2, 1), datetime(2026, 2, 1, 9, 30, tzinfo=UTC), _Colour.RED, frozenset({2, 1})
    )

    assert json.loads(as_json({"row": row, "rate": Decimal("0.04712"), "whole": Decimal(12), "path": Path("/x")})) == {
        "row": {
            "amount": "5.10",
            "day": "2026-02-01",
            "at": "2026-02-01T09:30:00+00:00",
            "colour": "red",
            "ids": [1, 2],
        },
        "rate": "0.04712",
        "whole": "12.00",
        "path": "/x",
    }


def test_a_value_without_a_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        as_json(object())


def test_json_has_one_value_on_stdout_and_remarks_on_stderr() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    output = Output(json_wanted=True, stdout=Console(file=stdout), stderr=Console(file=stderr))

    output.remark("on it ...")
    output.show("a table")
    output.result({"id": UUID(int=1)}, "a table")

    assert json.loads(stdout.getvalue()) == {"id": str(UUID(int=1))}
    assert stderr.getvalue() == "on it ...\n"


def test_a_failure_is_the_one_value_in_json_and_a_line_for_people() -> None:
    failure = Failure("CONFIGURATION", "file [x]: wrong", Exit.REFUSED)
    for json_wanted in (True, False):
        stdout, stderr = io.StringIO(), io.StringIO()
        Output(json_wanted=json_wanted, stdout=Console(file=stdout), stderr=Console(file=stderr)).failed(failure)
        if json_wanted:
            assert json.loads(stdout.getvalue()) == {"code": "CONFIGURATION", "message": "file [x]: wrong"}
            assert not stderr.getvalue()
        else:
            assert not stdout.getvalue()
            assert stderr.getvalue() == "CONFIGURATION file [x]: wrong\n"
