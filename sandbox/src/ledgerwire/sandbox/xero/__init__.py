"""Xero as a client sees it: identity server and Accounting API 2.0 over state kept in memory."""
