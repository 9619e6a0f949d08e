"""Which subscription a charged line is for, where a file calls subscriptions by other ids than their list does.

Seats that a line and the list show under two names would be billed twice. A line is joined where only one subscription can be
meant; it stands for itself only where the list shows none of its SKU; else nobody knows, and that is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionSnapshot
from ledgerwire.distributors.standing import belongs_to

Item = tuple[str, str]
"""A customer and a SKU."""


@dataclass(slots=True)
class Joined:
    """Lines with the subscriptions that they are for.

    Attributes:
        lines: every line, in the order given.
        alone: those of SKUs that the list does not show for their customer.
        unsure: those that may be of a subscription in the list, or not: nothing may be billed for them.
    """

    lines: list[ChargeLine] = field(default_factory=list)
    alone: list[ChargeLine] = field(default_factory=list)
    unsure: list[ChargeLine] = field(default_factory=list)


def join(listed: Sequence[SubscriptionSnapshot], lines: Sequence[ChargeLine], partial: Collection[str] = ()) -> Joined:
    """Bring each line to its subscription: by id, by order and SKU, else to the only one of its SKU that nothing else names.

    Args:
        listed: subscriptions that the list shows.
        lines: in any order.
        partial: customers of whom something was not shown: "the only one" says nothing there.
    """
    known = {held.id for held in listed}
    found, names = Joined(), _Names(listed, lines, partial)
    for line in lines:
        if line.subscription_id in known:
            found.lines.append(line)
            continue
        own = names.of(line)
        joined = replace(line, subscription_id=own or belongs_to(line))
        found.lines.append(joined)
        if joined.subscription_id in known:
            continue
        doubted = names.may_be_listed(line)
        (found.unsure if doubted else found.alone).append(joined)
    return found


class _Names:
    """What the lines of a reading call the subscriptions in the list."""

    def __init__(
        self, listed: Sequence[SubscriptionSnapshot], lines: Sequence[ChargeLine], partial: Collection[str]
    ) -> None:
        self._by_order = {(each.customer_id, each.order_id, each.sku): each.id for each in listed if each.order_id}
        self._listed: dict[Item, list[str]] = defaultdict(list)
        for held in listed:
            if held.customer_id not in partial:
                self._listed[held.customer_id, held.sku].append(held.id)
        known = {held.id for held in listed}
        self._other = self._other_names(lines, known)
        self._taken = {line.subscription_id for line in lines} | {own for own in self._other.values() if own}
        self._strange: dict[Item, set[str]] = defaultdict(set)
        for line in lines:
            name = (line.customer_id, line.sku, line.subscription_id)
            if line.subscription_id and name not in self._other and line.subscription_id not in known:
                self._strange[line.customer_id, line.sku].add(line.subscription_id)

    def _other_names(self, lines: Iterable[ChargeLine], known: set[str]) -> dict[tuple[str, str, str], str]:
        """Names that an order tells: once one line of a name is known, all of them are."""
        told: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for line in lines:
            own = self._by_order.get((line.customer_id, line.order_id, line.sku))
            if own and line.subscription_id and line.subscription_id not in known:
                told[line.customer_id, line.sku, line.subscription_id].add(own)
        return {name: ids.pop() if len(ids) == 1 else "" for name, ids in told.items()}

    def of(self, line: ChargeLine) -> str:
        """The subscription in the list that a line can only be for, "" where there is no such."""
        own = self._by_order.get((line.customer_id, line.order_id, line.sku))
        own = own or self._other.get((line.customer_id, line.sku, line.subscription_id))
        if own or line.frequency is Frequency.ONE_TIME:
            return own or ""
        candidates = self._listed.get((line.customer_id, line.sku), [])
        if len(candidates) != 1:
            return ""
        [only] = candidates
        rivals = self._strange.get((line.customer_id, line.sku), set())
        is_free = only not in self._taken and rivals == {line.subscription_id}
        return only if is_free or not line.subscription_id else ""

    def may_be_listed(self, line: ChargeLine) -> bool:
        """Whether a line may be for one of several in the list, or for one that another name stands for already."""
        bills = line.frequency is not Frequency.ONE_TIME and line.kind is not ChargeKind.CREDIT
        return bills and bool(self._listed.get((line.customer_id, line.sku)))
