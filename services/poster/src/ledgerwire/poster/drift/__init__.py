"""Drift: a posted document that is not in the ledger any more as it was posted (D11)."""
