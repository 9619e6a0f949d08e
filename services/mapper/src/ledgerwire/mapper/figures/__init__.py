"""What the standing job of figures counts of records."""
