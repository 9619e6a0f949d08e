"""What a command says on standard error besides its own words."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.running import run_to_exit


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before
    logging.getLogger("stamina").setLevel(logging.NOTSET)
    structlog.reset_defaults()


async def _tried_again(output: Output) -> None:
    structlog.get_logger("stamina").warning("stamina.retry_scheduled", retry_num=1)
    structlog.get_logger("broker").warning("broker.away")


@pytest.mark.parametrize(("level", "said"), [(None, False), ("WARNING", True), ("DEBUG", True)])
def test_calls_that_are_tried_again_are_told_only_where_a_level_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], level: str | None, said: bool
) -> None:
    monkeypatch.delenv("LEDGERWIRE_LOG_LEVEL", raising=False)
    if level is not None:
        monkeypatch.setenv("LEDGERWIRE_LOG_LEVEL", level)
    assert run_to_exit(_tried_again, Output(json_wanted=False)) is Exit.DONE
    heard = capsys.readouterr().err
    assert ("retry_scheduled" in heard, "broker.away" in heard) == (said, True)
