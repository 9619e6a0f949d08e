"""What the four companies receive, return, count and move: three hundred receipts and eighty stock movements."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, StockLine, Transfer
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.quarter.draft import in_money
from ledgerwire.sandbox.seed.quarter.gl_table import WAREHOUSES
from ledgerwire.sandbox.seed.quarter.goods import CATEGORIES, PRODUCTS, STOCKED
from ledgerwire.sandbox.seed.quarter.houses import (
    AUSTIN,
    CURRENCIES,
    HOUSES,
    LOCATIONS,
    SYDNEY,
    TAX_CODES,
    House,
    TaxCode,
)
from ledgerwire.sandbox.seed.quarter.invoices import SHARES
from ledgerwire.sandbox.seed.quarter.people import Party, suppliers_of
from ledgerwire.sandbox.seed.setup_tables import DEPARTMENTS, TERMS
from ledgerwire.sandbox.seed.tax import cents

ORDERS = 240
ADJUSTMENTS, TRANSFERS = 60, 28
TERM = "net30"
_BOUGHT = (*STOCKED, *STOCKED, "NB-14-I7", "FW-60", "SWITCH-24", "WARRANTY-3Y")


@dataclass(frozen=True, slots=True)
class Received:
    """A receipt with what a bookkeeper needs to know of it beside the paper: whose it is, and which delivery it was."""

    fact: Receipt
    house: House
    place: str
    supplier: Party
    delivery: int = 1
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A stock movement; `effective` is whether it leaves one account for another."""

    fact: Adjustment | Transfer
    house: House
    place: str
    effective: bool = True
    fault: str | None = None


def purchase_code(house: House) -> TaxCode | None:
    """The tax code that a company's suppliers charge and it reclaims; none in the United States."""
    if house is AUSTIN:
        return None
    return house.standard if house.standard.purchase_type else TAX_CODES[house.free_code or ""]


class Buyer:
    """Receives for one company."""

    def __init__(self, rng: random.Random, house: House, months: tuple[BusinessMonth, ...]) -> None:
        self.rng = rng
        self.house = house
        self.months = months
        self.code = purchase_code(house)

    def _place(self) -> str:
        return self.rng.choice(list(self.house.locations))

    def _tax(self, amount: Decimal, *, taxed: bool = True) -> tuple[Decimal, ...]:
        return (cents(amount * self.code.percent / 100),) if self.code and taxed else ()

    def _line(self, number: int, product: str, quantity: int, *, drop_shipped: bool) -> ReceiptLine:
        bought = PRODUCTS[product]
        cost = in_money(self.house, bought.cost)
        total = cents(cost * quantity)
        taxed = self.code is not None and product != "WARRANTY-3Y"
        return ReceiptLine(
            item_identifier=product, description=bought.description, quantity=Decimal(quantity), cost=cost, total=total,
            product_class=bought.product_class, item_id=bought.id, category_id=CATEGORIES[bought.category],
            subcategory_id=CATEGORIES[bought.category], taxable=taxed, tax_by_level=self._tax(total, taxed=taxed),
            drop_shipped=drop_shipped, line_number=number,
        )  # fmt: skip

    def _receipt(self, order: int, supplier: Party, place: str, day: date, slip: str, lines: tuple[ReceiptLine, ...],
                 freight: Decimal) -> Receipt:  # fmt: skip
        taxed = bool(freight) and self.code is not None
        return Receipt(
            purchase_order_id=order, po_number=f"PO{order}", vendor_company_id=supplier.id, received=day, lines=lines,
            packing_slip=slip, vendor_invoice_number=f"V{order}", vendor_invoice_date=day, freight=freight,
            freight_taxable=taxed, freight_tax_by_level=self._tax(freight, taxed=taxed),
            tax_code_id=self.code.id if self.code else None, billing_terms_id=TERMS[TERM].id,
            currency_id=CURRENCIES[self.house.currency], location_id=LOCATIONS[place],
            department_id=DEPARTMENTS["Procurement"],
        )  # fmt: skip

    def order(self, number: int) -> Iterator[Received]:
        """One purchase order: most come at once, every fourth in two deliveries, every fourteenth is sent back."""
        rng, supplier, place = self.rng, self.rng.choice(suppliers_of(self.house)), self._place()
        month = rng.choice(self.months)
        day = month.day(rng.randint(2, 22))
        sign = -1 if number % 14 == 0 else 1
        drop = number % 11 == 0
        lines = tuple(
            self._line(position, rng.choice(_BOUGHT), sign * rng.randint(1, 8), drop_shipped=drop)
            for position in range(1, rng.randint(2, 5))
        )
        freight = (
            in_money(self.house, Decimal(rng.choice(("18.50", "24.00", "39.95"))))
            if number % 3 == 0 and sign > 0
            else Decimal(0)
        )
        yield Received(
            self._receipt(number, supplier, place, day, f"{number}A", lines, freight), self.house, place, supplier
        )
        if number % 4 == 0 and sign > 0:
            rest = (self._line(9, rng.choice(_BOUGHT), rng.randint(1, 3), drop_shipped=drop),)
            later = self._receipt(number, supplier, place, month.day(26), f"{number}B", rest, Decimal(0))
            yield Received(later, self.house, place, supplier, delivery=2)

    def bad_slip(self, number: int) -> Received:
        """A packing slip with a character that the PSA's interface cannot carry."""
        supplier, place = suppliers_of(self.house)[0], self._place()
        lines = (self._line(1, STOCKED[0], 2, drop_shipped=False),)
        receipt = self._receipt(number, supplier, place, self.months[1].day(9), "PS|77", lines, Decimal(0))
        return Received(receipt, self.house, place, supplier, fault="bad_slip")

    def _stock_line(self, quantity: int) -> StockLine:
        product = PRODUCTS[self.rng.choice(STOCKED)]
        cost = in_money(self.house, product.cost)
        return StockLine(
            item_identifier=product.code, description=product.description, quantity=quantity, cost=cost,
            total=cents(cost * quantity), item_id=product.id, category_id=CATEGORIES[product.category],
            subcategory_id=CATEGORIES[product.category],
        )  # fmt: skip

    def adjustment(self, number: int, identifier: str = "", fault: str | None = None) -> Moved:
        """A count that found more or fewer than the books held."""
        place = self._place()
        lines = tuple(self._stock_line(self.rng.choice((-3, -2, -1, 1, 2))) for _ in range(self.rng.randint(1, 3)))
        if not sum((line.total for line in lines), Decimal(0)):
            lines = lines[:1]
        fact = Adjustment(
            adjustment_id=number, identifier=identifier or f"ADJ-{number}", closed=self.rng.choice(self.months).day(self.rng.randint(2, 27)),
            lines=lines, reason="Stock count", location_id=LOCATIONS[place], department_id=DEPARTMENTS["Procurement"],
        )  # fmt: skip
        return Moved(fact, self.house, place, fault=fault)

    def transfer(self, number: int) -> Moved:
        """Goods that go into a van (another account), or only to the annex (the same one, so no effect)."""
        place = self._place()
        effective = number % 3 != 0
        target = WAREHOUSES[f"{place} {'vans' if effective else 'annex'}"]
        fact = Transfer(
            transfer_id=number, moved=self.rng.choice(self.months).day(self.rng.randint(2, 27)),
            line=self._stock_line(self.rng.randint(1, 4)), from_warehouse_id=WAREHOUSES[f"{place} store"], to_warehouse_id=target,
            from_location_id=LOCATIONS[place], to_location_id=LOCATIONS[place],
            from_department_id=DEPARTMENTS["Procurement"], to_department_id=DEPARTMENTS["Procurement"],
        )  # fmt: skip
        return Moved(fact, self.house, place, effective)


def quarter_of_procurement(rng: random.Random, months: tuple[BusinessMonth, ...]) -> tuple[list[Received], list[Moved]]:
    """Receipts and movements of all companies, the planted faults among them."""
    received: list[Received] = []
    moved: list[Moved] = []
    order, adjustment, transfer = 7001, 501, 301
    for house in HOUSES:
        buyer, share = Buyer(rng, house, months), SHARES[house.key]
        for _ in range(ORDERS * share // 20):
            received += buyer.order(order)
            order += 1
        for _ in range(ADJUSTMENTS * share // 20):
            moved.append(buyer.adjustment(adjustment))
            adjustment += 1
        for _ in range(TRANSFERS * share // 20):
            moved.append(buyer.transfer(transfer))
            transfer += 1
    planted = Buyer(rng, SYDNEY, months)
    received.append(planted.bad_slip(order))
    moved.append(planted.adjustment(adjustment, "ADJ'9", "bad_identifier"))
    return received, moved
