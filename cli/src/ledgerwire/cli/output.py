"""What a command says: one JSON value or text for a person on stdout; progress and remarks on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ledgerwire.cli.failures import Failure

PIPE_WIDTH = 170
"""Columns where stdout is no terminal: the clerk's table has eight columns, and a log file does not wrap."""


def as_json(value: Any) -> str:
    """Exactly one JSON value; amounts and dates as text, money with its cents."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    for kind, plain in _PLAIN.items():
        if isinstance(value, kind):
            return plain(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _decimal(value: Decimal) -> str:
    """Exact, with at least two decimals."""
    exponent = value.as_tuple().exponent
    return f"{value:f}" if isinstance(exponent, int) and exponent < -2 else f"{value:.2f}"


_PLAIN: dict[type, Callable[[Any], Any]] = {
    Decimal: _decimal,
    date: lambda day: day.isoformat(),
    UUID: str,
    Path: str,
    Enum: lambda member: member.value,
    Mapping: dict,
    frozenset: sorted,
    set: sorted,
}


class Output:
    """The two channels of one command."""

    def __init__(
        self, *, json_wanted: bool = False, stdout: Console | None = None, stderr: Console | None = None
    ) -> None:
        self.json_wanted = json_wanted
        self._out = stdout or Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)
        self.remarks = stderr or Console(stderr=True, highlight=False)

    def result(self, value: Any, *shown: RenderableType) -> None:
        """The command's one result: `value` as JSON, or what is `shown` to a person."""
        if self.json_wanted:
            self._write(as_json(value))
        else:
            self.show(*shown)

    def show(self, *shown: RenderableType) -> None:
        """A part of the result for a person; nothing with --json."""
        if not self.json_wanted:
            for part in shown:
                self._out.print(part)

    def remark(self, text: RenderableType) -> None:
        """What is going on, for whoever watches."""
        self.remarks.print(text)

    def failed(self, failure: Failure) -> None:
        """A failure: the result in JSON, else a line on stderr."""
        if self.json_wanted:
            self._write(as_json({"code": failure.code, "message": failure.message}))
        else:
            self.remarks.print(f"[bold red]{failure.code}[/] {_escaped(failure.message)}")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress display on stderr."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.remarks, transient=False) as progress:
            yield progress

    def _write(self, text: str) -> None:
        self._out.file.write(text + "\n")
        self._out.file.flush()


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
