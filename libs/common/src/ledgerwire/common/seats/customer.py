"""A customer as a source knows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceCustomer:
    """A distributor's customer.

    Attributes:
        id: the source's own key: the Microsoft tenant id in lower case where there is one, else the distributor's id.
        name: company name; drifts, so it proposes candidates and never decides.
        domain: default domain, "" while a new customer has none; not unique.
        tenant_id: Microsoft tenant id in lower case, "" where the source does not give it.
        reseller_id: the reseller of record (MPN) where a provider serves several, else "".
        country: ISO 3166 alpha-2 or "".
    """

    id: str
    name: str
    domain: str = ""
    tenant_id: str = ""
    reseller_id: str = ""
    country: str = ""
