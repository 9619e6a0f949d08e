"""The mapper: turns closed records into ledger documents, with a trace."""
