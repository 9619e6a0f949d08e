"""From what was read to one record's look: the mapping's answer, or why it cannot be asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper import looking, reading
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings
from ledgerwire.mapper.domain.model import Mapped
from ledgerwire.mapper.domain.record import RecordEvent
from ledgerwire.mapper.domain.records import AnyInput, facts_of, map_any
from ledgerwire.mapper.ledger_reading import Ledgers
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.ports import Account, Route
from ledgerwire.mapper.products import ProductSubject
from ledgerwire.mapper.records import KnownBill, StoredRecord, StoredRevision, fingerprint_of
from ledgerwire.mapper.subjects import Subject


class Decider:
    """Decides the records of one group, one at a time."""

    def __init__(
        self, account: Account, ledgers: Ledgers, latest: dict[UUID, StoredRevision], bills: list[KnownBill]
    ) -> None:
        self._account = account
        self._ledgers = ledgers
        self._latest = latest
        self._bills = bills

    def decide(self, record: StoredRecord, subject: Subject | None) -> Look:
        """The look at a record; raises what reading its ledger company raised."""
        if subject is None:
            name = self._ledgers.name_of(record.ledger_connection_id)
            vanished = record.record_type == RecordType.INVOICE
            if not vanished:
                return looking.unlisted(record, name)
            return looking.vanished(record, name, self._latest.get(record.record_id))
        record = subject.described(record)
        route = self._ledgers.route(subject)
        if route is None:
            return looking.unrouted(record, subject.location_name)
        settings = self._ledgers.settings(route, subject)
        if settings is None:
            return looking.without_mapping(record, route.ledger_name)
        ledger = self._ledgers.of(route, subject)
        try:
            record, source = self._composed(record, subject, ledger, settings)
        except reading.UnreadableError as error:
            finding = subject.unreadable(route.ledger_name, error.field)
            return looking.found(record, RecordEvent.STOPPED, finding)
        return self._mapped(record, source, ledger, route)

    def _mapped(self, record: StoredRecord, source: AnyInput, ledger: LedgerReads, route: Route) -> Look:
        skipped = looking.before_go_live(record, source, self._account)
        if skipped is not None:
            return skipped
        result = map_any(source)
        if isinstance(result, Mapped) and source.settings.rounding.monthly_budget is not None:
            ledger.roundings.note(record.record_id, facts_of(source).dated, result.documents)
        return looking.decided(
            record,
            source,
            result,
            account=self._account,
            ledger_connection_id=route.ledger_connection_id,
            latest=self._latest.get(record.record_id),
        )

    def _composed(
        self, record: StoredRecord, subject: Subject, ledger: LedgerReads, settings: Settings
    ) -> tuple[StoredRecord, AnyInput]:
        """The mapping input; what people chose counts only while the record is what they saw."""
        earlier = self._earlier(record, subject, ledger)
        source = subject.compose(ledger, settings, earlier)
        latest = self._latest.get(record.record_id)
        if not record.choices or latest is None or fingerprint_of(source) == latest.decided.fingerprint:
            return record, source
        return replace(record, choices=()), subject.compose(ledger, settings, replace(earlier, choices=()))

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
