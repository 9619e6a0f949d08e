"""What a list of looks says of one that wrote nothing because the set-up is not done."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ledgerwire.billing_sync.requesting import Run
from ledgerwire.cli.seats_source_commands import _failure

AT = datetime(2026, 3, 20, tzinfo=UTC)


def look(failed_with: str | None, **progress: object) -> Run:
    return Run(UUID(int=1), "schedule", None, progress, failed_with, AT, AT)


@pytest.mark.requirement("A162", "F1: BS_SET_UP_OPEN")
def test_the_checks_that_stand_open_are_named_with_their_codes():
    shut = [
        {"phase": "PSA ready", "check": "GL mappings", "code": "BS_GL_MAPPING_MISSING", "message": "Category A"},
        {"phase": "PSA ready", "check": "GL mappings", "code": "BS_GL_MAPPING_MISSING", "message": "Category B"},
        {"phase": "PSA ready", "check": "agreements", "code": "BS_AGREEMENT_ENDED", "message": "Seats"},
    ]
    said = "BS_SET_UP_OPEN: GL mappings (BS_GL_MAPPING_MISSING), agreements (BS_AGREEMENT_ENDED)"
    assert _failure(look("BS_SET_UP_OPEN", open=shut)) == said


def test_another_failure_is_its_code_and_none_is_nothing():
    assert (_failure(look("RATE_LIMITED")), _failure(look(None, steps=3))) == ("RATE_LIMITED", "")
