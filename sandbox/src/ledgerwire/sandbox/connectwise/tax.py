"""Tax levels of a tax code and what a record owes at each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.interface_records import GlEntry
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

LEVEL_WORDS = ("One", "Two", "Three", "Four", "Five", "Six")
UNPOSTED_NAMES = ("state", "county", "city", "country", "composite", "levelSix")
_CENT = Decimal("0.01")
_SERVICES = frozenset({"R", "RA"})


@dataclass(frozen=True, slots=True)
class TaxLevel:
    """One of a tax code's up to six levels; `rate` is in percent (10 means 10 %), the flags say what it taxes."""

    number: int
    rate: Decimal
    caption: str
    xref: str | None
    agency: str | None
    services: bool = True
    expenses: bool = True
    products: bool = True

    def takes(self, line: InvoiceLine) -> bool:
        """Whether the line is taxed at this level: by its flag, the level's, and the amount where one is known."""
        flag = self.services if line.kind in _SERVICES else self.expenses if line.kind == "RE" else self.products
        if not (line.taxable and flag):
            return False
        if self.number > len(line.tax_by_level) or line.tax_by_level[self.number - 1]:
            return True
        return abs(line.total) * self.rate / 100 < _CENT


def _from_child_rows(state: ConnectWiseState, tax_code_id: int) -> list[TaxLevel]:
    rows = [row for row in state.tables["tax_code_levels"].values() if row.get("parentId") == tax_code_id]
    return [
        TaxLevel(
            row["taxLevel"],
            Decimal(row["taxRate"]),
            row.get("caption", f"Level {row['taxLevel']}"),
            row.get("taxCodeXref"),
            row.get("agencyXref"),
            *(bool(row.get(f"tax{what}Flag", True)) for what in ("Services", "Expenses", "Products")),
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
            flags = (bool(row.get(f"level{word}{what}Flag", True)) for what in ("Services", "Expenses", "Products"))
            levels.append(TaxLevel(number, Decimal(rate), caption, xref, agency, *flags))
    return levels


def levels_of(state: ConnectWiseState, tax_code: Mapping[str, Any] | None) -> list[TaxLevel]:
    """The levels of a tax code reference; none for no code or an unknown one."""
    if not tax_code:
        return []
    row = state.tables["tax_codes"].get(int(tax_code["id"]))
    if row is None:
        return []
    return _from_child_rows(state, int(row["id"])) or _from_columns(row)


def tax_engine_is_on(state: ConnectWiseState) -> bool:
    """Whether an external engine works out sales tax: a row of `/finance/taxIntegrations` is enabled."""
    return any(row.get("enabledFlag") for row in state.tables["tax_integrations"].values())


def taxed_by_engine(entries: Sequence[GlEntry]) -> bool:
    """Whether the entries were frozen with the engine's amount, which has no levels."""
    return any(entry.gl_type == "ST" and entry.tax_level is None for entry in entries)


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


def level_columns(levels: Sequence[TaxLevel], amounts: Mapping[int, Decimal], taxable: bool) -> Row:
    """The `stateTaxFlag`, `stateTaxXref`, `stateTaxAmount` … columns of an unposted row."""
    columns: Row = {}
    for level in levels:
        name = UNPOSTED_NAMES[level.number - 1]
        columns[f"{name}TaxFlag"] = taxable
        columns[f"{name}TaxXref"] = level.xref
        columns[f"{name}TaxAmount"] = amounts.get(level.number, Decimal(0))
    return columns


def level_rows(levels: Sequence[TaxLevel], amounts: Mapping[int, Decimal]) -> list[Row]:
    """What `…/taxableLevels` of an unposted row answers: what each level takes."""
    return [
        {
            "id": number,
            "taxLevel": level.number,
            "taxCodeXref": level.xref,
            "taxAmount": amounts.get(level.number, Decimal(0)),
        }
        for number, level in enumerate(levels, start=1)
    ]


def by_number(amounts: Sequence[Decimal]) -> dict[int, Decimal]:
    """Amounts given level one first, by level number."""
    return dict(enumerate(amounts, start=1))
