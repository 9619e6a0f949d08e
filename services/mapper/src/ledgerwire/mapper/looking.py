"""One look at one record: what its row becomes, whether a revision and a message follow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from ledgerwire.common.catalogue import Finding, is_known
from ledgerwire.common.catalogue.drift import DRIFTED
from ledgerwire.common.catalogue.revisions import CHOICES
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper.domain.contacts import CREATE, LINK
from ledgerwire.mapper.domain.eligibility import FOLLOWS
from ledgerwire.mapper.domain.locks import FIRST_OPEN_DAY, HOLD
from ledgerwire.mapper.domain.model import Ignored, Mapped, MappingInput, NoEffect, Result
from ledgerwire.mapper.domain.record import RecordEvent, RecordState, advance
from ledgerwire.mapper.domain.records import AnyInput, dated_of, number_of, party_of
from ledgerwire.mapper.domain.revision import says_the_same
from ledgerwire.mapper.domain.rounding import ACCEPT_ROUNDING
from ledgerwire.mapper.domain.settings import LockPolicy
from ledgerwire.mapper.ports import Account
from ledgerwire.mapper.records import NewRevision, Outcome, StoredRecord, StoredRevision, revision_of
from ledgerwire.mapper.subjects import Key

DECIDED = frozenset({RecordState.MAPPED, RecordState.NO_EFFECT})
_MAPPING_CHOICES = frozenset({FIRST_OPEN_DAY, HOLD, CREATE, ACCEPT_ROUNDING})
PERIOD_LOCKED = "PERIOD_LOCKED"
REBATCHED, DELETED = "RECORD_REBATCHED", "RECORD_DELETED_DOCUMENT_REMAINS"
_ANSWERS = frozenset(choice.value for choice in CHOICES[DELETED])
_ANSWERED = frozenset({"DOCUMENT_VOIDED", "DOCUMENT_ACCEPTED"})
_GONE = "deleted"
_REMAP = "remap"
_WITHOUT_DOCUMENT = frozenset({"no_effect", "excluded"})
RELINK = "relink"
"""Who rings for a record that is done on both sides and that our rows do not know to be (R22)."""
_ASKS_AGAIN = frozenset({"stopped", _REMAP, "refresh"})
_IGNORED = {
    "open": RecordEvent.FOUND_OPEN,
    "unlisted": RecordEvent.FOUND_OPEN,
    "batched": RecordEvent.BATCHED_ELSEWHERE,
    "excluded": RecordEvent.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Look:
    """What one look changes: the row to write, the revision to store with it, whether poster is told."""

    record: StoredRecord
    step: str
    revision: NewRevision | None = None
    announce: bool = False


def followed(records: Iterable[StoredRecord], latest: Mapping[UUID, StoredRevision]) -> frozenset[Key]:
    """The invoices that are mapped from the batch they are in, if they are in one: a person batched ours again (M8).

    Poster reported it, or has the record and it is not simply decided (open, retried, stopped), or its latest revision
    follows such a batch and is not settled. Nothing else that is batched is looked into (M1): of a record that was skipped
    because poster proved that it had posted nothing, a batch is none of ours.
    """
    return frozenset(each.key for each in records if _follows(each, latest.get(each.record_id)))


def _follows(record: StoredRecord, latest: StoredRevision | None) -> bool:
    asked = record.settled_outcome == _REMAP
    if record.record_type != RecordType.INVOICE or (asked and record.state is RecordState.SKIPPED):
        return False
    reported = record.settled_outcome == "stopped" and any(item.code == REBATCHED for item in record.settled_findings)
    in_doubt = asked or record.state not in DECIDED
    following = latest is not None and latest.follows_batch and not record.batched
    return reported or (in_doubt and handed_over(record)) or following


def vanished(record: StoredRecord, ledger: str, latest: StoredRevision | None = None) -> Look:
    """The invoice is not in the PSA any more. What was handed to the ledger may stand there: a person has to decide (M8).

    The record stays (or is again) decided, so that poster carries out what is chosen; it is rung for that, and at once of a
    batched record, whose batch it has to give up. What a person has answered already is only said again by poster.
    """
    params = _about(record, ledger)
    if not handed_over(record):
        return found(record, RecordEvent.VANISHED, Finding("INVOICE_VANISHED", params))
    event = _was(latest) or RecordEvent.MAPPED
    kept = replace(record, state=advance(record.state, event), findings=())
    if record.state is RecordState.RECEIVED and set(record.choices) & _ANSWERS:
        return _rung(_unsettled(kept))
    if record.batched and any(item.code in _ANSWERED for item in record.settled_findings):
        return _rung(kept)
    stopped = _stopped_by(kept, _remains(record, params))
    return _rung(stopped) if record.batched else Look(stopped, _GONE)


def _rung(record: StoredRecord, step: str = _GONE) -> Look:
    """Poster is told once more of the latest revision of a record; of one that is gone, unless a step is named."""
    return Look(replace(record, announcements=record.announcements + 1), step, announce=True)


def _stopped_by(record: StoredRecord, finding: Finding) -> StoredRecord:
    """The record as if poster had stopped its latest revision; what poster said of this before stays."""
    if record.settled_outcome == "stopped" and any(item.code == finding.code for item in record.settled_findings):
        return record
    return replace(
        record,
        settled_outcome="stopped",
        settled_revision=record.revision,
        settled_at=None,
        settled_findings=(finding,),
    )


def _remains(record: StoredRecord, params: dict[str, str]) -> Finding:
    what = "credit note" if record.total is not None and record.total < 0 else "invoice"
    amount = (
        f"{record.total:,.2f} {record.currency or ''}".rstrip() if record.total is not None else "an unknown amount"
    )
    return Finding(DELETED, {**params, "what": what, "amount": amount})


def unlisted(record: StoredRecord, ledger: str, latest: StoredRevision | None) -> Look:
    """A product or expense that is not on the unposted list: batched, reopened or deleted, which the list does not tell."""
    result = Ignored("unlisted", Finding("NOT_ON_UNPOSTED_LIST", _about(record, ledger)))
    return ignored(record, result, latest=latest)


def handed_over(record: StoredRecord) -> bool:
    """Whether poster was told of documents of this record, or reported on some."""
    told = record.announcements > 0 or record.settled_outcome is not None
    return told and not (record.state is RecordState.NO_EFFECT and record.revision == 1)


def _about(record: StoredRecord, ledger: str) -> dict[str, str]:
    number = record.number or f"{record.record_type} {record.source_id}"
    return {"number": number, "customer": record.customer or "", "ledger": ledger}


def waiting(record: StoredRecord, error: Waiting | Transient, service: str) -> Look:
    """A connection or a service keeps the record: told in the catalogue's words, with its money in the summary."""
    params = {**_about(record, service), "host": service, "site": service}
    params |= {name: value for name, value in error.detail.items() if isinstance(value, str)}
    code = error.code if is_known(error.code) else "TRANSIENT"
    return found(record, RecordEvent.WAITING, Finding(code, params))


def died(record: StoredRecord, cause: str) -> Look:
    """A fault of ours: the work on the record was given up."""
    return found(record, RecordEvent.DIED, Finding("INTERNAL_FAULT", {**_about(record, "the ledger"), "cause": cause}))


def waits_for_period(record: StoredRecord) -> bool:
    """Whether nothing but a closed period holds the record, under the policy by which it goes by itself then (D14)."""
    stops = [item for item in record.findings if item.stops]
    held = all(item.code == PERIOD_LOCKED and item.params.get("policy") == LockPolicy.HOLD for item in stops)
    return record.state is RecordState.STOPPED and bool(stops) and held


def found(record: StoredRecord, event: RecordEvent, *findings: Finding) -> Look:
    """A look that decides nothing about documents."""
    return Look(replace(record, state=advance(record.state, event), findings=findings), step=event.value)


def ignored(
    record: StoredRecord, result: Ignored, *, latest: StoredRevision | None = None, posted: bool = False
) -> Look:
    """Nothing to do now. A decided record that has a batch, or has left the list, is poster's: its row keeps what was decided.

    Unless poster asked for this look: then it has proved that the batch is not its own (M1). A record that was batched is not
    left out any more, and one with a document in the ledger (`posted`) not silently: a person is told.
    """
    its_own = record.state in DECIDED and record.settled_outcome != _REMAP
    left_the_list = result.reason in {"batched", "unlisted"}
    if its_own and (left_the_list or (result.reason == "excluded" and record.batched)):
        return Look(record, step=result.reason)
    if left_the_list and _drifted(record):
        return _posters_again(record, RecordEvent.MAPPED)
    event = _was(latest) if result.reason == "unlisted" and _is_told_by_poster(record) else None
    if event is not None:
        return _posters_again(record if record.batched else _unsettled(record), event)
    if posted and result.reason in {"batched", "excluded"}:
        return document_remains(record, result.finding)
    return found(record, _IGNORED[result.reason], result.finding)


def document_remains(record: StoredRecord, why: Finding) -> Look:
    """The record is to be left out, but its document is in the ledger, or may be: a person has to take it out there."""
    told = {**why.params, "why": why.message}
    return found(record, RecordEvent.STOPPED, Finding("LEFT_OUT_DOCUMENT_REMAINS", told))


def _is_told_by_poster(record: StoredRecord) -> bool:
    """Whether poster finds out what an unlisted record is: a product or expense that it has, and has not given back.

    Only it knows the names of our batches, by which alone one of these is known to be batched, and only it can carry out
    what a person chose.
    """
    return record.record_type != RecordType.INVOICE and handed_over(record) and record.settled_outcome != _REMAP


def _was(latest: StoredRevision | None) -> RecordEvent | None:
    """What the latest revision made of the record; None where it decided nothing that poster could carry out."""
    outcome = latest.decided.outcome if latest is not None else None
    without = RecordEvent.NO_EFFECT if outcome in _WITHOUT_DOCUMENT else None
    return RecordEvent.MAPPED if outcome == "mapped" else without


def _drifted(record: StoredRecord) -> bool:
    """Whether poster last told that the ledger has its document no more as it was posted (D11)."""
    return record.settled_outcome == "stopped" and any(item.code in DRIFTED for item in record.settled_findings)


def about_drift(record: StoredRecord) -> tuple[str, ...]:
    """The choices about a document that drifted: they hold whatever ConnectWise shows of a record that is batched."""
    return tuple(choice for choice in record.choices if not is_mapping_choice(choice)) if _drifted(record) else ()


def _posters_again(record: StoredRecord, event: RecordEvent) -> Look:
    """A person answered, or asked: the record is as decided and batched as before, and poster carries out what was chosen."""
    return _rung(replace(record, state=advance(record.state, event), findings=()), event.value)


def before_go_live(record: StoredRecord, source: AnyInput, account: Account, *, posted: bool = False) -> Look | None:
    """Skip what is dated before go-live; None for everything else."""
    start, dated = account.go_live_from, dated_of(source)
    if not account.live or start is None or dated >= start:
        return None
    params = {"date": dated.isoformat(), "go_live": start.isoformat()}
    return ignored(record, Ignored("excluded", _finding("BEFORE_GO_LIVE", source, **params)), posted=posted)


def decided(
    record: StoredRecord,
    source: AnyInput,
    result: Result,
    *,
    account: Account,
    ledger_connection_id: UUID,
    latest: StoredRevision | None,
    posted: bool = False,
) -> Look:
    """What a mapping result makes of the record: a revision unless it says the same as the latest, a message if it should go out.

    `posted`: a document of the record is in the ledger, or may be.
    """
    if isinstance(result, Ignored):
        return ignored(record, result, latest=latest, posted=posted)
    new = revision_of(source, result, ledger_connection_id)
    same = latest is not None and says_the_same(latest.decided, new.decided)
    given_back = record.state in DECIDED and record.settled_outcome == _REMAP
    if same and given_back and isinstance(source, MappingInput) and source.rebatched:
        if not posted:
            # Poster does not go on with what was read from this batch: it is like any other that is not ours.
            batch = source.invoice.batch or ""
            return ignored(record, Ignored("batched", _finding("ALREADY_BATCHED", source, batch=batch)))
        # The batch agrees with what is in the ledger: a revision that says so is what poster proves by it.
        same = latest is None or latest.follows_batch
    number = record.revision if same else record.revision + 1
    goes_out = isinstance(result, Mapped | NoEffect)
    findings = result.findings
    if same and latest is not None and not latest.follows_batch:  # nothing follows the batch: it may be our own
        findings = tuple(item for item in findings if item.code != FOLLOWS)
    if goes_out and not account.live:
        findings = (*findings, _finding("ACCOUNT_ON_HOLD", source))
    event = _event(result, live=account.live)
    announce = goes_out and account.live and (not same or _owed(record))
    after = replace(
        _unsettled(record) if announce else record,
        state=advance(record.state, event),
        findings=record.findings if same and record.batched else findings,
        ledger_connection_id=ledger_connection_id,
        currency=record.currency or source.reference.base_currency or None,
        revision=number,
        announcements=record.announcements + (1 if announce else 0),
        choices=record.choices if same else tuple(filter(is_mapping_choice, record.choices)),
        particulars=_numbered(record, result),
    )
    return Look(after, event.value, None if same else new, announce)


def _unsettled(record: StoredRecord) -> StoredRecord:
    """The record without what poster reported: it is told anew."""
    return replace(record, settled_outcome=None, settled_revision=None, settled_at=None, settled_findings=())


def _numbered(record: StoredRecord, result: Outcome) -> dict[str, str]:
    """The particulars with the number of the record's first document, which another receipt must not get too (M16)."""
    if not isinstance(result, Mapped):
        return record.particulars
    return {**record.particulars, "document_number": result.documents[0].number}


def is_mapping_choice(choice: str) -> bool:
    """Whether a choice is the mapping's: it holds as long as the record stays what it is; poster's for one revision only."""
    return choice in _MAPPING_CHOICES or choice.startswith(f"{LINK}:")


def _event(result: Outcome, *, live: bool) -> RecordEvent:
    if not isinstance(result, Mapped | NoEffect):
        return RecordEvent.STOPPED
    if not live:
        return RecordEvent.HELD
    return RecordEvent.MAPPED if isinstance(result, Mapped) else RecordEvent.NO_EFFECT


def _owed(record: StoredRecord) -> bool:
    """Whether poster is to be told again although nothing changed: it was never told, or it asked, or a person did.

    A batched record that is looked at here after it was open again has lost its batch: it stands on the unposted list (M8).
    """
    if record.batched:
        return record.state is RecordState.OPEN
    return record.state not in DECIDED or record.settled_outcome in _ASKS_AGAIN


def _finding(code: str, source: AnyInput, **params: str) -> Finding:
    base = {"number": number_of(source), "customer": party_of(source), "ledger": source.ledger}
    return Finding(code, {**base, **params})


def unrouted(record: StoredRecord, location: str) -> Look:
    """No ledger company takes the record's location."""
    base = {"number": record.number or "", "customer": record.customer or "", "ledger": "the ledger"}
    return found(record, RecordEvent.STOPPED, Finding("LOCATION_UNROUTED", {**base, "location": location}))


def without_mapping(record: StoredRecord, ledger: str) -> Look:
    """The account has no mapping version yet."""
    base = {"number": record.number or "", "customer": record.customer or "", "ledger": ledger}
    return found(record, RecordEvent.STOPPED, Finding("MAPPING_MISSING", base))
