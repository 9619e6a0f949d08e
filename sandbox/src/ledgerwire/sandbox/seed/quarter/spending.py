"""What the group's people spend: four hundred and eighty expenses, out of their own pocket or on the company card."""

import random
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.sandbox.connectwise.expenses import Classification, Expense, ExpenseStatus
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.houses import CURRENCIES, HOUSES, LOCATIONS, SYDNEY, House, house_of
from ledgerwire.sandbox.seed.quarter.invoices import SHARES
from ledgerwire.sandbox.seed.quarter.people import MEMBERS, Member
from ledgerwire.sandbox.seed.quarter.procurement import purchase_code
from ledgerwire.sandbox.seed.setup_tables import DEPARTMENTS
from ledgerwire.sandbox.seed.tax import cents

EXPENSES = 480
FIRST_EXPENSE_ID = 9_001
_NOTES = {"Mileage": "Client visit", "Airfare": "Flight to client", "Hotel": "Hotel, project week", "Meals": "Team lunch",
          "Office supplies": "Cables and labels", "Software": "Licence", "Parking and tolls": "Parking"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spent:
    """An expense with who spent it, for which company, and on what."""

    fact: Expense
    house: House
    member: Member
    type_name: str
    fault: str | None = None


class Spender:
    """Spends for one company."""

    def __init__(self, rng: random.Random, house: House, months: tuple[BusinessMonth, ...]) -> None:
        self.rng = rng
        self.house = house
        self.months = months
        self.members = tuple(each for each in MEMBERS if house_of(each.location) is house)

    def expense(self, number: int, *, status: ExpenseStatus = "ApprovedByTierTwo", type_name: str | None = None,
                fault: str | None = None) -> Spent:  # fmt: skip
        """One expense; what is personal reclaims no tax."""
        member = self.rng.choice(self.members)
        name = type_name or self.rng.choice(tuple(goods.EXPENSE_TYPES))
        key, _, reclaimed = goods.EXPENSE_TYPES.get(name, (9, "", False))
        way = self.rng.random()
        kind: Classification = "Reimbursable" if way < 0.6 else "NonReimbursable" if way < 0.9 else "Personal"
        paid = Decimal(self.rng.randint(900, 48_000)) / 100
        code = purchase_code(self.house)
        taxed = reclaimed and code is not None and kind != "Personal"
        tax = cents(paid * code.percent / (100 + code.percent)) if code and taxed else Decimal(0)
        fact = Expense(
            expense_id=number, member_id=member.id, spent=self.rng.choice(self.months).day(self.rng.randint(2, 27)),
            amount=paid, expense_type_id=key, classification=kind,
            payment_method_id=goods.PAYMENT_TYPES["Own money" if kind == "Reimbursable" else "Company card"],
            tax_by_level=(tax,) if tax else (), tax_code_id=code.id if code and tax else None,
            notes=_NOTES.get(name, name), status=status, currency_id=CURRENCIES[self.house.currency],
            location_id=LOCATIONS[member.location], department_id=DEPARTMENTS["Service Desk"], charge_code="Internal",
        )  # fmt: skip
        return Spent(fact, self.house, member, name, fault)


def quarter_of_expenses(rng: random.Random, months: tuple[BusinessMonth, ...]) -> list[Spent]:
    """All of them, two with a planted fault."""
    spent: list[Spent] = []
    number = FIRST_EXPENSE_ID
    for house in HOUSES:
        spender = Spender(rng, house, months)
        for _ in range(EXPENSES * SHARES[house.key] // 20):
            spent.append(spender.expense(number))
            number += 1
    planted = Spender(rng, SYDNEY, months)
    spent.append(planted.expense(number, status="ApprovedByTierOne", type_name="Meals", fault="tier_one"))
    spent.append(planted.expense(number + 1, type_name=goods.UNMAPPED_EXPENSE_TYPE, fault="no_expense_mapping"))
    return spent
