"""The seeded month: a small MSP in Sydney that closes sixty invoices, and what its books must say afterwards.

Read in this order: `companies` (who buys), `catalog` and `posting_guide` (what is sold and where it belongs),
`invoices/` (the sixty), `gl_table` (what the PSA thinks), `expected` (what a bookkeeper writes by hand), `plan`
(the order of closes, what stops and who puts it right). `build` makes a `Scenario` of it all from a number.
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
