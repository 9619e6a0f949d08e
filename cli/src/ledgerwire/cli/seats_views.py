"""Plans, reconciliations and set-up checks of seats, as a person reads them and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from ledgerwire.billing_sync.applying import Applied
from ledgerwire.billing_sync.domain.agreements import RowValues
from ledgerwire.billing_sync.report import SeatReport, as_row
from ledgerwire.billing_sync.setup import SetUp
from ledgerwire.billing_sync.stored import StoredPlan, StoredStep
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import RowProblem, SeatReading


def readings(found: Iterable[SeatReading], kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """What each source showed; `kinds` says of what kind the account file declares it."""
    return [
        {
            "source": each.source,
            "kind": kinds[each.source],
            "complete": each.completeness.value == "complete",
            "customers": len(each.customers),
            "subscriptions": len(each.subscriptions),
            "charges": len(each.charges),
            "unsure": len(each.unsure),
            "problems": [_problem(problem) for problem in each.problems],
        }
        for each in found
    ]


def readings_table(found: Iterable[SeatReading], kinds: Mapping[str, str]) -> Table:
    """What each source showed, as a table."""
    table = Table("Source", "Kind", "Complete", "Customers", "Left as they are", "Subscriptions", "Lines", "Problems")
    for row in readings(found, kinds):
        said = (row["customers"], row["unsure"], row["subscriptions"], row["charges"], len(row["problems"]))
        table.add_row(row["source"], row["kind"], "yes" if row["complete"] else "no", *map(str, said))
    return table


def problems_lines(found: Iterable[SeatReading]) -> list[str]:
    """What could not be read, sentence by sentence."""
    return [_problem(problem)["message"] for each in found for problem in each.problems]


def _problem(problem: RowProblem) -> dict[str, str]:
    message = Finding(problem.code, dict(problem.params)).message
    return {"place": problem.place, "code": problem.code, "customer": problem.customer_id, "message": message}


def plan_value(plan: StoredPlan) -> dict[str, Any]:
    """A plan as JSON."""
    names = {line: name for part in plan.parts for line, name in part.names.items()}
    return {
        "plan_id": plan.plan_id,
        "day": plan.day,
        "state": plan.state,
        "steps": [_step(stored, plan, names) for stored in plan.steps],
        "findings": findings(plan.all_findings),
        "products_to_make": [product.vendor_sku for product in plan.products.values()],
        "calls": plan.calls,
    }


def plan_shown(plan: StoredPlan) -> list[Table | str]:
    """A plan for a person: its steps, and what was found on the way, where there is any."""
    steps: Table | str = plan_table(plan) if plan.steps else "Nothing to write."
    return [steps, *([findings_table(plan.all_findings)] if plan.all_findings else [])]


def plan_table(plan: StoredPlan) -> Table:
    """The steps of a plan."""
    names = {line: name for part in plan.parts for line, name in part.names.items()}
    table = Table("Customer", "Agreement", "Product", "What", "Why", "Row", "Next invoice", "How")
    for stored in plan.steps:
        row = _step(stored, plan, names)
        effect = f"{stored.step.effect:+.2f} {stored.step.currency}".strip()
        said = (row["customer"], row["agreement"], row["product"], row["kind"], row["reason"], row["after"])
        table.add_row(*map(str, said), effect, stored.step.arithmetic)
    return table


def _step(stored: StoredStep, plan: StoredPlan, names: dict[str, str]) -> dict[str, Any]:
    step, part = stored.step, plan.part(stored.step.agreement_id)
    return {
        "key": step.key,
        "state": stored.state,
        "customer": part.customer,
        "agreement": part.agreement.name,
        "agreement_id": part.agreement.id,
        "subscription": step.line,
        "product": names.get(step.line, step.line),
        "kind": step.kind,
        "reason": step.reason,
        "before": _row(step.before),
        "after": _row(step.after),
        "effect": step.effect,
        "expected": step.expected,
        "arithmetic": step.arithmetic,
        "currency": step.currency,
    }


def _row(values: RowValues | None) -> str:
    if values is None:
        return ""
    until = f" to {values.ends}" if values.ends else ""
    return f"{values.quantity.normalize():f} at {values.unit_price:.2f} from {values.effective}{until}"


def findings(found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON, each said once."""
    seen = {(finding.code, finding.message): finding for finding in found}
    return [
        {
            "code": finding.code,
            "severity": finding.severity,
            "message": finding.message,
            "action": finding.entry.render_action(finding.params),
            "where": finding.entry.render_where(finding.params),
        }
        for finding in seen.values()
    ]


def findings_table(found: Sequence[Finding]) -> Table:
    """Findings grouped by what they say."""
    table = Table("Code", "What", "What to do", "Where", "Times")
    counts = Counter((finding.code, finding.message) for finding in found)
    for row in findings(found):
        times = counts[row["code"], row["message"]]
        table.add_row(row["code"], row["message"], row["action"], row["where"], str(times))
    return table


def applied_value(done: Applied) -> dict[str, Any]:
    """What came of a plan, as JSON."""
    return {
        "plan_id": done.plan_id,
        "written": done.written,
        "refused": done.refused,
        "left": done.left,
        "findings": findings(done.findings),
    }


def report_value(report: SeatReport) -> dict[str, Any]:
    """A reconciliation as JSON."""
    return {
        "from": report.first,
        "to": report.last,
        "two_way": report.two_way,
        "clean": report.clean,
        "places": report.places,
        "not_invoiced_yet": [as_row(row) for row in report.waiting],
        "leaks": [as_row(row) for row in report.leaks],
    }


def report_table(report: SeatReport) -> Table:
    """What is not tied, and what is not invoiced yet."""
    table = Table("Customer", "Product", "Month", "Bought", "On agreement", "Invoiced", "Difference", "Why")
    names = ("customer", "product", "period", "bought", "agreement", "invoiced", "difference", "cause")
    for each in (*report.leaks, *report.waiting):
        row = as_row(each)
        table.add_row(*(row[name] for name in names))
    return table


def check_value(found: SetUp) -> dict[str, Any]:
    """A set-up check as JSON."""
    return {
        "ok": found.ok,
        "phases": [
            {"name": phase.name, "open": phase.opened, "passed": phase.passed, "items": [i.name for i in phase.items]}
            for phase in found.phases
        ],
        "items": [
            {
                "name": item.name,
                "ok": item.ok,
                "told": item.told,
                "fixed": item.fixed,
                "findings": findings(item.findings),
            }
            for item in found.items
        ],
    }


def check_lines(found: SetUp) -> list[str]:
    """A set-up check, phase by phase and item by item."""
    lines = []
    for phase in found.phases:
        lines.append(f"{phase.name}: {'passed' if phase.passed else 'open' if phase.opened else 'not open yet'}")
        for item in phase.items:
            lines.append(f"  {'ok ' if item.ok else 'NOT'} {item.name}")
            lines += [f"        {said}" for said in (*item.told, *item.fixed)]
            lines += [f"        {one['message']} {one['action']} ({one['where']})" for one in findings(item.findings)]
    return lines
