"""Billing motions: how a subscription's money moves decides on which kind of agreement it belongs."""

from __future__ import annotations

from enum import StrEnum


class Motion(StrEnum):
    """The way a subscription is charged; each has an agreement of its own shape."""

    SEAT_MONTHLY = "seat-monthly"
    """Seats charged every month, whatever their term (an annual term billed monthly is charged monthly)."""
    SEAT_ANNUAL = "seat-annual"
    """Seats paid for a whole term at once: one charge per term, on a One-Time agreement."""
    AZURE_PLAN = "azure"
    """Metered use, one total a month."""


class Frequency(StrEnum):
    """How often a source charges a subscription."""

    MONTHLY = "monthly"
    ANNUAL = "annual"
    TRIENNIAL = "triennial"
    ONE_TIME = "one-time"
    USAGE = "usage"


def motion_of(frequency: Frequency) -> Motion:
    """The motion of a subscription charged at a frequency: a whole term at once is annual, metered use is Azure."""
    if frequency is Frequency.USAGE:
        return Motion.AZURE_PLAN
    if frequency is Frequency.MONTHLY:
        return Motion.SEAT_MONTHLY
    return Motion.SEAT_ANNUAL
