"""The control API: what no vendor offers but a test, a demo or a curious person needs."""

from ledgerwire.sandbox.control.app import create_control

__all__ = ["create_control"]
