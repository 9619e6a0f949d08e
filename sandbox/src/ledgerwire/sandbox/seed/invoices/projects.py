"""Two down payments, two progress invoices and three miscellaneous ones."""

from ledgerwire.sandbox.seed.draft import Draft, amount, sold
from ledgerwire.sandbox.seed.month import BusinessMonth


def down_payments(month: BusinessMonth) -> list[Draft]:
    """20 % of two projects (24,000 and 46,000), taxed when asked for, held as deferred revenue (M9)."""
    return [
        Draft("down_payment", "DownPayment", "SouthernLog", month.day(3),
              (amount("deposit", "4800.00", "Deposit, warehouse network, 20 % of 24,000"),)),
        Draft("down_payment", "DownPayment", "Parramatta", month.day(7),
              (amount("deposit", "9200.00", "Deposit, tenancy fit-out, 20 % of 46,000"),)),
    ]  # fmt: skip


def progress_invoices(month: BusinessMonth) -> list[Draft]:
    """40 % of 38,400, and 50 % of 24,000 less the deposit taken on the 3rd."""
    return [
        Draft("progress", "Progress", "Banksia", month.day(20),
              (amount("project_fee", "15360.00", "Nurse call system, 40 % of 38,400"),), customer_po="BAC-2210"),
        Draft("progress", "Progress", "SouthernLog", month.day(24),
              (amount("project_fee", "12000.00", "Warehouse network, 50 % of 24,000"),
               amount("deposit", "-4800.00", "Less deposit already invoiced"))),
    ]  # fmt: skip


def miscellaneous(month: BusinessMonth) -> list[Draft]:
    """Three, one of them for a product whose GL row still names an archived account."""
    return [
        Draft("miscellaneous", "Miscellaneous", "Pittwater", month.day(8), (sold("DOMAIN-AU", 7, "other"),)),
        Draft("miscellaneous", "Miscellaneous", "Macquarie", month.day(15), (sold("SIP-TRUNK", 3, "telephony"),),
              outcome="stopped", codes=("ACCOUNT_ARCHIVED",), fix="telephony_account"),
        Draft("miscellaneous", "Miscellaneous", "Quay", month.day(21), (sold("DOMAIN-AU", 2, "other"),)),
    ]  # fmt: skip
