"""Sources of seats: what a distributor sold, in the one form of `ledgerwire.common.seats`."""
