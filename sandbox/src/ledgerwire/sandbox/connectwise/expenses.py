"""What a member spent, as the PSA holds it once it is entered."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Classification = Literal["NonReimbursable", "Reimbursable", "Personal"]
BillableOption = Literal["Billable", "DoNotBill", "NoCharge", "NoDefault"]
ExpenseStatus = Literal[
    "Open", "Rejected", "PendingApproval", "ErrorsCorrected", "PendingProjectApproval", "ApprovedByTierOne",
    "RejectBySecondTier", "ApprovedByTierTwo", "ReadyToBill", "Billed", "WrittenOff", "BilledAgreement",
]  # fmt: skip
ChargeToType = Literal["ServiceTicket", "ProjectTicket", "ChargeCode", "Activity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """One expense entry.

    `amount` is what was paid, the tax in `tax_by_level` included. `payment_method_id` and `expense_type_id` are rows
    of the PSA's payment and expense types; the payment type says whether the company paid itself. An expense charged
    to a customer (`company_id` with a billable option) is external, one on a charge code internal. `report_id` groups
    a member's expenses; where it is None the report of the member's month is used.
    """

    expense_id: int
    member_id: int
    spent: date
    amount: Decimal
    expense_type_id: int
    payment_method_id: int
    classification: Classification = "Reimbursable"
    tax_by_level: tuple[Decimal, ...] = ()
    tax_code_id: int | None = None
    notes: str = ""
    status: ExpenseStatus = "ApprovedByTierTwo"
    billable: BillableOption = "DoNotBill"
    company_id: int | None = None
    charge_to_type: ChargeToType = "ChargeCode"
    charge_to_id: int | None = None
    charge_code: str | None = None
    project_id: int | None = None
    agreement_id: int | None = None
    report_id: int | None = None
    currency_id: int | None = None
    location_id: int | None = None
    department_id: int | None = None

    @property
    def tax(self) -> Decimal:
        """Tax of all levels, part of `amount`."""
        return sum(self.tax_by_level, Decimal(0))

    @property
    def is_external(self) -> bool:
        """Whether a customer is charged: GL type EE; else EI."""
        return self.company_id is not None and self.billable == "Billable"
