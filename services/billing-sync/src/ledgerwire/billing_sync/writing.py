"""The writes of a plan to ConnectWise, each looked for before it is made: rows, products, copies of agreements.

ConnectWise knows no idempotency keys. Whatever became of an earlier request, the row, product or copy that says what a step
wants is found and taken; only what is not there is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from ledgerwire.billing_sync import psa as wire
from ledgerwire.billing_sync.catalog import make
from ledgerwire.billing_sync.domain.agreements import Agreement
from ledgerwire.billing_sync.domain.plan import Step, StepKind
from ledgerwire.billing_sync.domain.rules import SeatRules
from ledgerwire.billing_sync.domain.steps import shown_row
from ledgerwire.billing_sync.keeping import Keeping
from ledgerwire.billing_sync.points import AGREEMENT_COPIED, PRODUCT_MADE
from ledgerwire.billing_sync.stored import AgreementPart, StepState, StoredPlan
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.errors import Ambiguous, Stopped
from ledgerwire.connectwise import ConnectWise, RecordMissing
from ledgerwire.connectwise.agreements import NewAddition
from ledgerwire.connectwise.models.agreements import Addition

STALE = "BS_PLAN_STALE"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """An addition that says what a step wants, with its agreement (a copy perhaps) and its product."""

    addition: Addition
    agreement: Agreement
    product_id: int


class Writing:
    """Makes and finds what the steps of one plan want."""

    def __init__(self, psa: ConnectWise, plan: StoredPlan, rules: SeatRules, keeping: Keeping) -> None:
        self._psa = psa
        self._plan = plan
        self._rules = rules
        self._keeping = keeping
        self._made: dict[int, int] = {}
        self._unseen: dict[int, Ambiguous] = {}
        self._copies: dict[int, Agreement] = {}

    async def restore_copies(self) -> None:
        """Find the copies of agreements that an earlier attempt at this plan made."""
        copies = {
            stored.step.agreement_id: stored.found.get("agreement")
            for stored in self._plan.steps
            if stored.step.kind is StepKind.COPY_AGREEMENT and stored.state is StepState.WRITTEN
        }
        rows = {row.id: row for row in await self._psa.agreements.by_ids([each for each in copies.values() if each])}
        tables = await wire.terms(self._psa) if rows else None
        for original, copied in copies.items():
            if tables is not None and copied in rows:
                self._copies[original] = wire.agreement_of(rows[copied], tables)

    async def write(self, part: AgreementPart, step: Step) -> Row | Finding:
        """The row of a step, written unless it was before; BS_EDITED_BY_HAND where a person changed it since the plan."""
        agreement = self._agreement(part, step)
        if step.kind is StepKind.CREATE:
            product = await self._product(step.product_id)
            return Row(await self._created(agreement, step, product), agreement, product)
        found = await self._changed(agreement, part, step)
        return found if isinstance(found, Finding) else Row(found, agreement, step.product_id)

    async def look_for(self, part: AgreementPart, step: Step) -> Row | None:
        """The row of a step that was sent and not seen, None where it never came to be; nothing is written."""
        agreement, product, row = self._agreement(part, step), step.product_id, None
        if step.kind is StepKind.CREATE:
            product = await self._known_product(step.product_id)
            row = await self._standing(agreement, step, product) if product else None
        elif step.addition_id is not None:
            row = await self._changed_row(agreement, step, step.addition_id)
        return None if row is None else Row(row, agreement, product)

    async def copy(self, part: AgreementPart, step: Step) -> None:
        """A One-Time agreement that has had its invoice gets a successor (M22); its name tells the day of the plan."""
        row = await self._psa.agreements.copy(
            step.agreement_id, company_id=part.company_id, name=self._copy_name(part), start=self._plan.day
        )
        reach(AGREEMENT_COPIED)
        copied = wire.agreement_of(row, await wire.terms(self._psa))
        self._copies[step.agreement_id] = copied
        await self._keeping.copied(part, step, copied)

    async def was_copied(self, part: AgreementPart) -> bool:
        """Whether a copy that was asked for is there."""
        return bool(await self._psa.agreements.named(part.company_id, self._copy_name(part)))

    def place_of(self, step: Step) -> int:
        """The agreement that a step writes to: the copy, where there is one."""
        copied = self._copies.get(step.agreement_id) if step.on_copy else None
        return copied.id if copied is not None else step.agreement_id

    def _copy_name(self, part: AgreementPart) -> str:
        return f"{part.agreement.name} {self._plan.day:%Y-%m-%d}"

    def _agreement(self, part: AgreementPart, step: Step) -> Agreement:
        if not step.on_copy:
            return part.agreement
        if step.agreement_id not in self._copies:  # the original has had its invoice: a row on it would never be billed
            raise Stopped([Finding(STALE, {"agreement": part.agreement.name, "reason": "its copy was not made"})])
        return self._copies[step.agreement_id]

    def _new(self, step: Step, product_id: int) -> NewAddition:
        if step.after is None:
            raise ValueError(f"step {step.key} says nothing to write")
        last = self._rules.cancelled_is_last_day
        return wire.new_addition(step.after, product_id, step.description, cancelled_is_last_day=last)

    async def _created(self, agreement: Agreement, step: Step, product_id: int) -> Addition:
        new = self._new(step, product_id)
        row, made = await self._psa.agreements.ensure_addition(agreement.id, new, besides=self._keeping.ours)
        _log.info("seats.addition", agreement=agreement.id, addition=row.id, made=made, step=step.key)
        return row

    async def _standing(self, agreement: Agreement, step: Step, product_id: int) -> Addition | None:
        new, ours = self._new(step, product_id), self._keeping.ours
        found = await self._psa.agreements.find_additions(agreement.id, new, besides=ours)
        return found[0] if found else None

    async def _changed(self, agreement: Agreement, part: AgreementPart, step: Step) -> Addition | Finding:
        """Change a row that still says what the plan saw; one that says it already is left, another one is a person's."""
        if step.addition_id is None or step.before is None or step.after is None:
            raise ValueError(f"step {step.key} names no row to change")
        last = self._rules.cancelled_is_last_day
        row = await self._psa.agreements.addition(agreement.id, step.addition_id)
        now = wire.values_of(row, cancelled_is_last_day=last)
        if now == step.after:
            return row
        if now != step.before:
            names = {"customer": part.customer, "product": part.names.get(step.line, step.line)}
            shown = {"wrote": shown_row(step.before), "found": shown_row(now)}
            return Finding("BS_EDITED_BY_HAND", {**names, "agreement": agreement.name, **shown})
        asked = wire.change(step.before, step.after, cancelled_is_last_day=last)
        return await self._psa.agreements.change_addition(agreement.id, step.addition_id, asked)

    async def _changed_row(self, agreement: Agreement, step: Step, addition_id: int) -> Addition | None:
        try:
            row = await self._psa.agreements.addition(agreement.id, addition_id)
        except RecordMissing:
            return None
        values = wire.values_of(row, cancelled_is_last_day=self._rules.cancelled_is_last_day)
        return row if values == step.after else None

    async def _product(self, product_id: int) -> int:
        """The product of a step; one that the plan found missing is made now, once."""
        if product_id > 0:
            return product_id
        if product_id in self._unseen:  # a look now may miss it, and make a second one
            raise self._unseen[product_id]
        if product_id not in self._made:
            wanted = self._plan.products[product_id]
            try:
                row = await make(self._psa, wanted)
            except Ambiguous as error:
                self._unseen[product_id] = error
                raise
            reach(PRODUCT_MADE)
            await self._keeping.product_made(wanted.vendor_sku, row.id)
            self._made[product_id] = row.id
        return self._made[product_id]

    async def _known_product(self, product_id: int) -> int:
        """The product of a step, 0 where it has not been made."""
        if product_id > 0:
            return product_id
        sku = self._plan.products[product_id].vendor_sku
        rows = (await self._psa.catalog.by_vendor_sku([sku])).get(sku, [])
        return min((row.id for row in rows), default=0)
