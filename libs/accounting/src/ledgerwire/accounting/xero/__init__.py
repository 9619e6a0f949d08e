"""The Xero adapter: pure payloads, arithmetic and verdicts around a thin client."""
