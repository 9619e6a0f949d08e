"""The rules of seats, pure: the same input gives the same plan."""
