"""The plan of one agreement: what is wanted against what is there, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, RowValues, Seen, Written
from ledgerwire.billing_sync.domain.claims import Claim, billed_days, claim, first_claims, ours, strays_by_product
from ledgerwire.billing_sync.domain.coverage import Row, cut, held_on
from ledgerwire.billing_sync.domain.days import DAY, first_uninvoiced
from ledgerwire.billing_sync.domain.linter import lint_agreement
from ledgerwire.billing_sync.domain.never_billed import never_billed
from ledgerwire.billing_sync.domain.paid_ahead import after_paid
from ledgerwire.billing_sync.domain.plan import Adopted, AgreementPlan, LinePlan, Reason, StepKind
from ledgerwire.billing_sync.domain.recalled import Recalled, day_unknown, recalled, remembered
from ledgerwire.billing_sync.domain.result import Result, charge_result, owed_before, seat_result
from ledgerwire.billing_sync.domain.rules import EditPolicy, SeatRules
from ledgerwire.billing_sync.domain.seats import Ground
from ledgerwire.billing_sync.domain.steps import shown_row
from ledgerwire.billing_sync.domain.wanted import Held, WantedLine
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.seats import Motion


@dataclass(frozen=True, slots=True)
class AgreementInput:
    """Everything the plan of one agreement depends on.

    Attributes:
        additions: every row of the agreement, read now.
        written: our records of rows on this agreement.
        elsewhere: our records of charges on other agreements of the customer: what they say is made already (M22).
        complete: the customer's subscriptions were all read, so one that is absent is gone.
        still_shown: subscriptions that a source shows and that are not planned here, as they belong on other agreements or
            were stopped before: absent here and not gone.
    """

    agreement: Agreement
    motion: Motion
    lines: tuple[WantedLine, ...]
    additions: tuple[Addition, ...]
    written: tuple[Written, ...]
    rules: SeatRules
    today: date
    elsewhere: tuple[Written, ...] = ()
    complete: bool = True
    still_shown: frozenset[str] = frozenset()


def plan_agreement(given: AgreementInput) -> AgreementPlan:
    """Plan one agreement. Nothing is written where the agreement itself is wrong."""
    agreement = given.agreement
    first = first_uninvoiced(agreement.next_invoice, agreement.period_type, agreement.start, given.rules.in_advance)
    if agreement.bill_one_time:
        first = agreement.start if not agreement.invoiced_once else date.max
    findings = lint_agreement(agreement, given.motion, given.rules, given.today)
    if any(finding.stops for finding in findings):
        return AgreementPlan(agreement.id, first, (), findings)
    work = _AgreementWork(given, first)
    lines = [plan for group in work.by_product() for plan in work.plan_product(group)]
    findings += never_billed(given.agreement, given.additions, given.written, given.lines, first)
    return AgreementPlan(agreement.id, first, (*lines, *work.unwanted()), findings)


class _AgreementWork:
    def __init__(self, given: AgreementInput, first: date) -> None:
        self.given = given
        self.first = first
        self.additions = {addition.id: addition for addition in given.additions}
        self.records: dict[str, list[Written]] = defaultdict(list)
        for record in given.written:
            self.records[record.line].append(self._as_found(record))
        self.strays = strays_by_product(given.additions, {record.addition_id for record in given.written}, first)

    def _as_found(self, record: Written) -> Written:
        """Our record with the product that its row has."""
        found = self.additions.get(record.addition_id)
        return record if found is None else replace(record, product_id=found.product_id)

    def by_product(self) -> list[list[WantedLine]]:
        groups: dict[int, list[WantedLine]] = defaultdict(list)
        for line in self.given.lines:
            groups[line.product_id].append(line)
        return list(groups.values())

    def plan_product(self, lines: Sequence[WantedLine]) -> list[LinePlan]:
        claims = {line.line: claim(self.records[line.line], self.additions, self.first) for line in lines}
        strays = self.strays.get(lines[0].product_id, [])
        fresh = [line for line in lines if not claims[line.line].known and line.held]
        shares, doubtful = first_claims(fresh, strays, max(self.first, self.given.rules.since)) if fresh else ({}, [])
        taken = {row.id for rows in shares.values() for row in rows}
        strays = [row for row in strays if row.id not in taken]
        plans = []
        for line in lines:
            plan, strays = self._plan_line(line, claims[line.line], shares.get(line.line, []), strays, doubtful)
            plans.append(plan)
        return plans

    def _plan_line(
        self, line: WantedLine, mine: Claim, share: list[Row], strays: list[Row], doubtful: list[Row]
    ) -> tuple[LinePlan, list[Row]]:
        agreement = self.given.agreement
        charged = (*self.given.elsewhere, *self.records[line.line])
        line = after_paid(line, agreement, charged, self.given.rules.since, self.given.today)
        refused = line.findings + self._currency(line)
        if any(finding.stops for finding in refused):
            return LinePlan(line.line, agreement.id, (), refused), strays
        ground = self._ground(line)
        result = Result()
        known = recalled(line, self.records[line.line], self.given.today, self.first)
        if known.line.held or any(not charge for charge, _ in mine.rows):
            result = self._seats(ground, known.line, mine, share, strays, doubtful)
        if not result.frozen:
            self._former(ground, known, mine, result)
        result.add(owed_before(ground, line))
        if (line.charges or line.owed) and not result.frozen:
            strays = [row for row in strays if row.id not in {used.id for _, used in result.adopted}]
            rows = [(charge, row) for charge, row in mine.rows if charge]
            result.add(charge_result(ground, line, rows, strays, self.given.elsewhere))
        used = {row.id for _, row in result.adopted}
        plan = self._judged(line, mine, result, (known.seen,) if known.seen else ())
        return plan, [row for row in strays if row.id not in used and row.id not in result.consumed]

    def _former(self, ground: Ground, known: Recalled, mine: Claim, result: Result) -> None:
        """Rows of products that the line was before: they end where the product it is now begins."""
        names = {each.product_id: each.name for each in self.given.lines}
        for line in known.former:
            rows = [row for charge, row in mine.rows if not charge and row.product_id == line.product_id]
            named = replace(line, name=names.get(line.product_id, line.name))
            found = seat_result(ground, self._priced(named, []), rows, [])
            ends = {StepKind.END, StepKind.VOID}
            steps = [replace(step, reason=Reason.UPGRADED) if step.kind in ends else step for step in found.steps]
            owed = [replace(due, product_id=line.product_id) for due in found.credits]
            result.add(replace(found, steps=steps, credits=owed))
        if known.seen is not None and (result.steps or result.adopted):
            before = held_on(remembered(self.records[known.line.line]), known.seen.starts)
            result.findings.append(day_unknown(known.line, known.seen, before.quantity if before else Decimal(0)))

    def _currency(self, line: WantedLine) -> tuple[Finding, ...]:
        agreement = self.given.agreement
        if not line.currency or not agreement.currency or line.currency == agreement.currency:
            return ()
        params = {"agreement": agreement.name, "expected": agreement.currency, "found": line.currency}
        return (Finding("BS_CURRENCY_DIFFERS", params),)

    def _ground(self, line: WantedLine) -> Ground:
        first = max(line.known_from, self.given.rules.since, self.given.agreement.start)
        return Ground(self.given.agreement, self.first, self.given.rules, first)

    def _seats(
        self, ground: Ground, line: WantedLine, mine: Claim, share: list[Row], strays: list[Row], doubtful: list[Row]
    ) -> Result:
        """Seats with our rows and those nobody claimed; rows in doubt are a person's to tell, or taken over by policy."""
        overwrite = self.given.rules.edits is EditPolicy.OVERWRITE
        priced = self._priced(line, share)
        rows = (
            [row for charge, row in mine.rows if not charge and row.product_id in {0, line.product_id}]
            + share
            + (doubtful if overwrite and not mine.known else [])
        )
        rest = [row for row in strays if row not in rows]
        result = seat_result(ground, priced, rows, rest)
        unclaimed = [row for row in result.unclaimed if row.values.ends is None or row.values.ends >= ground.movable]
        if unclaimed and overwrite:
            taken = {row.id for _, row in result.adopted} | {row.id for row in unclaimed}
            over = [row for row in rest if row.id in taken]
            result = seat_result(ground, priced, [*rows, *over], [row for row in rest if row not in over])
            result.findings.append(self._doubt(line, rows, unclaimed, warned=True))
            result.consumed = taken
        elif unclaimed and (mine.known or unclaimed == doubtful or not share):
            kept = self.given.rules.edits is EditPolicy.KEEP
            result.findings.append(self._doubt(line, rows, unclaimed, warned=kept))
            result.frozen = not (kept and mine.known)
        if share and not mine.known:
            self._first_look(line, share, result)
        return result

    def _first_look(self, line: WantedLine, share: list[Row], result: Result) -> None:
        found = sum((row.values.billed for row in share), Decimal(0))
        if found != line.seats_now:
            params = {"customer": line.customer, "product": line.name, "agreement": self.given.agreement.name}
            seats = {"expected": f"{line.seats_now.normalize():f}", "found": f"{found.normalize():f}"}
            result.findings.append(Finding("BS_QUANTITY_MISMATCH", {**params, **seats}))

    def _doubt(self, line: WantedLine, rows: list[Row], unclaimed: list[Row], *, warned: bool) -> Finding:
        count = len(unclaimed) + sum(1 for row in rows if row.id is not None and row.values.ends is None)
        params = {"customer": line.customer, "product": line.name, "agreement": self.given.agreement.name}
        return Finding("BS_MORE_THAN_ONE_OPEN_ADDITION", {**params, "count": str(count)}, warned=warned)

    def _priced(self, line: WantedLine, share: list[Row]) -> WantedLine:
        """Rows that exist keep their price unless the rule says price, and their cost where the source shows none (M21)."""
        if line.updates_price and all(span.cost_known for span in line.held):
            return line
        own = (r for r in self.records[line.line] if not r.charge and r.product_id in {0, line.product_id})
        values = [ours(record) for record in own] or [row.values for row in share]
        known = sorted(
            (value for value in values if value.quantity > 0 and value.unit_price > 0),
            key=lambda value: (value.effective, value.ends or date.max),
        )
        if not known:
            return line
        pieces = (piece for span in line.held for piece in cut(span, [value.effective for value in known]))
        held = tuple(_at_money_of(known, piece, line) for piece in pieces)
        return replace(line, held=held)

    def _judged(self, line: WantedLine, mine: Claim, result: Result, taken: tuple[Seen, ...] = ()) -> LinePlan:
        """Apply the policy on people's edits to what would be written."""
        findings = [*line.findings, *result.findings]
        agreement_id = self.given.agreement.id
        changed_by_hand = bool(mine.edited or mine.deleted)
        if result.frozen or (changed_by_hand and result.steps and self.given.rules.edits is not EditPolicy.OVERWRITE):
            if changed_by_hand:
                findings.append(self._edit(line, mine, warned=self.given.rules.edits is EditPolicy.KEEP))
            return LinePlan(line.line, agreement_id, (), tuple(findings), credits=tuple(result.credits))
        if changed_by_hand and result.steps:
            findings.append(self._edit(line, mine, warned=True))
        before = {record.addition_id: record.billed_as for record in self.records[line.line]}
        before |= {row.id or 0: billed_days(record, self.first) for record, row in mine.edited if row.invoiced}
        seen = {record.addition_id: record.seen for record in self.records[line.line]}
        steps = tuple(
            replace(
                step,
                billed_as=before.get(step.addition_id or 0),
                seen=(*seen.get(step.addition_id or 0, ()), *(step.seen if step.charge else taken)),
            )
            for step in result.steps
        )
        written = {step.addition_id for step in steps if step.kind is not StepKind.CREATE}
        adopted = [replace(self._adopted(charge, row), seen=() if charge else taken) for charge, row in result.adopted]
        for record, row in mine.edited:
            if row.id is not None and row.id not in written:
                billed = before.get(row.id)
                since = record.uninvoiced_from
                adopted.append(
                    Adopted(row.id, row.values, since, billed, record.charge, record.product_id, record.seen)
                )
        gone = tuple(r.addition_id for r in mine.deleted if not self._was_invoiced(r))
        owed = tuple(result.credits)
        return LinePlan(line.line, agreement_id, steps, tuple(findings), tuple(adopted), gone, owed)

    def _was_invoiced(self, record: Written) -> bool:
        return record.uninvoiced_from < self.first and record.values.effective < self.first

    def _adopted(self, charge: str, row: Row) -> Adopted:
        if row.id is None:
            raise ValueError("a row that is gone cannot be taken over")
        return Adopted(row.id, row.values, date.min if row.invoiced else self.first, None, charge, row.product_id)

    def _edit(self, line: WantedLine, mine: Claim, *, warned: bool) -> Finding:
        params = {"customer": line.customer, "product": line.name, "agreement": self.given.agreement.name}
        still_open = [row for _, row in mine.rows if row.id is not None and row.values.ends is None]
        if mine.deleted and not still_open:
            return Finding("BS_NO_OPEN_ADDITION", params, warned=warned)
        record, row = mine.edited[0] if mine.edited else (mine.deleted[0], None)
        wrote, found = record.values, row.values if row else None
        shown = {"wrote": shown_row(wrote), "found": shown_row(found) if found else "deleted"}
        return Finding("BS_EDITED_BY_HAND", {**params, **shown}, warned=warned)

    def unwanted(self) -> list[LinePlan]:
        """Lines we wrote that the source shows no more: charges may go on, so a person tells (M24)."""
        wanted = {line.line for line in self.given.lines} | self.given.still_shown
        plans = []
        for line, records in self.records.items() if self.given.complete else ():
            open_rows = [r for r in records if not r.charge and self._open(r)]
            if line not in wanted and open_rows:
                params = {"line": line, "agreement": self.given.agreement.name, "row": shown_row(open_rows[0].values)}
                plans.append(LinePlan(line, self.given.agreement.id, (), (Finding("BS_SUBSCRIPTION_GONE", params),)))
        return plans

    def _open(self, record: Written) -> bool:
        found = self.additions.get(record.addition_id)
        return (
            found is not None
            and not found.values.void
            and (found.values.ends is None or found.values.ends > self.given.today - DAY)
        )


def _at_money_of(rows: Sequence[RowValues], span: Held, line: WantedLine) -> Held:
    """A span at the price, or the cost, of the row that stands on its first day; else of the one before it, else of the first."""
    row = next((row for row in reversed(rows) if row.effective <= span.starts), rows[0])
    return replace(
        span,
        unit_price=span.unit_price if line.updates_price else row.unit_price,
        unit_cost=span.unit_cost if span.cost_known else row.unit_cost,
    )
