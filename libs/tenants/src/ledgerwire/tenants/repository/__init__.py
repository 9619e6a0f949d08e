"""All SQL over schema `tenants`: `accounts` writes it, `services` reads it as a service may, `functions` calls its functions."""
