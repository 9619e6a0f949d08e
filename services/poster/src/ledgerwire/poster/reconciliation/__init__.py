"""Is every closed record in the ledger once? ConnectWise, the ledger and our own rows, read afresh and held side by side (D1)."""
