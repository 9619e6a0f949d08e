"""Causes found on receipts, returns, stock adjustments and transfers (M16).

Every finding carries `number`, `customer` and `ledger`; the other params are named in the templates below.
"""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

_ORDERS = "ConnectWise: Procurement > Purchase Orders"

register(
    Entry(
        code="INVALID_CHARACTER",
        severity=Severity.STOP,
        title="Character that ConnectWise cannot batch",
        message="The {field} of {number} holds the character {character} ('{text}'), which ConnectWise cannot batch.",
        action="Take {character} out of the {field}, then Retry.",
        where="ConnectWise: the record",
        who="clerk",
        side=Side.CONNECTWISE,
        cause_params=("field", "character"),
        source="A150, F1",
    ),
    Entry(
        code="PO_TAX_ACCUMULATED",
        severity=Severity.WARNING,
        title="Tax of the purchase order is not the tax of its lines",
        message="Posted with the tax of the lines, {expected}: ConnectWise lists {found} for {number}, as orders do that were "
        "batched before.",
        action="Compare the tax with the vendor's invoice.",
        where=_ORDERS,
        who="clerk",
        side=Side.CONNECTWISE,
        source="F1, M16",
    ),
    Entry(
        code="VENDOR_NUMBER_MISSING",
        severity=Severity.STOP,
        title="Vendor without a number",
        message="{vendor} has no account number: ConnectWise leaves {number} out of its export.",
        action="Fill the vendor's account number, set the receipt to GL Reload if it is not exported then, and Retry.",
        where="ConnectWise: Companies > the vendor > Finance",
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("vendor",),
        source="M16",
    ),
    Entry(
        code="PRODUCT_CLASS_UNKNOWN",
        severity=Severity.STOP,
        title="Stock or cost cannot be told",
        message="'{item}' on {number} is not in the product catalog any more: whether it goes to stock or to cost is not known.",
        action="Restore the product in the catalog, then Retry.",
        where="ConnectWise: Procurement > Product Catalog",
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("item",),
        source="M16",
    ),
    Entry(
        code="RECORD_TYPE_OFF",
        severity=Severity.INFO,
        title="Type of record that is not carried",
        message="{kind} is off for the ledger company of {number}: it is left unposted.",
        action="Turn it on in the settings to post it.",
        where="Ledgerwire: ledgerwire account apply",
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("kind",),
        source="A110",
    ),
)
