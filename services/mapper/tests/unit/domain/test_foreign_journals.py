"""Journals of foreign expenses and stock movements are in base currency where a rate is known (M15)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.common.money import total
from ledgerwire.mapper.domain.settings import CurrencySettings, RateSource

from .build_purchases import BOOKS, BUYING, amounts, document, movement, pair, spent, stock_line, stop

ABROAD = replace(BOOKS, currencies=frozenset({"AUD", "EUR"}))
PAIRS = (pair("33.33", "425", "855", ids=(601, 602)), pair("10.00", "425", "855", ids=(603, 604)))
TABLE = CurrencySettings(RateSource.TABLE, {"EUR": Decimal("1.65")})


def journal(currency):
    given = spent("43.33", "0", pairs=PAIRS, currency="EUR", settings=replace(BUYING, currency=currency))
    return replace(given, reference=ABROAD)


@pytest.mark.requirement("M15", "M17")
def test_an_expense_journal_is_converted_at_the_tables_rate_and_keeps_it() -> None:
    made = document(journal(TABLE))
    expected = [("425", "54.99"), ("855", "-54.99"), ("425", "16.50"), ("855", "-16.50")]
    assert [(account, net) for account, net, _, _ in amounts(made)] == expected
    assert (made.currency, made.currency_rate, made.total) == ("AUD", Decimal("1.65"), Decimal("71.49"))
    assert total(line.net for line in made.lines) == 0
    changed = journal(CurrencySettings(RateSource.TABLE, {"EUR": Decimal("1.70")}))
    assert document(replace(changed, kept_rate=made.currency_rate)) == made


@pytest.mark.requirement("M15", "M16")
def test_a_stock_movement_is_converted_too() -> None:
    given = movement("Adjustment", lines=(stock_line("-2", "-80.00"),), total="80.00", currency="EUR")
    settings = replace(BUYING, currency=TABLE)
    made = document(replace(given, reference=ABROAD, settings=settings))
    assert [(account, net) for account, net, _, _ in amounts(made)] == [("630", "132.00"), ("480", "-132.00")]
    assert made.currency == "AUD"


@pytest.mark.requirement("M15")
def test_without_a_rate_a_foreign_journal_stops_or_is_left_to_the_ledgers_own() -> None:
    assert stop(journal(CurrencySettings(RateSource.TABLE, {}))).code == "CURRENCY_RATE_MISSING"
    made = document(journal(CurrencySettings(RateSource.LEDGER)))
    assert (made.currency, made.currency_rate, made.total) == ("EUR", None, Decimal("43.33"))
