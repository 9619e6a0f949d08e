"""Fourteen standard invoices: labour in quarter hours, hardware, one drop-ship, and most of what goes wrong in a month."""

import random
from decimal import Decimal

from ledgerwire.sandbox.seed.draft import Draft, DraftLine, amount, hours, sold
from ledgerwire.sandbox.seed.month import BusinessMonth


def _standard(company: str, month: BusinessMonth, day: int, *lines: DraftLine, **more: object) -> Draft:
    return Draft("standard", "Standard", company, month.day(day), lines, **more)  # type: ignore[arg-type]


def _quarter_hours(rng: random.Random) -> str:
    return str(Decimal(rng.randint(3, 38)) / 4)


def _clean(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    travel = hours("labour", _quarter_hours(rng), "145", "On-site support")
    return [
        _standard("Pittwater", month, 4, travel, hours("senior_labour", "1.75", "165", "Mail migration")),
        _standard("Meridian", month, 5, hours("senior_labour", _quarter_hours(rng), "165", "Set-up"),
                  sold("NB-14-I7", rng.randint(1, 5), "hardware"), sold("DOCK-USBC", rng.randint(1, 5), "hardware")),
        _standard("Stanmore", month, 6, sold("SRV-R450", 1, "hardware"), drop_shipped=True, customer_po="PO-88120"),
        # Three times 249.95 and labour: tax 107.61 on the document, 107.63 when it is rounded on every line.
        _standard("Glebe", month, 9, *(sold("AP-WIFI6", 1, "hardware") for _ in range(3)),
                  hours("labour", "2.25", "145", "Point of sale repair")),
        # Taxed, untaxed and free of charge side by side.
        _standard("Saltbush", month, 11, hours("project_labour", "6.50", "195", "Licence renewal project"),
                  sold("GOV-FILING", 1, "other"), hours("labour", "0.50", "0", "Telephone advice, no charge")),
        _standard("Gumleaf", month, 12, sold("SWITCH-24", rng.randint(1, 4), "hardware")),
        _standard("Eastgate", month, 16, hours("labour", _quarter_hours(rng), "145", "Service desk"),
                  sold("FW-60", 1, "hardware")),
    ]  # fmt: skip


def _warned(month: BusinessMonth) -> list[Draft]:
    return [
        _standard("BondiPrint", month, 10, hours("labour", "3.25", "145", "Printer network"),
                  outcome="posted_warned", codes=("CONTACT_WILL_BE_CREATED",)),
        _standard("Lantern", month, 13, hours("senior_labour", "4.50", "165", "Plotter replacement"),
                  outcome="posted_warned", codes=("TERMS_XREF_MISSING",)),
        # The price was rounded before it was multiplied: 525.00 printed, 524.56 by quantity and price.
        _standard("Currawong", month, 17, sold("CAT6-M", 100, "hardware", printed="525.00"),
                  outcome="posted_warned", codes=("ROUNDING_APPLIED",)),
        # Two lines of exactly 333.335 make 666.67; an accounting package can only hold 333.34 twice, a cent too much.
        _standard("Jacaranda", month, 18, *(sold("ARM-DUAL", 1, "hardware", printed="333.335") for _ in range(2)),
                  outcome="posted_warned", codes=("ADJUSTMENT_APPLIED",)),
    ]  # fmt: skip


def _stopped(month: BusinessMonth) -> list[Draft]:
    return [
        _standard("Cooper", month, 14, hours("labour", "5.75", "145", "Site visit, Orange"),
                  amount("travel", "312.60", "Travel to Orange, recharged"),
                  outcome="stopped", codes=("NONPRODUCT_ID_MISSING",), fix="expense_default"),
        _standard("Docklands", month, 19, hours("senior_labour", "8.00", "165", "Marina cut-over"),
                  amount("travel", "184.25", "Parking and tolls, recharged"),
                  outcome="stopped", codes=("NONPRODUCT_ID_MISSING",), fix="expense_default"),
        # Work of the month before, billed after its books were closed.
        _standard("Waratah", month, -1, hours("senior_labour", "2.75", "165", "Audit support"),
                  outcome="stopped", codes=("PERIOD_LOCKED",), fix="lock_date"),
    ]  # fmt: skip


def standard_invoices(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    """Seven clean, four warned, three stopped."""
    return [*_clean(rng, month), *_warned(month), *_stopped(month)]
