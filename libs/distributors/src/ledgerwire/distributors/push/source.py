"""The push source: what was posted, read back through the port; posting the same thing again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.seats import ChargeLine, SourceCustomer, SourceProduct, SubscriptionSnapshot
from ledgerwire.distributors.port import Part, Period
from ledgerwire.distributors.push import repository
from ledgerwire.distributors.push.checks import first_problem
from ledgerwire.distributors.push.form import NotInForm, formed
from ledgerwire.distributors.push.repository import PushedRow


@dataclass(frozen=True, slots=True)
class Push:
    """One post: any of the four kinds, in the shapes of `ledgerwire.common.seats`."""

    customers: tuple[SourceCustomer, ...] = ()
    products: tuple[SourceProduct, ...] = ()
    subscriptions: tuple[SubscriptionSnapshot, ...] = ()
    charges: tuple[ChargeLine, ...] = ()

    @classmethod
    def decoded(cls, body: bytes) -> Push:
        """A post from its JSON: amounts as strings or exact numbers, dates as ISO 8601, no field that is not in the shapes.

        Raises:
            ConfigurationError: PUSH_REFUSED with the path and what is wrong there; nothing of the post is kept.
        """
        try:
            push = formed(body, cls)
        except NotInForm as error:
            raise ConfigurationError(f"the post is not in the form of seats: {error}", code="PUSH_REFUSED") from None
        wrong = first_problem(
            {
                "customers": push.customers,
                "products": push.products,
                "subscriptions": push.subscriptions,
                "charges": push.charges,
            }
        )
        if wrong:
            raise ConfigurationError(f"the post is not in the form of seats: {wrong}", code="PUSH_REFUSED")
        return push


@dataclass(frozen=True, slots=True)
class Received:
    """What a post brought: rows in it, and how many of them are new or changed."""

    rows: int
    changed: int


async def receive(unit: Unit, source: str, push: Push) -> Received:
    """Keep a post, all of it or nothing."""
    rows = await asyncio.to_thread(_rows, push)
    return Received(len(rows), await repository.keep(unit, source, rows) if rows else 0)


def _rows(push: Push) -> list[PushedRow]:
    rows = [PushedRow("customer", row.id, row.id, canonical_bytes(row)) for row in push.customers]
    rows += [PushedRow("product", row.sku, "", canonical_bytes(row)) for row in push.products]
    rows += [PushedRow("subscription", row.id, row.customer_id, canonical_bytes(row)) for row in push.subscriptions]
    rows += [
        PushedRow("charge", row.key, row.customer_id, canonical_bytes(row), row.charge_start, row.charge_end)
        for row in push.charges
    ]
    return rows


class PushSource:
    """A `SeatSource` over what one account was pushed."""

    def __init__(self, database: Database, account_id: UUID, name: str) -> None:
        self._database = database
        self._account_id = account_id
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    async def customers(self) -> Part[SourceCustomer]:
        given = [from_canonical(body, SourceCustomer) for body in await self._bodies("customer")]
        async with self._database.account(self._account_id) as unit:
            unnamed = await repository.unnamed(unit, self._name)
        return Part((*given, *(SourceCustomer(each, each) for each in unnamed)))

    async def products(self) -> Part[SourceProduct]:
        return Part(tuple(from_canonical(body, SourceProduct) for body in await self._bodies("product")))

    async def subscriptions(self, customer: SourceCustomer) -> Part[SubscriptionSnapshot]:
        bodies = await self._bodies("subscription", customer_id=customer.id)
        return Part(tuple(from_canonical(body, SubscriptionSnapshot) for body in bodies))

    async def charges(self, period: Period) -> Part[ChargeLine]:
        async with self._database.account(self._account_id) as unit:
            bodies = await repository.kept(unit, self._name, "charge", days=(period.first, period.last))
        return Part(tuple(from_canonical(body, ChargeLine) for body in bodies))

    async def _bodies(self, kind: str, *, customer_id: str | None = None) -> Sequence[bytes]:
        async with self._database.account(self._account_id) as unit:
            return await repository.kept(unit, self._name, kind, customer_id=customer_id)
