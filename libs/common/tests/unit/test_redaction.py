"""Secrets planted in every shape of log input never come out."""

import io
import json
import logging

import pytest
import structlog

from ledgerwire.common.logging import configure_logging, log_context
from ledgerwire.common.redaction import redact, redact_text
from ledgerwire.common.testing.plugin import logging_as_before

CANARY = "c4n4ry-5ecret-value"

PLANTED = [
    {"authorization": f"Basic {CANARY}"},
    {"headers": {"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY}},
    {"password": CANARY},
    {"private_key": CANARY, "privateKey": CANARY, "public_key": CANARY},
    {"client_secret": CANARY, "access_token": CANARY, "refresh_token": CANARY},
    {"url": f"amqp://guest:{CANARY}@127.0.0.1:5672/"},
    {"url": f"postgresql://lw_mapper:{CANARY}@127.0.0.1/db"},
    {"error": f"request failed: Authorization: Bearer {CANARY}"},
    {"error": f'body was {{"refresh_token": "{CANARY}"}}'},
    {"error": f"grant_type=refresh_token&refresh_token={CANARY}&client_secret={CANARY}"},
    {"path": f"/callbacks/connectwise/{CANARY}"},
    {"deep": [{"list": ({"token": CANARY},)}]},
    {"body": CANARY.encode()},
]


@pytest.fixture
def log_output():
    stream = io.StringIO()
    with logging_as_before():
        configure_logging("INFO", "json", service="mapper", stream=stream)
        yield stream


@pytest.mark.parametrize("values", PLANTED, ids=lambda values: next(iter(values)))
def test_a_secret_in_a_log_line_is_masked(log_output, values):
    structlog.get_logger("test").info("call.made", **values)
    line = log_output.getvalue()
    assert CANARY not in line
    assert json.loads(line)["event"] == "call.made"


@pytest.mark.parametrize("values", PLANTED[:-1], ids=lambda values: next(iter(values)))
def test_a_secret_that_a_library_logs_is_masked(log_output, values):
    logging.getLogger("some.library").warning("said %s", json.dumps(values, default=str))
    assert CANARY not in log_output.getvalue()


def test_a_secret_in_a_traceback_is_masked(log_output):
    def connect():
        raise RuntimeError(f"connect to amqp://guest:{CANARY}@host failed")

    try:
        connect()
    except RuntimeError:
        structlog.get_logger("test").exception("failed")
    line = log_output.getvalue()
    assert CANARY not in line
    assert "Traceback" in json.loads(line)["exception"]


def test_what_is_no_secret_stays_readable(log_output):
    with log_context(correlation_id="abc", account=7):
        structlog.get_logger("test").info("work.settled", key="map:1", token_type="Bearer", attempts=3)
    line = json.loads(log_output.getvalue())
    assert line["correlation_id"] == "abc"
    assert line["account"] == "7"
    assert line["service"] == "mapper"
    assert line["key"] == "map:1"
    assert line["attempts"] == 3
    assert line["level"] == "info"
    assert line["at"].endswith("Z")


def test_the_console_form_is_for_people(log_output):
    stream = io.StringIO()
    configure_logging("INFO", "console", stream=stream)
    structlog.get_logger("test").warning("broker.away", password=CANARY)
    assert "broker.away" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_what_one_test_sets_up_of_logging_is_not_there_in_the_next():
    root = logging.getLogger()
    before, closed = (list(root.handlers), root.level), io.StringIO()
    with logging_as_before():
        configure_logging("DEBUG", "json", stream=closed)
        assert root.handlers != before[0]
    closed.close()
    assert (list(root.handlers), root.level) == before
    assert not structlog.is_configured()


def test_libraries_are_heard_from_warning_on(log_output):
    logging.getLogger("aio_pika.connection").info("to amqp")
    logging.getLogger("uvicorn.error").info("started")
    assert not log_output.getvalue()


def test_redaction_keeps_empty_values_and_structure():
    assert redact({"password": "", "token": None, "items": [1, "a"]}) == {
        "password": "",
        "token": None,
        "items": [1, "a"],
    }
    assert redact_text("the token expired") == "the token expired"
