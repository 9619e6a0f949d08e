"""An account's seats section in the planner's terms."""

from __future__ import annotations

from collections.abc import Mapping

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


def price_rules(section: SeatsSection) -> Mapping[str, PriceRule]:
    """Price rules by SKU; "" is the rule of every SKU without one of its own (M21)."""
    rules = {"": rule_of(section.price)} if section.price else {}
    return rules | {link.sku: rule_of(link.price) for link in section.skus if link.price}


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
