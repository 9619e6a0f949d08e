"""The seeded quarter: four companies in four countries, more than two thousand records of every type.

Invoices 36 %, payments 24 %, expenses 22 %, receipts 14 % and stock movements 4 %. Read in this order: `houses` (the
ledger companies and their taxes), `people` (who buys, sells and spends), `goods` (what is traded, and the posting guide),
`invoices`, `procurement`, `spending` and `payments` (the quarter's events), `faults` (what goes wrong), `gl_table` (what
the PSA thinks), `books` (the ledgers before it all), `expected` (what bookkeepers write by hand), `story` (the whole).
"""

from ledgerwire.sandbox.seed.quarter.expected import ExpectedDocument, ExpectedEntry, settled
from ledgerwire.sandbox.seed.quarter.story import Quarter, tell

__all__ = ["ExpectedDocument", "ExpectedEntry", "Quarter", "settled", "tell"]
