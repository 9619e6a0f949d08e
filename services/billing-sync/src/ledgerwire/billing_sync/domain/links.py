"""Links: a source's customer to a company, a SKU to a product, a motion to an agreement. Proposed, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Agreement
from ledgerwire.billing_sync.domain.linter import is_active
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import Motion, SourceCustomer, SourceProduct

_NOISE = re.compile(r"[^a-z0-9]+")
_LEGAL = {"ltd", "limited", "inc", "llc", "pty", "plc", "gmbh", "corp", "co", "the", "company", "bv", "sa"}
_MOST_ALIKE = 3
"""Companies proposed for the words that their names begin with, where none has the domain or the whole name."""


@dataclass(frozen=True, slots=True)
class Company:
    """A ConnectWise company that may be linked. `currency` is ISO 4217, "" where it has none."""

    id: int
    name: str
    status: str = "Active"
    domains: tuple[str, ...] = ()
    currency: str = ""


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """A product of the ConnectWise catalog."""

    id: int
    identifier: str
    vendor_sku: str
    inactive: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """A company for a customer, or the candidates to choose from."""

    company_id: int | None
    candidates: tuple[Company, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductLink:
    """A product for a SKU; `create` where none exists and the account lets one be made (M23)."""

    product_id: int | None
    create: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class AgreementLink:
    """The agreement of a customer's motion."""

    agreement: Agreement | None
    findings: tuple[Finding, ...] = ()


def link_customer(
    customer: SourceCustomer, chosen: Mapping[str, Sequence[int]], companies: Iterable[Company]
) -> CustomerLink:
    """The company of a customer: the one a person chose, by id; else candidates by domain and by name.

    Args:
        customer: as the source knows it.
        chosen: company ids by `SourceCustomer.id`; two ids for one customer stop it.
        companies: those offered (only companies in the chosen statuses).
    """
    known = {company.id: company for company in companies}
    ids = tuple(dict.fromkeys(chosen.get(customer.id, ())))
    if len(ids) > 1:
        names = ", ".join(known[each].name if each in known else f"company {each}" for each in ids)
        return CustomerLink(
            None, (), (Finding("BS_CUSTOMER_ON_TWO_COMPANIES", {"customer": customer.name, "found": names}),)
        )
    if ids and ids[0] in known:
        return CustomerLink(ids[0])
    candidates = tuple(_candidates(customer, known.values()))
    shown = ", ".join(f"{company.name} ({company.id})" for company in candidates) or "none"
    params = {"customer": customer.name, "id": customer.id, "candidates": shown}
    return CustomerLink(None, candidates, (Finding("BS_CUSTOMER_MAPPING_NOT_FOUND", params),))


def _candidates(customer: SourceCustomer, companies: Iterable[Company]) -> Iterable[Company]:
    domain, name = customer.domain.lower(), plain_name(customer.name)
    by_domain, by_name, alike = [], [], []
    for company in companies:
        other = plain_name(company.name)
        if domain and domain in {each.lower() for each in company.domains}:
            by_domain.append(company)
        elif name and other == name:
            by_name.append(company)
        elif name and other and (f"{other} ".startswith(f"{name} ") or f"{name} ".startswith(f"{other} ")):
            alike.append(company)
    return [*by_domain, *by_name, *([] if by_domain or by_name else alike[:_MOST_ALIKE])]


def plain_name(name: str) -> str:
    """A company name without legal form, case and punctuation, for proposals only."""
    words = _NOISE.sub(" ", name.lower().replace("'", "")).split()
    return " ".join(word for word in words if word not in _LEGAL)


def link_product(
    product: SourceProduct, mapped: Mapping[str, int], items: Iterable[CatalogItem], *, create: bool
) -> ProductLink:
    """The catalog product of a SKU: the mapped one, else the only active one with that Vendor SKU.

    Two products with the SKU stop it; none is made where the account allows it.
    """
    sku = product.sku.upper()
    if product.sku in mapped:
        return ProductLink(mapped[product.sku])
    found = [item for item in items if item.vendor_sku.strip().upper() == sku and sku]
    active = [item for item in found if not item.inactive]
    if len(active) == 1:
        return ProductLink(active[0].id)
    if len(active) > 1:
        names = ", ".join(item.identifier for item in active)
        params = {"sku": product.sku, "product": product.name, "candidates": names}
        return ProductLink(None, findings=(Finding("BS_SOURCE_PRODUCT_AMBIGUOUS", params),))
    if create and sku and not found:
        return ProductLink(None, create=True)
    state = f"inactive: {', '.join(item.identifier for item in found)}" if found else "none in the catalog"
    params = {"sku": product.sku or "(blank)", "product": product.name, "found": state}
    return ProductLink(None, findings=(Finding("BS_PRODUCT_MAPPING_NOT_FOUND", params),))


def agreements_in_use(
    chosen: Mapping[tuple[int, Motion], int],
    remembered: Mapping[tuple[int, Motion], int],
    copies: Mapping[int, int],
) -> dict[tuple[int, Motion], int]:
    """The agreement of each company's motion: what the account file names, or the copy that was made of that.

    A copy stands for what it was made of (M22), through any number of copies. Once the file names another agreement, that is
    a newer choice, and the copy is not used any more.

    Args:
        chosen: (company, motion) → agreement that the file names.
        remembered: the same, for copies that were made.
        copies: agreement → the one it was copied from.
    """
    standing_in = {
        place: copy
        for place, copy in remembered.items()
        if place not in chosen or chosen[place] in _made_of(copy, copies)
    }
    return {**chosen, **standing_in}


def _made_of(copy: int, copies: Mapping[int, int]) -> set[int]:
    found, each = {copy}, copies.get(copy)
    while each is not None and each not in found:
        found.add(each)
        each = copies.get(each)
    return found


def link_agreement(
    customer: str,
    company_id: int,
    motion: Motion,
    chosen: int | None,
    agreements: Iterable[Agreement],
    today: date,
) -> AgreementLink:
    """The agreement of a motion: the one a person chose for the company; never one that merely looks right.

    An agreement past its end date does not count as active, one that the role hides is explained as not visible.
    """
    own = [agreement for agreement in agreements if agreement.company_id == company_id]
    picked = next((agreement for agreement in own if agreement.id == chosen), None)
    if picked is not None:
        return AgreementLink(picked)
    active = [agreement for agreement in own if is_active(agreement, today)]
    shown = ", ".join(f"{agreement.name} ({agreement.id})" for agreement in active) or "none"
    if chosen is not None:
        shown = f"{shown}; agreement {chosen} is not visible to the API member's role, or gone"
    params = {"customer": customer, "motion": motion.value, "candidates": shown}
    return AgreementLink(None, (Finding("BS_NO_AGREEMENT", params),))
