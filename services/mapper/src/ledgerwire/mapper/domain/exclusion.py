"""Exclusion rules over records of any type: left unposted, or batched without posting (M19)."""

from __future__ import annotations

from ledgerwire.mapper.domain.model import Ignored, NoEffect
from ledgerwire.mapper.domain.parts import Case
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment

_WORDS = {
    ExclusionTreatment.LEAVE_UNPOSTED: "left unposted",
    ExclusionTreatment.BATCH_WITHOUT_POSTING: "batched without posting",
}


def excluded(case: Case, record_type: str, *, kind: str, company_id: int | None) -> Ignored | NoEffect | None:
    """What the first rule that matches a receipt, stock movement or expense makes of it; None where none matches.

    `kind` is what the PSA calls it (Purchase, Adjustment, Transfer; Reimbursable, NonReimbursable, Personal).
    """
    for rule in case.settings.exclusions:
        if record_type in rule.record_types and _matches(rule, case.number, kind, company_id):
            case.add("EXCLUDED_BY_RULE", rule=rule.name, treatment=_WORDS[rule.treatment])
            if rule.treatment is ExclusionTreatment.LEAVE_UNPOSTED:
                return Ignored("excluded", case.findings[-1])
            return NoEffect(tuple(case.findings), case.trace.build(), excluded=True)
    return None


def _matches(rule: ExclusionRule, number: str, kind: str, company_id: int | None) -> bool:
    """Whether every condition the rule states holds; a rule without conditions matches nothing."""
    conditions = [
        (rule.number_prefixes, any(number.startswith(prefix) for prefix in rule.number_prefixes)),
        (rule.invoice_types, kind in rule.invoice_types),
        (rule.company_ids, company_id in rule.company_ids),
    ]
    stated = [holds for condition, holds in conditions if condition]
    return bool(stated) and all(stated)
