"""Invoices as ConnectWise makes them under four tax regimes, from a seed: 1 to 200 lines, five decimals, discounts, returns."""

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from ledgerwire.common.ledger.reference import LedgerItem, LedgerRules, ReferenceData, TaxComponent, TaxRate
from ledgerwire.common.money import ZERO, round_half_up, total
from ledgerwire.mapper.domain.model import GlLine, MappingInput, TaxLevel
from ledgerwire.mapper.domain.settings import RoundingPolicy, TaxMode, TaxSettings

from .build import ITEMS, REFERENCE, SALES, SETTINGS, gl_line, source, tax_row

RETURNED, DISCOUNTED, UNTAXED = 12, 10, 25
"""How many of a hundred lines are negative, discounted, untaxed."""


def rate(tax_type: str, name: str, *parts: tuple[str, str]) -> TaxRate:
    """A ledger rate made of (component, percent) parts."""
    components = tuple(TaxComponent(part, Decimal(percent)) for part, percent in parts)
    return TaxRate(tax_type, name, total(item.rate for item in components), True, SALES, components)


@dataclass(frozen=True)
class Regime:
    """One country: the ledger's rates, how they are found, and what the lines of an invoice can be taxed with.

    `ways`: (PSA code, [(level, reference, percent)]) of which each taxed line takes one.
    """

    name: str
    tax: TaxSettings
    rates: tuple[TaxRate, ...]
    ways: tuple[tuple[str, tuple[tuple[int, str, str], ...]], ...]


_GST, _PST = (1, "GST", "5"), (2, "PST BC", "7")
_STATE, _CITY = (1, "TX STATE", "6.25"), (2, "AUSTIN", "2")

REGIMES = (
    Regime(
        "Australia: GST",
        TaxSettings(untaxed_type="EXEMPTOUTPUT"),
        (),
        (("GST on Income", ((1, "GST", "10"),)),),
    ),
    Regime(
        "United Kingdom: VAT 20, zero and exempt",
        TaxSettings(untaxed_type="EXEMPTOUTPUT"),
        (rate("OUTPUT2", "20% VAT", ("VAT", "20")), rate("ZERORATED", "Zero rated", ("VAT", "0"))),
        (("20% VAT", ((1, "VAT", "20"),)), ("Zero rated", ((1, "VAT", "0"),))),
    ),
    Regime(
        "United States: state and city",
        TaxSettings(untaxed_type="EXEMPTOUTPUT", mode=TaxMode.PER_LEVEL),
        (rate("AUSTIN", "Texas and Austin", ("TX STATE", "6.25"), ("AUSTIN", "2")),),
        (("AUSTIN", (_STATE, _CITY)),),
    ),
    Regime(
        "Canada: GST and PST",
        TaxSettings(untaxed_type="EXEMPTOUTPUT", mode=TaxMode.PER_LEVEL),
        (rate("GSTPST", "GST and PST", ("GST", "5"), ("PST BC", "7")), rate("GSTONLY", "GST", ("GST", "5"))),
        (("BC", (_GST, _PST)), ("BC", (_GST,))),
    ),
)

XERO = LedgerRules()
QUICKBOOKS = LedgerRules(
    item_decides_account=True, has_drafts=False, number_length=21, item_code_length=100, unit_decimals=None
)
_ACCOUNT_OF = {"R": "220", "RA": "200", "RP": "200", "RD": "812"}
_BY_ACCOUNT = tuple(
    LedgerItem(item.code, item.name, revenue_account=account)
    for item, account in zip(ITEMS, ("220", "200", "220", "812", "200", "200"), strict=True)
)


def books(regime: Regime, rules: LedgerRules) -> ReferenceData:
    """The ledger company of a regime."""
    items = (*_BY_ACCOUNT, LedgerItem("ROUNDING", "Rounding", revenue_account="860"))
    return replace(REFERENCE, tax_rates=(*REFERENCE.tax_rates, *regime.rates), items=items, rules=rules)


@dataclass(frozen=True)
class _Sold:
    line: GlLine
    levels: tuple[tuple[int, str, str], ...]


def _line(random: Random, number: int, regime: Regime) -> _Sold:
    kind = random.choice(["R", "R", "RA", "RP", "RD"])
    quantity = Decimal(random.randint(1, 400 if random.randrange(100) < 50 else 40_000_000)) / (
        1 if random.randrange(100) < 60 else 100_000
    )
    price = Decimal(random.randint(1, 50_000_000)) / 100_000
    if random.randrange(100) < 50:
        price = round_half_up(price)
    quantity = min(quantity, Decimal(5_000))
    exact = quantity * price
    if random.randrange(100) < DISCOUNTED:
        exact = exact * random.randint(50, 99) / 100
    how = random.randrange(100)
    amount = round_half_up(quantity * round_half_up(price)) if how < 20 else round_half_up(exact, 2 if how < 95 else 4)
    if random.randrange(100) < RETURNED:
        amount = -amount
    code, levels = random.choice(regime.ways) if random.randrange(100) > UNTAXED and kind != "RD" else ("", ())
    facts = {
        "gl_type": kind, "account": _ACCOUNT_OF[kind], "quantity": quantity, "price": price,
        "product": "CAT6" if kind == "RP" else None,
        "non_product_id": {"R": "LABOUR", "RA": "MANAGED", "RD": "DEPOSIT"}.get(kind),
        "taxable": bool(levels), "tax_code": code or None,
        "tax_percent": total(Decimal(percent) for _, _, percent in levels) if levels else None,
        "tax_levels": tuple(level for level, _, _ in levels) if regime.tax.mode == TaxMode.PER_LEVEL and levels else None,
    }  # fmt: skip
    return _Sold(gl_line(1000 + number, str(amount), **facts), levels)


def _whole_cents(sold: list[_Sold]) -> list[_Sold]:
    """The last line takes what is missing to whole cents: ConnectWise's invoice total has no fractions."""
    net = -total(item.line.total for item in sold)
    last = sold[-1]
    return [*sold[:-1], replace(last, line=replace(last.line, total=last.line.total - (round_half_up(net) - net)))]


def _taxes(random: Random, sold: list[_Sold]) -> dict[tuple[int, str], Decimal]:
    """Tax by level and reference, rounded on each line or once on the document."""
    per_line, sums = random.randrange(100) < 50, dict[tuple[int, str, str], Decimal]()
    for item in sold:
        for level, reference, percent in item.levels:
            tax = -item.line.total * Decimal(percent) / 100
            key = (level, reference, percent)
            sums[key] = sums.get(key, ZERO) + (round_half_up(tax) if per_line else tax)
    amounts = dict[tuple[int, str], Decimal]()
    for (level, reference, _), amount in sums.items():
        amounts[level, reference] = amounts.get((level, reference), ZERO) + round_half_up(amount)
    return amounts


def invoice(
    seed: int, size: int, regime: Regime, rules: LedgerRules, policy: RoundingPolicy, limit: Decimal | None
) -> MappingInput:
    """A closed invoice of `size` lines; the same arguments give the same invoice."""
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    sold = _whole_cents([_line(random, number, regime) for number in range(size)])
    taxes = _taxes(random, sold)
    tax, net = total(taxes.values()), -total(item.line.total for item in sold)
    rows = [item.line for item in sold]
    levels = tuple(TaxLevel(level, reference, abs(amount)) for (level, reference), amount in sorted(taxes.items()))
    rounding = replace(SETTINGS.rounding, policy=policy, document_limit=limit, item="ROUNDING")
    given = source(
        *rows, tax=str(tax), total=str(net + tax), settings=replace(SETTINGS, tax=regime.tax, rounding=rounding),
        reference=books(regime, rules), tax_code=regime.ways[0][0],
        export={
            "tax_code": regime.ways[0][0], "tax_percent": None, "taxable": True,
            "tax_levels": levels if regime.tax.mode == TaxMode.PER_LEVEL else (),
        },
    )  # fmt: skip
    st_rows = tuple(tax_row(90_000 + number, amount) for number, amount in enumerate(taxes.values()) if amount)
    return replace(given, tax_codes=(), export=replace(given.export, lines=(*rows, *st_rows)))
