"""Whether a customer can be linked to a company as a person asks: its source, the account file, ConnectWise."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.settings import chosen_companies
from ledgerwire.common.errors import ConfigurationError, LedgerwireError
from ledgerwire.connectwise import ConnectWise
from ledgerwire.distributors.port import SeatSource
from ledgerwire.tenants.seat_sources import SeatSourceSection
from ledgerwire.tenants.seats_file import SeatsSection


@dataclass(frozen=True, slots=True)
class CustomerLinked:
    """A link that was made.

    Attributes:
        company: its name in ConnectWise.
        shown: whether the source shows the customer now; None where it could not be asked, or did not show all it has.
    """

    company: str
    shown: bool | None


def source_of(section: SeatsSection, source: str, customer_id: str, company_id: int) -> SeatSourceSection:
    """The source of a link, where the account file has it and says nothing against the link.

    Raises:
        ConfigurationError: SOURCE_UNKNOWN, or CUSTOMER_LINKED_ELSEWHERE where the file names another company: with both links
            the customer would stop.
    """
    found = next((each for each in section.sources if each.name == source), None)
    if found is None:
        names = ", ".join(each.name for each in section.sources) or "none"
        raise ConfigurationError(f"the account has no source {source!r}: {names}", code="SOURCE_UNKNOWN")
    others = [each for each in chosen_companies(section).get((source, customer_id), []) if each != company_id]
    if others:
        named = " and ".join(f"company {each}" for each in others)
        raise ConfigurationError(
            f"the account file links {customer_id} of {source} to {named}: change seats.customers there, "
            "as a customer on two companies is not planned",
            code="CUSTOMER_LINKED_ELSEWHERE",
        )
    return found


async def company_to_link(psa: ConnectWise, section: SeatsSection, company_id: int) -> str:
    """The name of a company that customers may be linked to.

    Raises:
        ConfigurationError: COMPANY_UNKNOWN, or COMPANY_STATUS where it is in none of the account file's statuses.
    """
    rows = [row for row in await psa.companies([company_id]) if not row.deleted_flag]
    if not rows:
        raise ConfigurationError(f"ConnectWise shows no company {company_id}", code="COMPANY_UNKNOWN")
    company, wanted = wire.company_of(rows[0]), section.company_statuses
    if wanted and company.status not in wanted:
        said = f"company {company_id} ({company.name}) has the status {company.status or 'none'}"
        raise ConfigurationError(
            f"{said}: seats.company_statuses lets through {', '.join(wanted)}", code="COMPANY_STATUS"
        )
    return company.name


async def shows(source: SeatSource, customer_id: str) -> bool | None:
    """Whether a source shows a customer now; None where that cannot be told."""
    try:
        part = await source.customers()
    except LedgerwireError:
        return None
    if any(customer.id == customer_id for customer in part.rows):
        return True
    return False if part.complete else None
