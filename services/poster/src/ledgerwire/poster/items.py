"""Make the items that a document names and the ledger lacks: each under a call of its own, before the document (M10)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from ledgerwire.accounting.port import ItemSpec, Ledger
from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.ids import SubmissionId, idempotency_key
from ledgerwire.common.ledger.document import NewItem
from ledgerwire.poster import points, repository
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.send import settled_after


async def make_items(group: RecordGroup, ledger: Ledger, items: Sequence[NewItem]) -> None:
    """Create what this group has not created yet; the ledger takes one that is there already for made.

    Raises:
        Stopped: the ledger refuses an item. Ambiguous, Transient, Waiting: asked for again next time.
    """
    for item in items:
        spec = ItemSpec(code=item.code, name=item.name, account_code=item.revenue_account)
        if spec not in group.made_items:
            await _make(group, ledger, spec)
            group.made_items.add(spec)


async def _make(group: RecordGroup, ledger: Ledger, spec: ItemSpec) -> None:
    path = f"/Items/{spec.code}"
    await group.ensure_answered(path)
    submission = SubmissionId(uuid4())
    key = idempotency_key(str(group.connection_id), submission)
    async with group.unit() as unit:
        await repository.open_submission(
            unit,
            submission_id=submission,
            connection_id=group.connection_id,
            kind="item",
            method="PUT",
            path=path,
            key=key,
            body=canonical_bytes(spec),
            fence=group.fence,
            look_after=settled_after(ledger),
            postings=(),
        )
    reach(points.BEFORE_ITEM)
    await group.ensure_lease(ledger.limits.request_timeout)
    try:
        await ledger.create_item(spec, key)
    except LedgerwireError as error:
        async with group.unit() as unit:
            await repository.settle_submission(unit, submission, error.code.lower())
        raise
    reach(points.ITEM_CREATED)
    async with group.unit() as unit:
        await repository.settle_submission(unit, submission, "created")
