"""Expenses of one member and report as one ledger document (M17): read together, decided together, written together."""
