"""Agreements: their additions, their rights, and the run that invoices them by the documented rules."""
