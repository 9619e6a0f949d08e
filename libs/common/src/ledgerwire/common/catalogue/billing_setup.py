"""Causes found while billing sync is set up, and while a plan is applied (A162-A214)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

_ROLES = "ConnectWise: System > Security Roles"
_CATALOG = "ConnectWise: Procurement > Product Catalog"
_PLAN = "Ledgerwire: ledgerwire seats plan"

register(
    Entry(
        code="BS_PLAN_STALE",
        severity=Severity.STOP,
        title="Plan out of date",
        message="The plan for {agreement} was not written: {reason}.",
        action="Plan again and approve what is shown then.",
        where=_PLAN,
        who="clerk",
        side=Side.LEDGERWIRE,
        cause_params=("agreement",),
        source="M20",
    ),
    Entry(
        code="BS_ANOTHER_RUN",
        severity=Severity.CONNECTION,
        title="Another run is at work",
        message="Seats of this connection are being planned or applied by another run.",
        action="Nothing; look again in a minute.",
        where=_PLAN,
        who="clerk",
        side=Side.NONE,
        cause_params=(),
        source="B33",
    ),
    Entry(
        code="BS_PERMISSION_MISSING",
        severity=Severity.STOP,
        title="Right missing",
        message="The API member's role lacks {right}.",
        action="Give the role that right, and no more than the published list; then check again.",
        where=_ROLES,
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("right",),
        source="A167-A185",
    ),
    Entry(
        code="BS_PERMISSION_BEYOND",
        severity=Severity.WARNING,
        title="More rights than needed",
        message="The API member's role also has {right}, which billing sync never uses.",
        action="Set it to None.",
        where=_ROLES,
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("right",),
        source="A186",
    ),
    Entry(
        code="BS_MISC_PRODUCT_MISSING",
        severity=Severity.STOP,
        title="No miscellaneous product",
        message="No product of the catalog has a Product ID that contains 'misc'.",
        action="Enable a Miscellaneous record in the Product Catalog; then check again.",
        where=_CATALOG,
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=(),
        source="A187",
    ),
    Entry(
        code="BS_MISC_PRODUCT_INACTIVE",
        severity=Severity.STOP,
        title="Miscellaneous product inactive",
        message="The product {product} is inactive.",
        action="Activate it, or run the check with --fix; then check again.",
        where=_CATALOG,
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("product",),
        source="A189",
    ),
    Entry(
        code="BS_NO_ACTIVE_AGREEMENT",
        severity=Severity.STOP,
        title="Company without an active agreement",
        message="{customer} has no active agreement; one past its end date does not count.",
        action="Set up the target agreement and make it Active; then check again.",
        where="ConnectWise: Companies > the company > Agreements",
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("customer",),
        source="A199",
    ),
)
