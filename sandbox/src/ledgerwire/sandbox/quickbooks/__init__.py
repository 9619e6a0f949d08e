"""QuickBooks Online: Accounting API v3 with its identity server, books, query language and limits."""
