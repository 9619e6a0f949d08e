"""What QuickBooks checks and computes on documents."""
