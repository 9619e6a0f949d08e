"""The QuickBooks Online adapter: pure payloads, arithmetic and verdicts around a thin client."""
