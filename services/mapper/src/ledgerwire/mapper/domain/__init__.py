"""The rules that decide what a closed record becomes in the ledger. Pure: same input, same bytes."""
