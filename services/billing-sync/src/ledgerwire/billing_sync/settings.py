"""An account's seats section in the planner's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledgerwire.billing_sync.domain.rules import (
    DecreasePolicy,
    EditPolicy,
    OneTimePolicy,
    PriceBasis,
    PriceRule,
    SeatRules,
)
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.seats import Motion
from ledgerwire.tenants.read import AccountContext
from ledgerwire.tenants.seats_file import PriceRuleSection, SeatsSection


def seats_of(account: AccountContext) -> SeatsSection:
    """The section; ConfigurationError SEATS_NOT_SET_UP for an account without one."""
    if account.seats is None:
        raise ConfigurationError(
            f"account {account.name!r} keeps no seats: add a `seats` section to its file", code="SEATS_NOT_SET_UP"
        )
    return account.seats


def rules_of(section: SeatsSection) -> SeatRules:
    """The policies as the planner takes them."""
    policies = section.policies
    defaults = SeatRules(since=section.since)
    return SeatRules(
        since=section.since,
        edits=EditPolicy(policies.edits),
        decreases=DecreasePolicy(policies.decreases),
        one_time=OneTimePolicy(policies.one_time),
        cancelled_is_last_day=policies.cancelled_is_last_day,
        in_advance=defaults.in_advance | {str(name): ahead for name, ahead in policies.in_advance.items()},
        credits=policies.credits,
        one_offs=policies.one_offs,
        trials=policies.trials,
        allowed_types=policies.allowed_types,
        prorate_tolerance=policies.prorate_tolerance,
    )


@dataclass(frozen=True, slots=True)
class PriceRules:
    """Price rules by SKU; "" is the rule of every SKU without one of its own (M21).

    Attributes:
        by_sku: of any motion.
        annual: of seats that are paid for a year or more at once; a SKU's own rule goes before the one of all SKUs.
    """

    by_sku: Mapping[str, PriceRule]
    annual: Mapping[str, PriceRule]

    @property
    def all(self) -> tuple[PriceRule, ...]:
        return (*self.by_sku.values(), *self.annual.values())

    def of(self, sku: str, motion: Motion) -> PriceRule | None:
        """The rule of a SKU that is sold this way, None where there is none."""
        annual = self.annual if motion is Motion.SEAT_ANNUAL else {}
        own = annual.get(sku) or self.by_sku.get(sku)
        return own or annual.get("") or self.by_sku.get("")


def price_rules(section: SeatsSection) -> PriceRules:
    """The price rules of the account file."""
    shared, annual = section.price, section.price_annual
    return PriceRules(
        ({"": rule_of(shared)} if shared else {})
        | {each.sku: rule_of(each.price) for each in section.skus if each.price},
        ({"": rule_of(annual)} if annual else {})
        | {each.sku: rule_of(each.price_annual) for each in section.skus if each.price_annual},
    )


def rule_of(rule: PriceRuleSection) -> PriceRule:
    """One price rule."""
    return PriceRule(PriceBasis(rule.basis), rule.value, rule.updates_price, rule.keeps_earned_credit)


def chosen_companies(section: SeatsSection) -> dict[tuple[str, str], list[int]]:
    """(source, customer) → companies that the file names; two of them stop the customer."""
    found: dict[tuple[str, str], list[int]] = {}
    for link in section.customers:
        found.setdefault((link.source, link.customer), []).append(link.company)
    return found


def chosen_agreements(section: SeatsSection) -> dict[tuple[int, Motion], int]:
    """(company, motion) → agreement that the file names."""
    return {(link.company, link.motion): link.agreement for link in section.agreements}
