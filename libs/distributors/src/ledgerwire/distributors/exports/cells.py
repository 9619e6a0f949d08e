"""Values of cells: exact amounts, calendar dates, ids that a spreadsheet has not damaged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from ledgerwire.distributors.exports.layout import Layout

W = TypeVar("W")

_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?")
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_TRUNCATED: Final = re.compile(r"\d{15,}0{3,}")
_CURRENCIES: Final = frozenset(
    [
        "AED",
        "ARS",
        "AUD",
        "BGN",
        "BHD",
        "BND",
        "BRL",
        "CAD",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CZK",
        "DKK",
        "EGP",
        "EUR",
        "FJD",
        "GBP",
        "HKD",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "ISK",
        "JPY",
        "KES",
        "KRW",
        "KWD",
        "KZT",
        "LKR",
        "MAD",
        "MXN",
        "MYR",
        "NGN",
        "NOK",
        "NZD",
        "OMR",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "SAR",
        "SEK",
        "SGD",
        "THB",
        "TRY",
        "TWD",
        "UAH",
        "USD",
        "UYU",
        "VND",
        "XPF",
        "ZAR",
    ]
)


class RefusedRowError(Exception):
    """A row that cannot be read; the text says why, in a clerk's words."""


class Cells:
    """One row by our fields."""

    def __init__(self, layout: Layout, values: Mapping[str, str]) -> None:
        self._layout = layout
        self._values = values

    def text(self, name: str) -> str:
        """The text, "" where there is none. Raises RefusedRowError where the layout requires one."""
        value = self._values.get(name, "").strip()
        if not value and name in self._layout.required:
            raise RefusedRowError(f"{name} is empty")
        return value

    def identity(self, name: str) -> str:
        """An id in lower case. Raises RefusedRowError for one that a spreadsheet turned into a number."""
        value = self.text(name).removeprefix("org:")
        if _SCIENTIFIC.fullmatch(value) or _TRUNCATED.fullmatch(value):
            raise RefusedRowError(f"{name} '{value}' was damaged by a spreadsheet")
        return value.casefold()

    def amount(self, name: str) -> Decimal | None:
        """An exact number, None where there is none. Raises RefusedRowError for anything else."""
        written = self.text(name)
        if not written:
            return None
        plain = written.replace(" ", "").replace("\u00a0", "")
        if self._layout.decimal_mark == ",":
            plain = plain.replace(".", "").replace(",", ".")
        elif re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
            plain = plain.replace(",", "")
        if not _NUMBER.fullmatch(plain):
            raise RefusedRowError(f"{name} '{written}' is not a number")
        return Decimal(plain)

    def must_amount(self, name: str) -> Decimal:
        """As `amount`, for a required field."""
        value = self.amount(name)
        if value is None:
            raise RefusedRowError(f"{name} is empty")
        return value

    def day(self, name: str) -> date | None:
        """The written calendar day, whatever time and offset follow it; year 1 and year 9999 are none."""
        written = self.text(name)
        if not written:
            return None
        plain = re.split(r"[T ]", written, maxsplit=1)[0]
        for form in self._layout.dates:
            try:
                found = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a calendar day has no zone
            except ValueError:
                continue
            return found if 1 < found.year < 9999 else None
        raise RefusedRowError(f"{name} '{written}' is not a date")

    def must_day(self, name: str) -> date:
        """As `day`, for a required field."""
        value = self.day(name)
        if value is None:
            raise RefusedRowError(f"{name} is empty")
        return value

    def last_day(self, name: str) -> date | None:
        """An end, as its last day."""
        found = self.day(name)
        return found - timedelta(days=1) if found and self._layout.end_is_exclusive else found

    def currency(self) -> str:
        """ISO 4217. Raises RefusedRowError for a code that no vendor bills in."""
        code = (self.text("currency") or self._layout.currency).upper()
        if code and code not in _CURRENCIES:
            raise RefusedRowError(f"currency '{code}' is not known")
        return code

    def word(self, name: str, words: Mapping[str, W], default: W | None) -> W:
        """One of the layout's words. Raises RefusedRowError for an unknown one where there is no default."""
        said = self.text(name)
        found = words.get(said.casefold(), default)
        if found is None:
            raise RefusedRowError(f"{name} '{said}' is not known")
        return found

    def flag(self, name: str, default: bool) -> bool:
        """Yes or no."""
        said = self.text(name).casefold()
        return said in {"true", "yes", "1"} if said else default

    def sku(self) -> str:
        """The vendor SKU; in two parts it is joined, the second padded to four digits."""
        if "product_id" in self._layout.columns:
            return f"{self.text('product_id')}:{self.text('sku_id').zfill(4)}".upper()
        return self.text("sku").upper()
