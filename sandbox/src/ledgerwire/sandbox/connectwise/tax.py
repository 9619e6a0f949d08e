"""Tax levels of a tax code and what an invoice owes at each."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

LEVEL_WORDS = ("One", "Two", "Three", "Four", "Five", "Six")
UNPOSTED_NAMES = ("state", "county", "city", "country", "composite", "levelSix")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TaxLevel:
    """One of a tax code's up to six levels; `rate` is in percent (10 means 10 %)."""

    number: int
    rate: Decimal
    caption: str
    xref: str | None
    agency: str | None


def _from_child_rows(state: ConnectWiseState, tax_code_id: int) -> list[TaxLevel]:
    rows = [row for row in state.tables["tax_code_levels"].values() if row.get("parentId") == tax_code_id]
    return [
        TaxLevel(
            row["taxLevel"],
            Decimal(row["taxRate"]),
            row.get("caption", f"Level {row['taxLevel']}"),
            row.get("taxCodeXref"),
            row.get("agencyXref"),
        )
        for row in sorted(rows, key=lambda row: int(row["taxLevel"]))
    ]


def _from_columns(row: Row) -> list[TaxLevel]:
    levels = []
    for number, word in enumerate(LEVEL_WORDS, start=1):
        rate = row.get(f"level{word}Rate")
        if rate is not None:
            caption = row.get(f"level{word}Caption", f"Level {number}")
            xref, agency = row.get(f"level{word}TaxCodeXref"), row.get(f"level{word}AgencyXref")
            levels.append(TaxLevel(number, Decimal(rate), caption, xref, agency))
    return levels


def levels_of(state: ConnectWiseState, tax_code: dict[str, Any] | None) -> list[TaxLevel]:
    """The levels of a tax code reference; none for no code or an unknown one."""
    if not tax_code:
        return []
    row = state.tables["tax_codes"].get(int(tax_code["id"]))
    if row is None:
        return []
    return _from_child_rows(state, int(row["id"])) or _from_columns(row)


def tax_amounts(invoice: Row, lines: Sequence[InvoiceLine], levels: Sequence[TaxLevel]) -> dict[int, Decimal]:
    """The invoice's sales tax by level; the amounts add up to the header's `salesTax` to the cent."""
    total = Decimal(invoice.get("salesTax") or 0)
    count = max((len(line.tax_by_level) for line in lines), default=0)
    amounts = {level.number: Decimal(0) for level in levels}
    for number in range(count):
        shares = (line.tax_by_level[number] for line in lines if number < len(line.tax_by_level))
        amounts[number + 1] = sum(shares, Decimal(0)).quantize(_CENT, ROUND_HALF_UP)
    first = levels[0].number if levels else 1
    amounts[first] = amounts.get(first, Decimal(0)) + total - sum(amounts.values(), Decimal(0))
    return {number: amount for number, amount in amounts.items() if amount or number in {one.number for one in levels}}
