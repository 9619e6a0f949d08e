"""The invoices of the quarter: some 760 over four companies, of every type, dated over three months."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.quarter.draft import Draft, DraftLine, amount, hours, sold
from ledgerwire.sandbox.seed.quarter.goods import STOCKED
from ledgerwire.sandbox.seed.quarter.houses import AUSTIN, HOUSES, LONDON, SYDNEY, VANCOUVER, House
from ledgerwire.sandbox.seed.quarter.people import Party, customers_of

SHARES = {SYDNEY.key: 8, LONDON.key: 5, AUSTIN.key: 4, VANCOUVER.key: 3}
"""How the work divides over the companies, in twentieths."""

# family: how many in the quarter (the faults come on top)
COUNTS = {
    "standard": 220,
    "progress": 20,
    "down_payment": 20,
    "miscellaneous": 40,
    "credit_memo": 60,
    "block_hours": 14,
    "waived": 10,
    "negative": 10,
}
_TEXTS = ("Network repair", "Mail migration", "Printer set-up", "User training", "Backup check", "On-site support")


class Writer:
    """Writes the invoices of one company."""

    def __init__(self, rng: random.Random, house: House, months: tuple[BusinessMonth, ...]) -> None:
        self.rng = rng
        self.house = house
        self.months = months
        self.customers = customers_of(house)
        self.local = tuple(each for each in self.customers if each.currency == house.currency)

    def money(self, low: int, high: int) -> Decimal:
        """An amount in the company's money, with cents that do not come out even."""
        cents = self.rng.choice((5, 15, 35, 45, 55, 85, 95))
        return (Decimal(self.rng.randint(low, high)) * self.house.prices).quantize(Decimal(1)) + Decimal(cents) / 100

    def quarter_hours(self, most: int = 30) -> Decimal:
        return Decimal(self.rng.randint(2, most)) / 4

    def day(self) -> date:
        return self.rng.choice(self.months).day(self.rng.randint(2, 27))

    def customer(self, *, foreign: bool = True) -> Party:
        return self.rng.choice(self.customers if foreign else self.local)

    def draft(self, family: str, kind: str, customer: Party, day: date, *lines: DraftLine, **more: object) -> Draft:
        return Draft(family, kind, self.house, customer, day, lines, **more)  # type: ignore[arg-type]

    def agreements(self, month: BusinessMonth) -> Iterator[Draft]:
        """All dated and closed on the 1st: managed services, cloud seats, backup, annual terms."""
        for index, customer in enumerate(self.customers):
            kinds = [
                ("managed", "Managed"),
                ("cloud", "Cloud Monthly"),
                ("backup", "Backup"),
                ("annual", "Cloud Annual"),
            ]
            family, kind = kinds[0 if index % 5 < 2 else 1 if index % 5 < 4 else 2]
            yield self._agreement(month, customer, family, kind)
            if index % 7 == month.start.month % 7:
                yield self._agreement(month, customer, *kinds[3])

    def _agreement(self, month: BusinessMonth, customer: Party, family: str, kind: str) -> Draft:
        lines = getattr(self, f"_{family}")(month)
        return self.draft(family, "Agreement", customer, month.day(1), *lines, agreement_type=kind)

    def _managed(self, month: BusinessMonth) -> tuple[DraftLine, ...]:
        fee = amount("managed", self.money(900, 4200), f"Managed services for {month.start:%B %Y}")
        seats = sold(self.house, "MS-WORKSTATION", self.rng.randint(3, 55), "managed_seat")
        servers = sold(self.house, "MS-SERVER", self.rng.randint(1, 7), "managed_seat")
        return (fee, *self.rng.choice(((), (seats,), (seats, servers))))

    def _cloud(self, _month: BusinessMonth) -> tuple[DraftLine, ...]:
        seats = [
            sold(self.house, code, self.rng.randint(2, 60), "cloud_seat") for code in ("M365-BP", "M365-BB", "EXO-P1")
        ]
        usage = sold(self.house, "AZ-USAGE", self.rng.randint(9_000, 60_000), "cloud_seat")
        return tuple(self.rng.choice((seats[:1], seats[:2], seats, [seats[0], usage])))

    def _backup(self, _month: BusinessMonth) -> tuple[DraftLine, ...]:
        storage = sold(self.house, "BKP-GB", self.rng.randint(800, 9000), "backup_storage")
        return amount("backup", self.money(60, 300), "Backup service"), storage

    def _annual(self, _month: BusinessMonth) -> tuple[DraftLine, ...]:
        return (sold(self.house, "M365-BP-YR", self.rng.randint(5, 23), "cloud_year"),)

    def standard(self) -> Draft:
        """Labour, hardware from the distributor, hardware from stock, a drop-ship, a discount; a few lines or many."""
        customer = self.customer()
        lines = [hours(self.house, "labour", self.quarter_hours(), "145", self.rng.choice(_TEXTS))]
        pick = self.rng.random()
        if pick < 0.45 and customer.currency == self.house.currency:  # cost of stock is in the company's own money
            lines += [self._from_stock() for _ in range(self.rng.randint(1, 3))]
        elif pick < 0.7:
            lines += [sold(self.house, code, self.rng.randint(1, 4), "hardware") for code in ("NB-14-I7", "AP-WIFI6")]
        elif pick < 0.76:
            lines = [sold(self.house, "SRV-R450", 1, "hardware", drop_shipped=True)]
        elif pick < 0.82 and customer.currency == self.house.currency:
            lines.append(replace(self._from_stock(), drop_shipped=True))
        elif pick < 0.9:
            lines += [
                hours(self.house, "senior_labour", self.quarter_hours(), "165", self.rng.choice(_TEXTS))
                for _ in range(6)
            ]
            lines.append(sold(self.house, "CAT6-M", self.rng.randint(10, 300), "hardware"))
        if self.rng.random() < 0.12 and any(line.product for line in lines):
            lines.append(amount("discount", -self.money(5, 20), "Discount on hardware"))
        return self.draft("standard", "Standard", customer, self.day(), *lines)

    def _from_stock(self) -> DraftLine:
        return sold(self.house, self.rng.choice(STOCKED), self.rng.randint(1, 5), "stock")

    def down_payment(self) -> list[Draft]:
        """A deposit of 20 % held as deferred revenue, and the progress invoice that uses it (M9)."""
        customer, first, second = self.customer(foreign=False), self.months[0], self.months[1]
        whole = Decimal(self.rng.randint(18, 46)) * 1000 * self.house.prices
        deposit = (whole / 5).quantize(Decimal("0.01"))
        fee = (whole / 2).quantize(Decimal("0.01"))
        text = f"project of {whole.quantize(Decimal(1)):,}"
        return [
            self.draft("down_payment", "DownPayment", customer, first.day(self.rng.randint(2, 20)),
                       amount("deposit", deposit, f"Deposit, {text}")),
            self.draft("progress", "Progress", customer, second.day(self.rng.randint(2, 20)),
                       amount("project_fee", fee, f"50 % of the {text}"),
                       amount("deposit", -deposit, "Less deposit already invoiced")),
        ]  # fmt: skip

    def miscellaneous(self) -> Draft:
        """Domains, warranties and consulting; a filing fee at cost, which nobody taxes."""
        code, stream = self.rng.choice(
            (("DOMAIN-AU", "other"), ("WARRANTY-3Y", "warranty"), ("CONSULT-DAY", "consulting"))
        )
        lines = [sold(self.house, code, self.rng.randint(1, 5), stream)]
        if self.rng.random() < 0.3:
            lines.append(sold(self.house, "GOV-FILING", 1, "other"))
        return self.draft("miscellaneous", "Miscellaneous", self.customer(), self.day(), *lines)

    def credit_memo(self) -> Draft:
        """Goods returned to stock, seats billed twice, goodwill."""
        returned = sold(self.house, self.rng.choice(STOCKED), -self.rng.randint(1, 2), "stock")
        seats = sold(self.house, "M365-BP", -self.rng.randint(1, 9), "cloud_seat")
        goodwill = amount(
            "labour", -self.money(35, 320), "Goodwill, late attendance", taxable=self.house.country != "US"
        )
        line = self.rng.choice((returned, seats, goodwill))
        return self.draft("credit_memo", "CreditMemo", self.customer(foreign=False), self.day(), line, prefix="CM")

    def block_hours(self) -> Draft:
        """Hours drawn from a prepaid block: nothing to pay, but deferred revenue moves (M4)."""
        spent = hours(
            self.house, "senior_labour", self.quarter_hours(12), "165", "Hours from the prepaid block", taxable=False
        )
        used = amount("block_hours", -spent.net, "Prepaid block hours used", taxable=False)
        return self.draft("block_hours", "Standard", self.customer(foreign=False), self.day(), spent, used,
                          agreement_type="Block Time")  # fmt: skip

    def waived(self) -> Draft:
        """A visit waived on the account it was billed to: no effect at all (M4)."""
        visit = hours(self.house, "labour", self.quarter_hours(8), "145", "Warranty visit")
        back = amount("labour", -visit.net, "Visit waived", taxable=visit.taxable)
        return self.draft(
            "waived", "Standard", self.customer(foreign=False), self.day(), visit, back, outcome="no_effect"
        )

    def negative(self) -> Draft:
        """A Standard invoice whose goodwill exceeds its labour: a credit note under its own number (M3)."""
        visit = hours(self.house, "labour", Decimal(1), "145", "Mailbox repair")
        goodwill = amount("labour", -self.money(300, 640), "Goodwill, outage", taxable=visit.taxable)
        return self.draft("negative", "Standard", self.customer(foreign=False), self.day(), visit, goodwill)

    def progress(self) -> Draft:
        """A share of a project's price as the PSA exports it."""
        fee = self.money(6_000, 20_000)
        return self.draft("progress", "Progress", self.customer(), self.day(), amount("project_fee", fee, "Project, 40 %"),
                          customer_po=f"PO-{self.rng.randint(1000, 9999)}")  # fmt: skip


def _odd_cents(writer: Writer) -> Iterator[Draft]:
    """Lines that an accounting package cannot hold as printed: half cents on two lines, and a price rounded early."""
    for _ in range(3):
        half = DraftLine("hardware", "Dual monitor arm", Decimal(1), Decimal("333.335"), product="ARM-DUAL",
                         printed=Decimal("333.335"), unit_cost=Decimal("218.20"))  # fmt: skip
        yield writer.draft("standard", "Standard", writer.customer(foreign=False), writer.day(), half, half)
        early = DraftLine("hardware", "Cat 6 cable, per metre", Decimal(100), Decimal("5.2456"), product="CAT6-M",
                          printed=Decimal("525.00"), unit_cost=Decimal("2.98"))  # fmt: skip
        yield writer.draft("standard", "Standard", writer.customer(foreign=False), writer.day(), early)


def _long_one(writer: Writer) -> Draft:
    """One invoice with a hundred and twenty lines."""
    lines = [hours(writer.house, "labour", writer.quarter_hours(), "145", f"Visit {n}") for n in range(1, 121)]
    return writer.draft("standard", "Standard", writer.local[0], writer.months[2].day(20), *lines)


def quarter_of_invoices(rng: random.Random, months: tuple[BusinessMonth, ...]) -> list[Draft]:
    """All of them, company by company, without the planted faults."""
    drafts: list[Draft] = []
    for house in HOUSES:
        writer = Writer(rng, house, months)
        for month in months:
            drafts += writer.agreements(month)
        for family, count in COUNTS.items():
            for _ in range(count * SHARES[house.key] // 20):
                made = getattr(writer, family)()
                drafts += made if isinstance(made, list) else [made]
        drafts += _odd_cents(writer)
        drafts.append(_long_one(writer))
    return drafts
