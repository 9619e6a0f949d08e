"""Seats that a distributor or a script posts to us, kept until they are replaced."""

from ledgerwire.distributors.push.source import Push, PushSource, Received, receive

__all__ = ["Push", "PushSource", "Received", "receive"]
