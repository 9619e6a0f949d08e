"""Microsoft Partner Center: customers and subscriptions, and what is charged for them."""
