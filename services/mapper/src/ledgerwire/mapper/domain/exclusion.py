"""Exclusion rules over records of any type: left unposted, or batched without posting (M19)."""

from __future__ import annotations

from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.mapper.domain.model import Ignored, NoEffect
from ledgerwire.mapper.domain.parts import Case
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment

_WORDS = {
    ExclusionTreatment.LEAVE_UNPOSTED: "left unposted",
    ExclusionTreatment.BATCH_WITHOUT_POSTING: "batched without posting",
}


def rule_for(case: Case, record_type: str, *, kind: str, company_id: int | None) -> ExclusionRule | None:
    """The first rule that looks at records of this type and whose stated conditions all hold."""
    rules = (rule for rule in case.settings.exclusions if record_type in rule.record_types)
    return next((rule for rule in rules if _matches(rule, case.number, kind, company_id)), None)


def told(case: Case, rule: ExclusionRule) -> Finding:
    """What is said of a record that a rule excludes."""
    return case.finding("EXCLUDED_BY_RULE", rule=rule.name, treatment=_WORDS[rule.treatment])


def excluded(case: Case, record_type: str, *, kind: str, company_id: int | None) -> Ignored | NoEffect | None:
    """What the first rule that matches a receipt, stock movement or expense makes of it; None where none matches.

    `kind` is what the PSA calls it (Purchase, Adjustment, Transfer; Reimbursable, NonReimbursable, Personal).
    """
    rule = rule_for(case, record_type, kind=kind, company_id=company_id)
    if rule is None:
        return None
    if rule.treatment is ExclusionTreatment.LEAVE_UNPOSTED:
        return Ignored("excluded", told(case, rule))
    return NoEffect((*case.findings, told(case, rule)), case.trace.build(), excluded=True)


def _matches(rule: ExclusionRule, number: str, kind: str, company_id: int | None) -> bool:
    """Whether every condition the rule states holds; a rule without conditions matches nothing."""
    conditions = [
        (rule.number_prefixes, any(number.startswith(prefix) for prefix in rule.number_prefixes)),
        (rule.invoice_types, kind in rule.invoice_types),
        (rule.company_ids, company_id in rule.company_ids),
    ]
    stated = [holds for condition, holds in conditions if condition]
    return bool(stated) and all(stated)
