"""All SQL of billing sync, by subject."""
