"""Pure: what is compared, and which bucket each record is in."""
