"""From what was read to one record's look: the mapping's answer, or why it cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper import looking, reading
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings
from ledgerwire.mapper.domain.model import Mapped
from ledgerwire.mapper.domain.purchase_model import ExpenseInput, GroupTerms
from ledgerwire.mapper.domain.record import RecordEvent
from ledgerwire.mapper.domain.records import AnyInput, dated_of, map_any
from ledgerwire.mapper.ledger_reading import Ledgers
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.ports import Account, Route
from ledgerwire.mapper.products import ProductSubject
from ledgerwire.mapper.records import KnownBill, StoredRecord, StoredRevision, fingerprint_of
from ledgerwire.mapper.subjects import Subject


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record with its mapping input, before anything is decided about it."""

    record: StoredRecord
    source: AnyInput
    ledger: LedgerReads
    route: Route


@dataclass(frozen=True, slots=True)
class SharedTerms:
    """What the expenses of one document share: number and date, what people chose for any of them, the rate (M15)."""

    group: GroupTerms
    choices: tuple[str, ...] = ()
    kept_rate: Decimal | None = None


class Decider:
    """Decides the records of one group, one at a time."""

    def __init__(
        self,
        account: Account,
        ledgers: Ledgers,
        latest: dict[UUID, StoredRevision],
        bills: list[KnownBill],
        posted: frozenset[UUID] = frozenset(),
    ) -> None:
        """`posted`: records with a document of their own in the ledger, or a share in one that they left; or maybe."""
        self._account = account
        self._ledgers = ledgers
        self._latest = latest
        self._bills = bills
        self._posted = posted

    def decide(self, record: StoredRecord, subject: Subject | None, terms: SharedTerms | None = None) -> Look:
        """The look at a record; raises what reading its ledger company raised. `terms`: it shares a document (M17)."""
        prepared = self.prepare(record, subject, terms)
        return prepared if isinstance(prepared, Look) else self.conclude(prepared)

    def prepare(
        self, record: StoredRecord, subject: Subject | None, terms: SharedTerms | None = None
    ) -> Prepared | Look:
        """The record's mapping input, or the look at one that has none; raises what reading its ledger company raised."""
        if subject is None:
            name = self._ledgers.name_of(record.ledger_connection_id)
            latest = self._latest.get(record.record_id)
            absent = looking.vanished if record.record_type == RecordType.INVOICE else looking.unlisted
            return absent(record, name, latest)
        record = subject.described(record)
        route = self._ledgers.route(subject)
        if route is None:
            return looking.unrouted(record, subject.location_name)
        settings = self._ledgers.settings(route, subject)
        if settings is None:
            return looking.without_mapping(record, route.ledger_name)
        ledger = self._ledgers.of(route, subject)
        try:
            record, source = self._composed(record, subject, ledger, settings, terms)
        except reading.UnreadableError as error:
            finding = subject.unreadable(route.ledger_name, error.field)
            return looking.found(record, RecordEvent.STOPPED, finding)
        return Prepared(record, source, ledger, route)

    def conclude(self, prepared: Prepared) -> Look:
        """What the mapping makes of it."""
        record, source, ledger, route = prepared.record, prepared.source, prepared.ledger, prepared.route
        posted = record.record_id in self._posted
        skipped = looking.before_go_live(record, source, self._account, posted=posted)
        if skipped is not None:
            return skipped
        result = map_any(source)
        if isinstance(result, Mapped) and source.settings.rounding.monthly_budget is not None:
            ledger.roundings.note(record.record_id, dated_of(source), result.documents)
        return looking.decided(
            record,
            source,
            result,
            account=self._account,
            ledger_connection_id=route.ledger_connection_id,
            latest=self._latest.get(record.record_id),
            posted=posted,
        )

    def _composed(
        self,
        record: StoredRecord,
        subject: Subject,
        ledger: LedgerReads,
        settings: Settings,
        terms: SharedTerms | None = None,
    ) -> tuple[StoredRecord, AnyInput]:
        """The mapping input; what people chose counts only while the record is what they saw."""
        earlier = self._earlier(record, subject, ledger)
        source = subject.compose(ledger, settings, earlier)
        latest = self._latest.get(record.record_id)
        if record.choices and latest is not None and fingerprint_of(source) != latest.decided.fingerprint:
            record, earlier = replace(record, choices=looking.about_drift(record)), replace(earlier, choices=())
            source = subject.compose(ledger, settings, earlier)
        if terms is None:
            return record, source
        shared = replace(earlier, choices=terms.choices, kept_rate=terms.kept_rate or earlier.kept_rate)
        source = subject.compose(ledger, settings, shared)
        return record, replace(source, group=terms.group) if isinstance(source, ExpenseInput) else source

    def _earlier(self, record: StoredRecord, subject: Subject, ledger: LedgerReads) -> Earlier:
        """Choices, the rate a foreign document was decided with before, the month's roundings without this record's."""
        latest = self._latest.get(record.record_id)
        documents = latest.decided.documents if latest else ()
        kept_rate = next((document.currency_rate for document in documents if document.currency_rate is not None), None)
        dated = record.record_date
        return Earlier(
            choices=record.choices,
            rounding_used=ledger.roundings.without(record.record_id, dated) if dated else Decimal(0),
            kept_rate=kept_rate,
            later_receipt=isinstance(subject, ProductSubject) and subject.is_later(record, self._bills),
        )
