"""Pure accounting rules of the Xero Accounting API: no state, no clock, no HTTP."""
