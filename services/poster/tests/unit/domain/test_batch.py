"""A batch is named after its one record, fits ConnectWise's limit, and is believed only when read back."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.ids import RecordId
from ledgerwire.common.record_type import RecordType
from ledgerwire.poster.domain.batch import (
    BatchEvent,
    BatchState,
    IllegalBatchTransitionError,
    advance,
    batch_identifier,
    batch_kind,
    revision_named,
)

RECORD = RecordId(UUID("0123456789abcdef0123456789abcdef"))


@pytest.mark.requirement("M7", "A112")
def test_the_name_carries_kind_number_record_and_later_revision() -> None:
    assert batch_identifier("INV", "10423", RECORD, 1) == "INV-10423-012345"
    assert batch_identifier("CM", "10423", RECORD, 2) == "CM-10423-012345-R2"


@pytest.mark.requirement("M7", "A112")
@given(number=st.text(max_size=80), revision=st.integers(1, 999), kind=st.sampled_from(["INV", "CM"]))
def test_any_number_gives_a_legal_name_that_keeps_the_record_apart(number: str, revision: int, kind: str) -> None:
    name = batch_identifier(kind, number, RECORD, revision)
    assert len(name) <= 50
    assert re.fullmatch(r"[A-Za-z0-9-]+", name)
    assert "-012345" in name
    assert name.startswith(kind + "-")
    assert revision_named(name) == revision


@pytest.mark.requirement("M7")
def test_nothing_is_batched_before_it_is_proved() -> None:
    with pytest.raises(IllegalBatchTransitionError):
        advance(BatchState.DUE, BatchEvent.PROVED)
    assert advance(advance(BatchState.DUE, BatchEvent.SENT), BatchEvent.PROVED) is BatchState.BATCHED


@pytest.mark.requirement("M7")
@pytest.mark.parametrize(
    ("record_type", "source_id", "credit", "kind"),
    [
        (RecordType.INVOICE, "4711", False, "INV"),
        (RecordType.INVOICE, "4711", True, "CM"),
        (RecordType.PROCUREMENT, "3-PO4711-purchase", False, "PO"),
        (RecordType.PROCUREMENT, "3-PO4711-Purchase", True, "PO"),
        (RecordType.PROCUREMENT, "1-adjustment", False, "ADJ"),
        (RecordType.PROCUREMENT, "9-transfer", False, "ADJ"),
        (RecordType.EXPENSE, "88", False, "EXP"),
    ],
)
def test_the_kind_follows_the_record(record_type: RecordType, source_id: str, credit: bool, kind: str) -> None:
    assert batch_kind(record_type, source_id, credit=credit) == kind


@pytest.mark.requirement("M8")
def test_a_batch_that_was_taken_apart_can_be_made_again() -> None:
    gone = advance(BatchState.BATCHED, BatchEvent.DELETED)
    assert advance(gone, BatchEvent.SENT) is BatchState.BATCHING
    assert advance(gone, BatchEvent.WANTED_AGAIN) is BatchState.DUE
