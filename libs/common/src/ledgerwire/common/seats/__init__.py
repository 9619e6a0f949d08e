"""What distributors sell, in one form: customers, products, subscriptions and the lines they charge.

Sources fill these shapes; the planner reads nothing else. Amounts are exact decimals with their currency, dates are
calendar dates, last days are inclusive, ids are text as the source writes them.
"""

from ledgerwire.common.seats.charge import ChargeKind, ChargeLine
from ledgerwire.common.seats.customer import SourceCustomer
from ledgerwire.common.seats.motion import Frequency, Motion, motion_of
from ledgerwire.common.seats.product import SourceProduct
from ledgerwire.common.seats.reading import Completeness, RowProblem, SeatReading
from ledgerwire.common.seats.subscription import SubscriptionSnapshot, SubscriptionStatus

__all__ = [
    "ChargeKind",
    "ChargeLine",
    "Completeness",
    "Frequency",
    "Motion",
    "RowProblem",
    "SeatReading",
    "SourceCustomer",
    "SourceProduct",
    "SubscriptionSnapshot",
    "SubscriptionStatus",
    "motion_of",
]
