"""Credit memos, invoices over nothing, and one Standard invoice that comes out negative."""

from ledgerwire.sandbox.seed.draft import Draft, DraftLine, amount, hours, sold
from ledgerwire.sandbox.seed.month import BusinessMonth


def credit_memos(month: BusinessMonth) -> list[Draft]:
    """Four of 35 to 640: a returned dock, goodwill, seats billed twice, and one to the exempt charity."""

    def credit(company: str, day: int, *lines: DraftLine) -> Draft:
        return Draft("credit_memo", "CreditMemo", company, month.day(day), lines, number_prefix="CM")

    return [
        credit("BlueGum", 18, sold("DOCK-USBC", -1, "hardware")),
        credit("Meridian", 20, amount("labour", "-35.00", "Goodwill, late attendance")),
        credit("Fitzroy", 22, sold("M365-BP", -4, "cloud_seat"), sold("EXO-P1", -3, "cloud_seat")),
        credit("Wattle", 23, amount("managed", "-640.00", "Two days without service")),
    ]


def zero_totals(month: BusinessMonth) -> list[Draft]:
    """Two draw prepaid block hours from deferred revenue (they post, M4); two net to nothing on one account."""

    def zero(company: str, day: int, *lines: DraftLine, **more: object) -> Draft:
        return Draft("zero", "Standard", company, month.day(day), lines, **more)  # type: ignore[arg-type]

    def block(company: str, day: int, quantity: str, value: str) -> Draft:
        return zero(
            company, day, hours("senior_labour", quantity, "165", "Hours from the prepaid block", taxable=False),
            amount("block_hours", f"-{value}", "Prepaid block hours used", taxable=False), agreement_type="Block Time",
        )  # fmt: skip

    def waived(company: str, day: int, quantity: str, value: str) -> Draft:
        return zero(
            company, day, hours("labour", quantity, "145", "Warranty visit"), amount("labour", f"-{value}", "Visit waived"),
            outcome="no_effect",
        )  # fmt: skip

    return [
        block("NorthShore", 9, "3.00", "495.00"),
        block("Eastgate", 25, "1.25", "206.25"),
        waived("Redfern", 12, "1.50", "217.50"),
        waived("HarbourDental", 26, "0.75", "108.75"),
    ]


def negative(month: BusinessMonth) -> Draft:
    """A Standard invoice whose goodwill exceeds its labour: a credit note in the ledger under its own number (M3)."""
    return Draft(
        "negative", "Standard", "Quay", month.day(27),
        (hours("labour", "1.00", "145", "Mailbox repair"), amount("labour", "-395.00", "Goodwill, outage of the 19th")),
    )  # fmt: skip
