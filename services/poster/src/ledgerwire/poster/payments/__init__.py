"""Payments from the ledger back to ConnectWise, and credits both ways (M18)."""
