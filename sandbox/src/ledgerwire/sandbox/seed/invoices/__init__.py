"""The sixty invoices of the month, by the kind of work they bill."""

import random

from ledgerwire.sandbox.seed.draft import Draft
from ledgerwire.sandbox.seed.invoices.adjustments import credit_memos, negative, zero_totals
from ledgerwire.sandbox.seed.invoices.agreements import agreement_invoices
from ledgerwire.sandbox.seed.invoices.projects import down_payments, miscellaneous, progress_invoices
from ledgerwire.sandbox.seed.invoices.standard import standard_invoices
from ledgerwire.sandbox.seed.month import BusinessMonth


def month_of_invoices(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    """All sixty in the order in which they close: the burst of the 1st, then by date."""
    later = [
        *standard_invoices(rng, month),
        *down_payments(month),
        *progress_invoices(month),
        *miscellaneous(month),
        *credit_memos(month),
        *zero_totals(month),
        negative(month),
    ]
    return [*agreement_invoices(rng, month), *sorted(later, key=lambda draft: draft.day)]
