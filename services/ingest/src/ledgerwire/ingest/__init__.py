"""Hears of closed records: callbacks, and the sweep that finds what no callback announced."""
