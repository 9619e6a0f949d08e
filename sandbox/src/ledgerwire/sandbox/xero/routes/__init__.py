"""One module per family of Xero endpoints; each turns a call into an answer."""
