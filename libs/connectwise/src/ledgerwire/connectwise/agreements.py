"""Agreements and their additions.

ConnectWise knows no idempotency keys and additions carry no key of ours: a row is looked for by what it says before it is
made, and an outcome that is unknown (Ambiguous) is settled by looking again. Nothing is deleted: a row is ended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from ledgerwire.common.canonical import wire_bytes
from ledgerwire.connectwise import patch
from ledgerwire.connectwise.conditions import Condition, Field, in_chunks, is_writable
from ledgerwire.connectwise.errors import Answer, unreadable
from ledgerwire.connectwise.models.agreements import Addition, Adjustment, Agreement, AgreementType, BillingCycle
from ledgerwire.connectwise.session import Session, T, decode

AGREEMENTS = "/finance/agreements"
AGREEMENT_TYPES = "/finance/agreements/types"
BILLING_CYCLES = "/finance/billingCycles"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class NewAddition:
    """An addition to be made. `cancelled` is written as given: which day is the last one billed is the caller's (M24).

    Attributes:
        description: shown on the invoice, "" for the product's own text.
        taxable: None leaves it to the product.
    """

    product_id: int
    quantity: Decimal
    unit_price: Decimal
    unit_cost: Decimal
    effective: dt.date
    cancelled: dt.date | None = None
    description: str = ""
    bill_customer: str = "Billable"
    taxable: bool | None = None

    def body(self) -> dict[str, Any]:
        """The addition as the endpoint takes it; `prorateCurrentPeriodFlag` is not documented and never written."""
        values: dict[str, Any] = {
            "product": {"id": self.product_id},
            "quantity": self.quantity,
            "lessIncluded": _ZERO,
            "unitPrice": self.unit_price,
            "unitCost": self.unit_cost,
            "billCustomer": self.bill_customer,
            "effectiveDate": midnight(self.effective),
            "cancelledDate": midnight(self.cancelled) if self.cancelled else None,
            "invoiceDescription": self.description or None,
            "taxableFlag": self.taxable,
        }
        return {name: value for name, value in values.items() if value is not None}

    def is_said_by(self, row: Addition) -> bool:
        """Whether a row says the same: product, quantity (none of it included), price, cost, dates, and the text if given."""
        return (
            row.product_id == self.product_id
            and not row.less_included
            and (row.quantity, row.unit_price, row.unit_cost) == (self.quantity, self.unit_price, self.unit_cost)
            and (row.effective, row.cancelled) == (self.effective, self.cancelled)
            and (not self.description or row.invoice_description == self.description)
        )


@dataclass(frozen=True, slots=True)
class AdditionChange:
    """What is to be replaced on an addition; None leaves a field as it is. `cancelled` is written as given (M24).

    `reopened` takes the cancelled date away.
    """

    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    unit_cost: Decimal | None = None
    effective: dt.date | None = None
    cancelled: dt.date | None = None
    description: str | None = None
    reopened: bool = False
    less_included: Decimal | None = None

    def values(self) -> dict[str, Any]:
        """Field to new value, as a PATCH replaces them."""
        values: dict[str, Any] = {
            "quantity": self.quantity,
            "lessIncluded": self.less_included,
            "unitPrice": self.unit_price,
            "unitCost": self.unit_cost,
            "effectiveDate": midnight(self.effective) if self.effective else None,
            "cancelledDate": midnight(self.cancelled) if self.cancelled else None,
            "invoiceDescription": self.description,
        }
        given = {name: value for name, value in values.items() if value is not None}
        return given | {"cancelledDate": None} if self.reopened else given

    def is_said_by(self, row: Addition) -> bool:
        """Whether a row says all of it already: then there is nothing to write."""
        pairs = (
            (self.quantity, row.quantity),
            (self.less_included, row.less_included),
            (self.unit_price, row.unit_price),
            (self.unit_cost, row.unit_cost),
            (self.effective, row.effective),
            (self.cancelled, row.cancelled),
            (self.description, row.invoice_description),
        )
        if self.reopened and row.cancelled is not None:
            return False
        return all(wanted is None or wanted == found for wanted, found in pairs)


class Agreements:
    """The agreements of one tenant. Errors as of every client method."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def all(self, conditions: Condition | None = None) -> list[Agreement]:
        """All agreements that a condition lets through, page by page. What the role hides is missing without a word."""
        return await self._session.rows(AGREEMENTS, Agreement, conditions=conditions)

    async def of_companies(self, company_ids: Sequence[int]) -> list[Agreement]:
        """The agreements of these companies, whatever their status."""
        rows: list[Agreement] = []
        for chunk in in_chunks(company_ids):
            rows += await self.all(Field("company/id").in_(chunk))
        return rows

    async def by_ids(self, ids: Sequence[int]) -> list[Agreement]:
        """The agreements with these ids, in few calls; one that is gone or hidden is left out."""
        rows: list[Agreement] = []
        for chunk in in_chunks(ids):
            rows += await self.all(Field("id").in_(chunk))
        return rows

    async def named(self, company_id: int, name: str) -> list[Agreement]:
        """The agreements of a company with exactly this name."""
        condition = Field("company/id").eq(company_id)
        if is_writable(name):
            condition &= Field("name").eq(name)
        return [row for row in await self.all(condition) if row.name == name]

    async def count(self, conditions: Condition | None = None) -> int:
        """How many agreements a condition lets through."""
        return await count_rows(self._session, AGREEMENTS, conditions)

    async def types(self) -> list[AgreementType]:
        """All types of agreements that the role shows."""
        return await self._session.rows(AGREEMENT_TYPES, AgreementType)

    async def billing_cycles(self) -> list[BillingCycle]:
        """All billing cycles."""
        return await self._session.rows(BILLING_CYCLES, BillingCycle)

    async def create(self, values: Mapping[str, Any]) -> Agreement:
        """Make an agreement from fields as ConnectWise names them; look with `named` first."""
        return await self._made(AGREEMENTS, dict(values), Agreement)

    async def change(self, agreement_id: int, values: Mapping[str, Any]) -> Agreement:
        """Replace fields of an agreement and return it as it is now."""
        return await self._changed(f"{AGREEMENTS}/{agreement_id}", values, Agreement)

    async def copy(self, agreement_id: int, *, company_id: int, name: str, start: dt.date) -> Agreement:
        """The agreement of this name at the company: found, else a copy of one, named and dated (M22).

        Read its additions afterwards: the vendor does not say whether a copy brings them along.
        """
        found = await self.named(company_id, name)
        if not found:
            found = [await self._made(f"{AGREEMENTS}/{agreement_id}/copy", {"name": name}, Agreement)]
        copied = min(found, key=lambda row: row.id)
        if (copied.name, copied.starts) == (name, start):
            return copied
        return await self.change(
            copied.id, {"name": name, "startDate": midnight(start), "billStartDate": midnight(start)}
        )

    # Additions

    async def additions(self, agreement_id: int, conditions: Condition | None = None) -> list[Addition]:
        """The additions of an agreement, page by page; ConnectWise has no list over several agreements."""
        return await self._session.rows(_additions(agreement_id), Addition, conditions=conditions)

    async def addition(self, agreement_id: int, addition_id: int) -> Addition:
        """One addition, read now; RecordMissing if it is gone."""
        return await self._session.get(f"{_additions(agreement_id)}/{addition_id}", Addition)

    async def additions_count(self, agreement_id: int, conditions: Condition | None = None) -> int:
        """How many additions an agreement has."""
        return await count_rows(self._session, _additions(agreement_id), conditions)

    async def find_additions(
        self, agreement_id: int, new: NewAddition, *, besides: Collection[int] = ()
    ) -> list[Addition]:
        """The rows that say what a new one would say, by id, without those that the caller knows to be others."""
        rows = await self.additions(agreement_id, Field("product/id").eq(new.product_id))
        return [row for row in rows if row.id not in besides and new.is_said_by(row)]

    async def create_addition(self, agreement_id: int, new: NewAddition) -> Addition:
        """Make an addition and return it as ConnectWise holds it. Refused: nothing was made."""
        return await self._made(_additions(agreement_id), new.body(), Addition)

    async def ensure_addition(
        self, agreement_id: int, new: NewAddition, *, besides: Collection[int] = ()
    ) -> tuple[Addition, bool]:
        """The row that says this, and whether it was made now."""
        found = await self.find_additions(agreement_id, new, besides=besides)
        return (found[0], False) if found else (await self.create_addition(agreement_id, new), True)

    async def change_addition(self, agreement_id: int, addition_id: int, change: AdditionChange) -> Addition:
        """Replace fields of an addition and return it as ConnectWise holds it. Refused: nothing was changed."""
        return await self._changed(f"{_additions(agreement_id)}/{addition_id}", change.values(), Addition)

    async def ensure_change(self, agreement_id: int, addition_id: int, change: AdditionChange) -> tuple[Addition, bool]:
        """The row with these values, and whether it was written now; it is read first."""
        row = await self.addition(agreement_id, addition_id)
        if change.is_said_by(row):
            return row, False
        return await self.change_addition(agreement_id, addition_id, change), True

    async def adjustments(self, agreement_id: int) -> list[Adjustment]:
        """The adjustments of an agreement."""
        return await self._session.rows(f"{AGREEMENTS}/{agreement_id}/adjustments", Adjustment)

    async def _made(self, path: str, body: dict[str, Any], kind: type[T]) -> T:
        return _read(await self._session.write("POST", path, wire_bytes(body)), "POST", path, kind)

    async def _changed(self, path: str, values: Mapping[str, Any], kind: type[T]) -> T:
        return _read(await self._session.write("PATCH", path, patch.replace(values)), "PATCH", path, kind)


class _Count(msgspec.Struct, frozen=True):
    count: int


async def count_rows(session: Session, path: str, conditions: Condition | None = None) -> int:
    """How many rows of a list a condition lets through."""
    query = {"conditions": str(conditions)} if conditions is not None else None
    return (await session.get(f"{path}/count", _Count, query)).count


def midnight(day: dt.date) -> str:
    """A calendar date as ConnectWise writes it."""
    return f"{day.isoformat()}T00:00:00Z"


def _additions(agreement_id: int) -> str:
    return f"{AGREEMENTS}/{agreement_id}/additions"


def _read(answer: Answer, method: str, path: str, kind: type[T]) -> T:
    try:
        return decode(answer.body, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(answer, method=method, path=path, is_write=True) from error
