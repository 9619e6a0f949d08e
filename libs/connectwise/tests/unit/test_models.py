"""Entities keep money exact and dates still, whatever is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.connectwise.accounting import transactions_by_invoice
from ledgerwire.connectwise.models import ExportTransaction, Invoice, UnpostedInvoice, psa_date, psa_moment
from ledgerwire.connectwise.session import decode


@pytest.mark.requirement("M11")
@pytest.mark.parametrize(
    "number", ["1204.52", "0.1", "-0.30", "1e-2", "123456789012345678.90", "5.2456", "0.10000000000000000001"]
)
def test_json_numbers_become_exact_decimals(number: str) -> None:
    invoice = decode(f'{{"id": 1, "total": {number}}}'.encode(), Invoice)
    assert invoice.total == Decimal(number)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**12), max_value=10**12))
def test_any_amount_survives_decoding_and_canonical_bytes(amount: Decimal) -> None:
    invoice = decode(f'{{"id": 1, "total": {amount}}}'.encode(), Invoice)
    assert invoice.total == amount
    assert from_canonical(canonical_bytes(invoice), Invoice) == invoice


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 1}',
        b'{"id": 1, "status": null, "glBatch": null, "total": null, "currency": null, "_info": null}',
        b'{"id": 1, "somethingNew": {"a": [1]}, "customFields": [{"id": 1}]}',
    ],
)
def test_fields_may_be_absent_null_or_unknown(body: bytes) -> None:
    invoice = decode(body, Invoice)
    assert (invoice.id, invoice.total, invoice.date, invoice.is_closed) == (1, None, None, False)


@pytest.mark.requirement("M14")
@pytest.mark.parametrize(
    "text", ["2026-07-01", "2026-07-01T00:00:00Z", "2026-07-01T23:59:59Z", "2026-07-01T00:00:00+10:00"]
)
def test_psa_dates_are_calendar_dates_and_never_shifted(text: str) -> None:
    assert psa_date(text) == date(2026, 7, 1)


@pytest.mark.parametrize("text", [None, "", "  ", "soon", "07/01/2026"])
def test_a_text_that_is_no_date_is_none(text: str | None) -> None:
    assert psa_date(text) is None
    assert psa_moment(text) is None


def test_moments_are_aware_utc() -> None:
    assert psa_moment("2026-07-01T10:00:00Z") == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert psa_moment("2026-07-01T10:00:00") == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_the_three_kinds_of_ids_are_kept_apart() -> None:
    row = decode(b'{"id": 871429, "billingLogId": 39005, "dueDays": "20"}', UnpostedInvoice)
    assert row.invoice_id == 39005


@pytest.mark.requirement("M3")
def test_a_batch_gets_header_line_and_tax_ids_once() -> None:
    transaction = decode(
        b'{"id": 5, "glEntryIds": "11, 12,", "detail": [{"id": 13, "glTypeId": "R"}, {"id": 14, "glTypeId": "ST"},'
        b' {"id": 12}, {"glTypeId": "R"}]}',
        ExportTransaction,
    )
    assert transaction.gl_entry_ids == (11, 12)
    assert transaction.processed_record_ids == (11, 12, 13, 14)
    assert [line.is_tax for line in transaction.details] == [False, True, False, False]


@pytest.mark.parametrize("ids", [b"", b', "glEntryIds": ""', b', "glEntryIds": null', b', "glEntryIds": "  "'])
def test_no_entry_ids_is_an_empty_tuple(ids: bytes) -> None:
    assert decode(b'{"id": 1' + ids + b"}", ExportTransaction).processed_record_ids == ()


def test_a_single_entry_id_may_be_a_number() -> None:
    assert decode(b'{"glEntryIds": 7}', ExportTransaction).gl_entry_ids == (7,)


def test_export_transactions_are_matched_by_document_number() -> None:
    invoices = [Invoice(id=1, invoice_number="A"), Invoice(id=2, invoice_number="B"), Invoice(id=3, invoice_number="C")]
    found = transactions_by_invoice(
        invoices,
        [
            ExportTransaction(id=9, document_number=" A "),
            ExportTransaction(id=8, document_number="C"),
            ExportTransaction(id=7, document_number="C"),
        ],
    )
    assert [item.id for item in found[1]] == [9]
    assert found[2] == ()
    assert len(found[3]) == 2


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        (b'{"currencyCode": "aud"}', "AUD"),
        (b'{"currencyCode": {"id": 1, "identifier": "NZD"}}', "NZD"),
        (b'{"currencyCode": null, "currencyIdentifier": "GBP"}', "GBP"),
        (b"{}", None),
    ],
)
def test_currencies_give_their_iso_code(reference: bytes, code: str | None) -> None:
    invoice = decode(b'{"id": 1, "currency": ' + reference + b"}", Invoice)
    assert invoice.currency is not None
    assert invoice.currency.iso_code == code
