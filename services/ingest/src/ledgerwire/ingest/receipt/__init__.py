"""A verified callback on its way into the database: what is kept of it, and the group commit that keeps it."""
