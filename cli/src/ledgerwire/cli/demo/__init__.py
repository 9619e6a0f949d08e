"""The story that the demo tells: a month of invoices, closed, posted, put right and checked by an outsider."""
