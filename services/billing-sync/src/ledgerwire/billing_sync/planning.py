"""Hold what was sold against the agreements, and plan: nothing is written to ConnectWise here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.catalog import Shelf
from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, RowValues, Written
from ledgerwire.billing_sync.domain.days import first_uninvoiced
from ledgerwire.billing_sync.domain.elsewhere import RowElsewhere, begins_after
from ledgerwire.billing_sync.domain.links import link_agreement
from ledgerwire.billing_sync.domain.plan import AgreementPlan, CreditDue, LinePlan
from ledgerwire.billing_sync.domain.planner import AgreementInput, plan_agreement
from ledgerwire.billing_sync.domain.products import NewProduct
from ledgerwire.billing_sync.domain.seats import credit_due
from ledgerwire.billing_sync.domain.wanted import WantedLine
from ledgerwire.billing_sync.domain.wanting import wanted_line
from ledgerwire.billing_sync.linking import Given, Linked, Place, Sold, linked_with, name_of
from ledgerwire.billing_sync.repository.written import Record
from ledgerwire.billing_sync.stored import AgreementPart, PlanState, StepState, StoredPlan, StoredStep, part_of
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.errors import Transient
from ledgerwire.common.seats import (
    Completeness,
    Motion,
)
from ledgerwire.connectwise import ConnectWise
from ledgerwire.distributors.port import Period
from ledgerwire.tenants.seats_file import SeatsSection

AHEAD = timedelta(days=62)
"""Lines are charged ahead of their invoice; this far after today they are read."""

Progress = Callable[[str, int, int], None]


def no_progress(_stage: str, _done: int, _all: int) -> None:
    """Tell nobody."""


def period_of(section: SeatsSection, today: date) -> Period:
    """The days of charges that a plan reads."""
    return Period(section.since, today + AHEAD)


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything one look found, before it is decided upon.

    Attributes:
        agreements: (company, motion) → the agreement chosen for it, if its rows could be read.
        additions: agreement → its rows, read now.
        lines: (company, motion) → what is wanted there.
        former: agreements that we wrote to and that another one has replaced (a copy, M22).
        unread: agreement → why its rows could not be read. Subscriptions that stand there are left as they are.
    """

    linked: Linked
    agreements: Mapping[Place, Agreement]
    additions: Mapping[int, tuple[Addition, ...]]
    lines: Mapping[Place, tuple[WantedLine, ...]]
    findings: tuple[Finding, ...]
    former: tuple[Agreement, ...] = ()
    unread: Mapping[int, Transient] = field(default_factory=dict)


async def look(
    psa: ConnectWise, given: Given, progress: Progress = no_progress, unseen: Mapping[int, Transient] | None = None
) -> Situation:
    """Join what was read with ConnectWise as it is now.

    It costs the pages of companies, agreements and unknown SKUs, and one call for each agreement in question.

    Args:
        psa: the client of billing sync.
        given: what was sold, and our records.
        progress: told of the agreements.
        unseen: agreements on which it could not be told what became of an earlier write: taken as not read.
    """
    companies = {company.id: company for company in await wire.companies(psa, given.section.company_statuses)}
    linked = await linked_with(psa, given, companies)
    tables = await wire.terms(psa)
    chosen = given.agreements
    places = _places(linked, chosen, given.records)
    rows = await psa.agreements.of_companies(sorted({company for company, _ in places}))
    visible = [wire.in_currency(wire.agreement_of(row, tables), companies) for row in rows]
    agreements: dict[Place, Agreement] = {}
    findings = list(linked.findings)
    for company_id, motion in places:
        name = linked.names.get(company_id) or name_of(companies, company_id)
        pick = chosen.get((company_id, motion))
        link = link_agreement(name, company_id, motion, pick, visible, given.today)
        findings += link.findings
        if link.agreement is not None:
            agreements[company_id, motion] = link.agreement
    in_use = {agreement.id for agreement in agreements.values()}
    wrote = {record.written.agreement_id for record in given.records}
    former = tuple(each for each in visible if each.id in wrote and each.id not in in_use)
    ids = sorted({*in_use, *(each.id for each in former)})
    progress("agreements", 0, len(ids))
    exact = given.rules.cancelled_is_last_day
    read = await wire.additions_of(psa, ids, cancelled_is_last_day=exact, besides=unseen or {})
    progress("agreements", len(ids), len(ids))
    known = {agreement.id: agreement for agreement in (*agreements.values(), *former)}
    findings += [_unread(linked, known[number], error) for number, error in read.unread.items()]
    linked = replace(linked, held=linked.held | _standing_on(read.unread, given.records))
    elsewhere = _Elsewhere(given, known, read.rows, _in_parts(linked, agreements))
    lines = {
        place: tuple(elsewhere.begun(_line(sold, given, linked), agreement) for sold in linked.sold.get(place, ()))
        for place, agreement in agreements.items()
    }
    agreements = {place: agreement for place, agreement in agreements.items() if agreement.id in read.rows}
    return Situation(linked, agreements, read.rows, lines, tuple(findings), former, read.unread)


def _unread(linked: Linked, agreement: Agreement, error: Transient) -> Finding:
    customer = linked.names.get(agreement.company_id, f"company {agreement.company_id}")
    return Finding("BS_AGREEMENT_UNREAD", {"agreement": agreement.name, "customer": customer, "reason": str(error)})


def _standing_on(agreement_ids: Collection[int], records: Sequence[Record]) -> set[str]:
    """Subscriptions whose seats we wrote to these agreements."""
    written = (record.written for record in records if not record.written.charge)
    return {each.line for each in written if each.agreement_id in agreement_ids}


def _in_parts(linked: Linked, agreements: Mapping[Place, Agreement]) -> dict[str, set[int]]:
    """The agreements on which each subscription is planned: two, where it was charged by the month and is paid at once now."""
    planned: dict[str, set[int]] = defaultdict(set)
    for place, agreement in agreements.items():
        for sold in linked.sold.get(place, ()):
            planned[sold.subscription.id].add(agreement.id)
    return planned


class _Elsewhere:
    """Seats of a line that stand on another agreement of its company, where no part of it is planned."""

    def __init__(
        self,
        given: Given,
        known: Mapping[int, Agreement],
        additions: Mapping[int, tuple[Addition, ...]],
        planned: Mapping[str, set[int]],
    ) -> None:
        self.given = given
        self.planned = planned
        self.known = known
        self.rows = {row.id: row.values for rows in additions.values() for row in rows}
        self.records: dict[tuple[int, str], list[Written]] = defaultdict(list)
        for record in given.records:
            if not record.written.charge:
                self.records[record.company_id, record.written.line].append(record.written)

    def begun(self, line: WantedLine, agreement: Agreement) -> WantedLine:
        """The line from the day on which it stands nowhere else."""
        here = self.planned.get(line.line, set())
        others = [each for each in self.records[agreement.company_id, line.line] if each.agreement_id not in here]
        if not others:
            return line
        rows = [RowElsewhere(other := self.known.get(each.agreement_id), self._values(each, other)) for each in others]
        first = first_uninvoiced(
            agreement.next_invoice, agreement.period_type, agreement.start, self.given.rules.in_advance
        )
        return begins_after(line, agreement, rows, first)

    def _values(self, record: Written, agreement: Agreement | None) -> RowValues | None:
        """The row now; what we wrote, where its agreement cannot be seen."""
        return record.values if agreement is None else self.rows.get(record.addition_id)


def decide(given: Given, found: Situation, connection_id: UUID, now: datetime, calls: int = 0) -> StoredPlan:
    """Plan every agreement of a situation."""
    parts: list[AgreementPart] = []
    steps: list[StoredStep] = []
    by_company: dict[int, list[Record]] = defaultdict(list)
    for record in given.records:
        by_company[record.company_id].append(record)
    for agreement, places in _by_agreement(found.agreements):
        company_id, motion = places[0]
        shown = (line for place in places for line in found.lines[place])
        lines = tuple(line for line in shown if line.line not in found.linked.held)
        own = [record.written for record in by_company[company_id] if record.written.agreement_id == agreement.id]
        others = [record.written for record in by_company[company_id] if record.written.agreement_id != agreement.id]
        plan = plan_agreement(
            AgreementInput(
                agreement=agreement,
                motion=motion,
                lines=lines,
                additions=found.additions[agreement.id],
                written=tuple(own),
                rules=given.rules,
                today=given.today,
                elsewhere=tuple(other for other in others if other.charge),
                still_shown=found.linked.stopped
                | {
                    each.line
                    for (company, _), wanted in found.lines.items()
                    if company == company_id
                    for each in wanted
                },
                complete=company_id not in found.linked.partial
                and all(reading.completeness is Completeness.COMPLETE for reading in given.readings),
            )
        )
        plan = _with_owed(plan, agreement, given.owed)
        known = {line.line: (line.product_id, line.name) for line in lines}
        company = (company_id, found.linked.names.get(company_id, agreement.name))
        parts.append(part_of(plan, agreement, company, motion, known))
        steps += [StoredStep(step, StepState.PLANNED, place) for place, step in enumerate(plan.steps)]
    return StoredPlan(
        plan_id=uuid4(),
        connection_id=connection_id,
        day=given.today,
        state=PlanState.OPEN,
        made_at=now,
        findings=found.findings,
        parts=tuple(parts),
        steps=tuple(steps),
        products=_needed(found.linked.shelf, steps),
        calls=calls,
    )


def _with_owed(plan: AgreementPlan, agreement: Agreement, owed: Mapping[str, tuple[CreditDue, ...]]) -> AgreementPlan:
    """The plan with credits of lines that were not compared this time: they are owed as before."""
    compared = {line.line for line in plan.lines if not line.stopped}
    left = [due for dues in owed.values() for due in dues if due.agreement_id == agreement.id and due.charge]
    told = {(due.line, due.charge, due.starts) for line in plan.lines for due in line.credits}
    kept = [due for due in left if due.line not in compared and (due.line, due.charge, due.starts) not in told]
    lines = tuple(LinePlan(due.line, None, findings=(credit_due(due, agreement),), credits=(due,)) for due in kept)
    return replace(plan, lines=(*plan.lines, *lines))


def _by_agreement(agreements: Mapping[Place, Agreement]) -> list[tuple[Agreement, list[Place]]]:
    """Each agreement with the motions it takes: seats charged monthly and metered use may share one."""
    places: dict[int, list[Place]] = defaultdict(list)
    for place, agreement in agreements.items():
        places[agreement.id].append(place)
    rows = {agreement.id: agreement for agreement in agreements.values()}
    return [
        (rows[number], sorted(places[number], key=lambda place: place[1] is Motion.AZURE_PLAN))
        for number in sorted(rows)
    ]


def _needed(shelf: Shelf, steps: Sequence[StoredStep]) -> dict[int, NewProduct]:
    used = {stored.step.product_id for stored in steps}
    return {number: product for number, product in shelf.to_make.items() if number in used}


def _places(linked: Linked, chosen: Mapping[Place, int], records: Sequence[Record]) -> list[Place]:
    """Where something is wanted, or where we wrote: (company, motion)."""
    written = {record.written.agreement_id for record in records}
    kept = {place for place, agreement_id in chosen.items() if agreement_id in written}
    return sorted({*linked.sold, *kept})


def _line(sold: Sold, given: Given, linked: Linked) -> WantedLine:
    customer = linked.names[sold.company_id]
    settled = given.settled.get(sold.subscription.id, ())
    line = wanted_line(
        sold.subscription,
        sold.charges,
        sold.product,
        given.rules,
        customer=customer,
        settled=settled,
        owed=given.owed.get(sold.subscription.id, ()),
        today=given.today,
        paid_from=sold.paid_from,
    )
    return replace(line, findings=(*sold.findings, *line.findings))
