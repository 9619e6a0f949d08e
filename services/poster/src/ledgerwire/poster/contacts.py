"""Resolve the ledger contact of a document: linked by id, linked by decision, or created once under the link's unique key."""

from __future__ import annotations

from uuid import uuid4

from ledgerwire.accounting.port import ContactSpec, Ledger
from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Ambiguous, ConfigurationError, LedgerwireError, Stopped
from ledgerwire.common.ids import SubmissionId, idempotency_key
from ledgerwire.common.ledger.document import Contact, ContactDecision
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.contact import LinkState, external_number, same_contact_keys
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.send import settled_after

NO_CONTACT = ""
"""What stands for the contact of a journal, which has none."""


async def resolve_contact(group: RecordGroup, ledger: Ledger, decision: ContactDecision | None) -> str:
    """The ledger contact id for a company (or member) in its role and currency; "" for a journal.

    Raises:
        Stopped: the link is held, or the ledger refuses the contact (CONTACT_NAME_TAKEN).
        Ambiguous, Transient, Waiting: from the ledger; the link stays `linking` and is looked up by its external number next time.
    """
    if decision is None:
        return NO_CONTACT
    if decision not in group.contacts:
        group.contacts[decision] = await _resolved(group, ledger, decision)
    return group.contacts[decision]


async def _resolved(group: RecordGroup, ledger: Ledger, decision: ContactDecision) -> str:
    rules = (await ledger.reference_data()).rules
    async with group.unit() as unit:
        known = await _known(unit, group, decision, separate_suppliers=rules.separate_suppliers)
    if known is not None:
        return known
    return await _create(group, ledger, decision, separate_suppliers=rules.separate_suppliers)


async def _known(unit: Unit, group: RecordGroup, decision: ContactDecision, *, separate_suppliers: bool) -> str | None:
    """The contact that is linked already, or that the decision links; None where one is to be made."""
    link = await repository.contact_link(unit, group.connection_id, decision.company_key)
    if link is not None and link[0] is LinkState.LINKED and link[1] is not None and not _relinked(decision, link[1]):
        return link[1]
    if link is not None and link[0] is LinkState.HELD:
        raise Stopped([Finding("CONTACT_HELD", {"company": decision.company_name})])
    chosen = decision.candidate_id
    for key in same_contact_keys(decision.company_key, separate_suppliers=separate_suppliers):
        same = await repository.contact_link(unit, group.connection_id, key)
        if chosen is None and same is not None and same[0] is LinkState.LINKED:
            chosen = same[1]
    if chosen is not None:
        await _link(unit, group, decision, chosen)
        return chosen
    if decision.decision != "create":
        raise ConfigurationError(f"contact decision {decision.decision!r} names no contact")
    return None


def _relinked(decision: ContactDecision, linked: str) -> bool:
    """A person linked the company to another contact since (the mapper then decides `link` with that id)."""
    return decision.decision == "link" and decision.candidate_id is not None and decision.candidate_id != linked


async def _link(unit: Unit, group: RecordGroup, decision: ContactDecision, contact_id: str) -> None:
    await repository.put_contact_link(
        unit, group.connection_id, decision.company_key, decision.company_name, LinkState.LINKED, contact_id
    )


async def _create(group: RecordGroup, ledger: Ledger, decision: ContactDecision, *, separate_suppliers: bool) -> str:
    spec = ContactSpec(
        name=decision.company_name,
        external_number=external_number(decision.company_key, separate_suppliers=separate_suppliers),
        email=decision.email,
        account_number=decision.account_number,
        role=decision.role,
        currency=decision.currency,
    )
    await group.ensure_answered(_path(spec))
    existing = await ledger.find_contact(spec.external_number, decision.role)
    if existing is None:
        existing = await _send(group, ledger, decision, spec)
    async with group.unit() as unit:
        await repository.put_contact_link(
            unit,
            group.connection_id,
            decision.company_key,
            decision.company_name,
            LinkState.LINKED,
            existing.contact_id,
            existing.name,
            created_by_us=True,
        )
    reach(points.CONTACT_LINKED)
    return existing.contact_id


def _path(spec: ContactSpec) -> str:
    return f"/Contacts/{spec.external_number}"


async def _send(group: RecordGroup, ledger: Ledger, decision: ContactDecision, spec: ContactSpec) -> Contact:
    submission = SubmissionId(uuid4())
    key = idempotency_key(str(group.connection_id), submission)
    async with group.unit() as unit:
        await repository.put_contact_link(
            unit, group.connection_id, decision.company_key, decision.company_name, LinkState.LINKING
        )
        await repository.open_submission(
            unit,
            submission_id=submission,
            connection_id=group.connection_id,
            kind="contact",
            method="PUT",
            path=_path(spec),
            key=key,
            body=canonical_bytes(spec),
            fence=group.fence,
            look_after=settled_after(ledger),
            postings=(),
        )
    reach(points.BEFORE_CONTACT)
    await group.ensure_lease(ledger.limits.request_timeout)
    try:
        contact = await ledger.create_contact(spec, key)
    except Ambiguous:
        async with group.unit() as unit:
            await repository.mark_unknown(unit, submission, settled_after(ledger))
        raise
    except LedgerwireError as error:
        async with group.unit() as unit:
            await repository.settle_submission(unit, submission, error.code.lower())
        raise
    reach(points.CONTACT_CREATED)
    async with group.unit() as unit:
        await repository.settle_submission(unit, submission, "created")
    return contact
