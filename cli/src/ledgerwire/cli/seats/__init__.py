"""Half a year of seats on this machine: sold, planned, written, invoiced, and proved billed except for what was planted."""
