"""Partner Center's JSON as it really comes: prefixes, empty dates, numbers as text, words in any case."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionStatus
from ledgerwire.distributors.exports.layouts import MICROSOFT_RECONCILIATION
from ledgerwire.distributors.exports.rows import read_row
from ledgerwire.distributors.partnercenter.reading import customer_of, sku_of, subscription_of, table_rows

LINE: dict[str, Any] = {
    "CustomerId": "org:AAAA",
    "ProductId": "CFQ7TTC0LH18",
    "SkuId": "1",
    "ChargeType": "CYCLECHARGE",
    "Quantity": "10",
    "Subtotal": "100.80",
    "Currency": "USD",
    "ChargeStartDate": "2021-07-18T00:00:00-08:00",
    "ChargeEndDate": "2021-08-17",
    "BillingFrequency": "Monthly",
    "SubscriptionEndDate": "0001-01-01T00:00:00",
    "ReferenceID": "r-1",
    "ProductQualifiers": [],
    "UnitPrice": Decimal("10.08"),
    "EffectiveUnitPrice": None,
    "SomethingNew": {"a": 1},
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "AB-1",
    "offerId": "CFQ7TTC0LH18:1:XYZ",
    "quantity": 3,
    "billingCycle": "monthly",
    "creationDate": "2021-07-18T10:11:12.1234567",
    "commitmentEndDate": "9999-12-31T00:00:00Z",
    "status": "brand_new_state",
}


def read(**changes: Any) -> ChargeLine:
    [row] = table_rows([{**LINE, **changes}])
    line = read_row(MICROSOFT_RECONCILIATION, row).charge
    assert line is not None
    return line


def test_a_line_is_read_through_its_quirks() -> None:
    line = read()
    assert (line.customer_id, line.sku, line.kind) == ("aaaa", "CFQ7TTC0LH18:0001", ChargeKind.CYCLE)
    assert (line.quantity, line.subtotal, line.unit_price) == (Decimal(10), Decimal("100.80"), Decimal("10.08"))
    assert (line.charge_start, line.charge_end, line.term_end) == (date(2021, 7, 18), date(2021, 8, 17), None)
    assert (line.reference_id, line.effective_unit_price) == ("r-1", None)


@pytest.mark.parametrize(
    ("changes", "kind", "frequency"),
    [
        ({"ChargeType": "somethingElse"}, ChargeKind.OTHER, Frequency.MONTHLY),
        ({"BillingFrequency": ""}, ChargeKind.CYCLE, Frequency.ONE_TIME),
        ({"BillingFrequency": "", "TermAndBillingCycle": "One-Month commitment for trial"}, ChargeKind.CYCLE,
         Frequency.MONTHLY),
        ({"SubscriptionDescription": "Azure plan", "BillingFrequency": ""}, ChargeKind.CYCLE, Frequency.USAGE),
    ],
)  # fmt: skip
def test_unknown_words_are_kept_apart_and_not_guessed(changes: Any, kind: ChargeKind, frequency: Frequency) -> None:
    line = read(**changes)
    assert (line.kind, line.frequency) == (kind, frequency)


def test_two_lines_that_are_alike_stay_two() -> None:
    assert len({row.key for row in table_rows([LINE, LINE])}) == 2


def test_a_subscription_is_read_with_unknown_states_and_no_end() -> None:
    held = subscription_of(SUBSCRIPTION, "aaaa")
    assert (held.id, held.sku, held.quantity) == ("ab-1", "CFQ7TTC0LH18:0001", Decimal(3))
    assert (held.status, held.term_end, held.start) == (SubscriptionStatus.OTHER, None, date(2021, 7, 18))


def test_a_trial_that_is_charged_by_nothing_is_a_monthly_one() -> None:
    held = subscription_of({**SUBSCRIPTION, "billingCycle": "none", "isTrial": True}, "aaaa")
    assert (held.trial, held.frequency) == (True, Frequency.MONTHLY)


@pytest.mark.parametrize("missing", ["id", "offerId", "quantity", "creationDate"])
def test_a_subscription_without_what_it_must_have_is_refused(missing: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        subscription_of({name: value for name, value in SUBSCRIPTION.items() if name != missing}, "aaaa")


def test_a_legacy_offer_stays_whole() -> None:
    assert sku_of("84a03d81-6b37-4d66-8d4a-faea24541538") == "84A03D81-6B37-4D66-8D4A-FAEA24541538"


def test_who_is_only_advised_is_no_customer() -> None:
    assert customer_of({"id": "X", "relationshipToPartner": "advisor"}) is None
