"""Setup tables and master data, read whole or by id."""

from __future__ import annotations

from collections.abc import Sequence

from ledgerwire.common.errors import Waiting
from ledgerwire.connectwise.conditions import Field, in_chunks
from ledgerwire.connectwise.models import GlCaptions, PackageSetup, Reference, SystemInfo
from ledgerwire.connectwise.session import Session, T

BILLING_STATUSES = "/finance/billingStatuses"
BILLING_TERMS = "/finance/billingTerms"
TAX_CODES = "/finance/taxCodes"
GL_ACCOUNTS = "/finance/glAccounts"
GL_MAPPED_TYPES = "/finance/glAccounts/mappedTypes"
GL_CAPTIONS = "/finance/glCaptions"
LOCATIONS = "/system/locations"
COMPANIES = "/company/companies"
COMPANY_STATUSES = "/company/companies/statuses"
CONTACTS = "/company/contacts"
INVOICES = "/finance/invoices"
EXPENSE_ENTRIES = "/expense/entries"
PAYMENT_TYPES = "/expense/paymentTypes"
PACKAGE_SETUP = "/finance/accountingPackageSetup"
CATALOG = "/procurement/catalog"


async def by_ids(session: Session, path: str, kind: type[T], ids: Sequence[int]) -> list[T]:
    """The rows with these ids, in as few calls as the length of an address allows; ids that are gone are left out."""
    rows: list[T] = []
    for chunk in in_chunks(ids):
        rows += await session.rows(path, kind, conditions=Field("id").in_(chunk))
    return rows


async def gl_captions(session: Session) -> GlCaptions:
    """The captions of the tenant's segments; a server without a row gives an empty one."""
    rows = await session.rows(GL_CAPTIONS, GlCaptions)
    return rows[0] if rows else GlCaptions()


async def package_setup(session: Session) -> PackageSetup:
    """The set-up of the accounting package; a server without a row gives an empty one."""
    rows = await session.rows(PACKAGE_SETUP, PackageSetup)
    return rows[0] if rows else PackageSetup()


async def system_info(session: Session) -> SystemInfo:
    """The server's version; any valid key may read it."""
    return await session.get("/system/info", SystemInfo)


async def member_identifier(session: Session, member_id: int) -> str | None:
    """The login name of an API member or member; None if the key may not read members or there is none of that id."""
    for path in ("/system/apiMembers", "/system/members"):
        try:
            rows = await by_ids(session, path, Reference, [member_id])
        except Waiting:
            continue
        if rows and rows[0].identifier:
            return rows[0].identifier
    return None
