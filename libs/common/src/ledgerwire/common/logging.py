"""Structured logs: one JSON line per step for machines, one readable line for people; secrets never in either."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog

from ledgerwire.common.redaction import redact

_CHATTY = ("aio_pika", "aiormq", "asyncio", "httpcore", "httpx", "sqlalchemy", "uvicorn", "watchfiles")
"""Libraries heard from WARNING on: their lower levels hold addresses, headers and bodies."""


def configure_logging(
    level: str = "INFO",
    form: str = "json",
    *,
    service: str = "",
    stream: TextIO | None = None,
    retries: bool = True,
) -> None:
    """Set up logging of the whole process, the libraries' included, on `stream` (standard error).

    `form` is `json` or `console`; `service` is on every line. `retries`: each call that is tried again is worth a warning.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=(stream or sys.stderr).isatty())
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-2], structlog.stdlib.add_logger_name, *shared[-2:]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("stamina").setLevel(logging.NOTSET if retries else logging.ERROR)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    if service:
        structlog.contextvars.bind_contextvars(service=service)


@contextmanager
def log_context(**values: object) -> Iterator[None]:
    """Put values (correlation_id, account, record) on every line logged inside the block."""
    with structlog.contextvars.bound_contextvars(**{key: str(value) for key, value in values.items()}):
        yield


def _redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    cleaned = redact({key: value for key, value in event.items() if not key.startswith("_")})
    kept = {key: value for key, value in event.items() if key.startswith("_")}
    event.clear()
    event.update(cleaned)
    event.update(kept)
    return event
