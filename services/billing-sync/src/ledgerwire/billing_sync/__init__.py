"""Billing sync: what the distributor sold is on the right agreement, and is proved billed."""
