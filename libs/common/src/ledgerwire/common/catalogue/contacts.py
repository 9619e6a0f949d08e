"""Causes found on the contact of a record's party: missing, new, near, archived or not to be found (D9).

Every finding carries `number`, `customer` and `ledger`; the other params are named in the templates below.
"""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

_COMPANY = "ConnectWise: Companies > the company > Contacts"

register(
    Entry(
        code="CONTACT_PRIMARY_MISSING",
        severity=Severity.STOP,
        title="No primary contact",
        message="{customer} has no primary contact.",
        action="Set one on the company, then Retry.",
        where=_COMPANY,
        who="clerk",
        side=Side.CONNECTWISE,
        cause_params=("customer",),
        source="A012, A129, M13",
    ),
    Entry(
        code="CONTACT_BILLING_MISSING",
        severity=Severity.STOP,
        title="No billing contact",
        message="{customer} has no billing contact.",
        action="Set one on the company, then Retry.",
        where=_COMPANY,
        who="clerk",
        side=Side.CONNECTWISE,
        cause_params=("customer",),
        source="A012, A129, M25",
    ),
    Entry(
        code="CONTACT_WILL_BE_CREATED",
        severity=Severity.WARNING,
        title="New contact in the ledger",
        message="New contact made for {customer}. Similar: {similar}.",
        action="Same? Link them.",
        where="Ledger: contacts; Ledgerwire: contact links of the account",
        who="clerk",
        side=Side.LEDGERWIRE,
        cause_params=("customer",),
        source="A135, D9, M25",
    ),
    Entry(
        code="CONTACT_NEAR_MATCH",
        severity=Severity.WARNING,
        title="Linked to a contact of a similar name",
        message="{customer} is posted to '{chosen}' in {ledger}, chosen by {reason}.",
        action="Not the same? Link the right contact.",
        where="Ledgerwire: contact links of the account",
        who="clerk",
        side=Side.LEDGERWIRE,
        cause_params=("customer",),
        source="D9",
    ),
    Entry(
        code="CONTACT_UNLINKED",
        severity=Severity.STOP,
        title="Customer without a contact in the ledger",
        message="{customer} is linked to no contact in {ledger}. Similar: {similar}.",
        action="Link {customer} to a contact, or add a contact of that name in {ledger}, then Retry.",
        where="Ledger: contacts; Ledgerwire: contact links of the account",
        who="clerk",
        side=Side.LEDGERWIRE,
        cause_params=("customer",),
        source="D9",
    ),
    Entry(
        code="CONTACT_LINK_UNKNOWN",
        severity=Severity.STOP,
        title="Linked to a contact that the ledger does not have",
        message="{company} is to be posted to contact '{contact}' by {source}, which {ledger} does not have.",
        action="Link {company} to a contact by the id it has in {ledger}, then Retry.",
        where="Ledgerwire: contact links of the account, or the choice for the record",
        who="clerk",
        side=Side.LEDGERWIRE,
        cause_params=("company", "contact"),
        source="D9",
    ),
    Entry(
        code="CONTACT_ARCHIVED",
        severity=Severity.STOP,
        title="Contact archived in the ledger",
        message="{customer} is the archived contact '{chosen}' in {ledger}.",
        action="Restore the contact in {ledger}, or link another one, then Retry.",
        where="Ledger: contacts",
        who="clerk",
        side=Side.LEDGER,
        cause_params=("customer",),
        source="M25",
    ),
    Entry(
        code="CONTACT_HELD",
        severity=Severity.STOP,
        title="Contact held by a person",
        message="The contact of {company} is held: nothing is posted to it until somebody decides.",
        action="Link {company} to a contact, or release it, then Retry.",
        where="Ledgerwire: contact links of the account",
        who="clerk",
        side=Side.LEDGERWIRE,
        cause_params=("company",),
        source="D9",
    ),
)
