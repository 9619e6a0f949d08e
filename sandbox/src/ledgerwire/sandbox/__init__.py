"""ConnectWise and a ledger as real HTTP servers with state, faults by name and a journal."""
