"""The seeded month: a small MSP in Sydney that closes sixty invoices, and what its books must say afterwards.

Harbourline IT works from Sydney and Melbourne, keeps its books in Xero in AUD and charges 10 % GST; it also has an
export customer and an exempt charity. On the 1st thirty agreement invoices close in one burst: 14 managed services,
10 cloud seats, 4 backups, 2 annual subscriptions. The rest of the month brings 14 standard invoices, 2 deposits,
2 progress invoices, 3 miscellaneous ones, 4 credit memos, 4 invoices over nothing (two move deferred revenue, two
have no effect) and one that comes out negative.

45 post cleanly, 2 have no effect, 6 post with a warning, 7 stop at first, two of these for one cause:

==================  ======================  ====================================================
what happens        side of the fix         why
==================  ======================  ====================================================
no GL entries       ConnectWise, reload     a new agreement type that nobody mapped
archived account    ConnectWise, reload     the Telephony row names an account from before 2024
no billing contact  ConnectWise, retry      it was never set on the childcare centres
period locked       ledger, retry           work of the month before, billed late
no Non-Product ID   Ledgerwire, retry (2)   recharged travel; the default is not enabled
unknown tax code    Ledgerwire, retry       a company still carries GST10
==================  ======================  ====================================================

Read in this order: `companies` (who buys), `catalog` and `posting_guide` (what is sold and where it belongs),
`invoices/` (the sixty), `gl_table` (what the PSA thinks), `expected` (what a bookkeeper writes by hand), `plan`
(the order of closes, what stops and who puts it right). `build` makes a `Scenario` of it all from a number; the same
number always gives the same month. Fees, counts and the order of the burst vary with it, the planted cases do not.
"""

from ledgerwire.sandbox.seed.expected import ExpectedLine, ExpectedRecord
from ledgerwire.sandbox.seed.month import BusinessMonth, month_before
from ledgerwire.sandbox.seed.plan import Fix, Planned, close_request
from ledgerwire.sandbox.seed.scenario import Scenario, build

__all__ = [
    "BusinessMonth",
    "ExpectedLine",
    "ExpectedRecord",
    "Fix",
    "Planned",
    "Scenario",
    "build",
    "close_request",
    "month_before",
]
