"""One look at expenses that share documents: what is known of them is read, then all are decided together (M17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper import repository
from ledgerwire.mapper.deciding import Decider
from ledgerwire.mapper.domain.settings import DocumentPer
from ledgerwire.mapper.expense_groups import repository as groups_repository
from ledgerwire.mapper.expense_groups.deciding import GroupDecider, Together
from ledgerwire.mapper.expense_groups.hands import Hand, Wish
from ledgerwire.mapper.expense_groups.model import StoredGroup
from ledgerwire.mapper.group_reading import read_subjects
from ledgerwire.mapper.ledger_reading import Scope
from ledgerwire.mapper.ports import Account, Psa
from ledgerwire.mapper.reads import SetupCache
from ledgerwire.mapper.records import StoredRecord, StoredRevision
from ledgerwire.mapper.spending import ExpenseSubject
from ledgerwire.mapper.subjects import Key, Subject, Subjects


def shares_documents(account: Account) -> bool:
    """Whether any mapping of the account makes one document of a report."""
    settings = [version.settings for version in account.mappings]
    sections = [each.expenses for each in settings]
    sections += [own.expenses for each in settings for own in each.companies.values() if own.expenses is not None]
    return any(section.document_per is DocumentPer.REPORT for section in sections)


async def read_with_mates(
    scope: Scope,
    account: Account,
    client: Psa,
    cache: SetupCache,
    keys: Sequence[Key],
    *,
    fresh: bool,
    followed: frozenset[Key],
) -> Subjects:
    """Read these records and, for expenses, all that a document of them may be about.

    That is the others on their reports, and those without a batch in the documents of any of these, whatever report they are
    on now: one that was not read would be taken for one that left the list.
    """
    whole = shares_documents(account)
    asked: list[Key] = []
    found: dict[Key, Subject] = {}
    while unread := [key for key in await _with_mates(scope, [*keys, *found]) if key not in {*asked, *found}]:
        subjects = await read_subjects(
            client, cache, unread, fresh=fresh and not asked, followed=followed, whole_reports=whole
        )
        found |= subjects.found
        asked += unread
    return Subjects(found)


async def _with_mates(scope: Scope, keys: Sequence[Key]) -> list[Key]:
    """These records and, for expenses that share a document, the others in it that have no batch yet."""
    ids = [_id(scope, key) for key in keys if key[0] is RecordType.EXPENSE]
    if not ids:
        return list(keys)
    async with scope.unit() as unit:
        mates = await groups_repository.sharers(unit, ids)
    return list(dict.fromkeys([*keys, *(mate.key for mate in mates)]))


def _id(scope: Scope, key: Key) -> UUID:
    return record_id(AccountId(scope.account_id), ConnectionId(scope.connection_id), *key)


class ExpenseTurn:
    """Decides the expenses of one look that share documents."""

    def __init__(
        self,
        scope: Scope,
        account: Account,
        decider: Decider,
        known: dict[UUID, StoredRecord],
        latest: dict[UUID, StoredRevision],
    ) -> None:
        """`known` and `latest` get what is read of expenses that nobody asked for."""
        self._scope = scope
        self._account = account
        self._decider = decider
        self._known = known
        self._latest = latest

    async def decide(self, rung: Mapping[UUID, StoredRecord], subjects: Subjects) -> Together:
        """One look at the expenses `rung` and the others that were read with them."""
        found = {
            _id(self._scope, key): each for key, each in subjects.found.items() if isinstance(each, ExpenseSubject)
        }
        if not rung:
            return Together()
        async with self._scope.unit() as unit:
            own = await groups_repository.groups(unit, self._scope.connection_id, [*rung, *found], ())
            by_itself = await groups_repository.sent(unit, list(found))
        members = {item.record_id for group in own for item in group.members}
        if not own and not shares_documents(self._account):
            return Together()
        await self._know([*found, *members])
        hands = self._hands(rung, found, members)
        alone = frozenset(by_itself)
        first = self._decider_of(own, alone)
        wishes = first.sort(hands).wishes.values()
        groups, taken = await self._groups([*rung, *found], wishes)
        decider = self._decider_of(groups, alone)
        together = decider.decide(hands, lambda ledger, number: taken.get((ledger, number), frozenset()))
        together.sent = {record: by_itself.get(record, ()) for record in found}
        together.sent |= {group.group_id: group.stands_for for group in groups}
        return together

    def _decider_of(self, groups: Sequence[StoredGroup], alone: frozenset[UUID]) -> GroupDecider:
        scope = (self._scope.account_id, self._scope.connection_id)
        return GroupDecider(self._decider, scope, self._latest, groups, alone, live=self._account.live)

    async def _know(self, ids: Iterable[UUID]) -> None:
        """Read the rows of records that nobody asked for."""
        new = sorted(set(ids) - set(self._known))
        if new:
            async with self._scope.unit() as unit:
                self._known |= await repository.records(unit, new)
                self._latest |= await repository.latest_revisions(unit, new)

    def _hands(
        self, rung: Mapping[UUID, StoredRecord], found: Mapping[UUID, ExpenseSubject], members: Iterable[UUID]
    ) -> list[Hand]:
        correlation = next(iter(rung.values())).correlation_id
        hands: list[Hand] = []
        for record, subject in found.items():
            new = StoredRecord(
                self._scope.account_id,
                record,
                self._scope.connection_id,
                str(subject.row.source_id),
                correlation,
                record_type=RecordType.EXPENSE.value,
            )
            stored = rung.get(record) or self._known.get(record) or new
            hands.append(Hand(stored, subject, subject.report_id, rung=record in rung))
        for record in members:
            known = rung.get(record) or self._known.get(record)
            if record not in found and known is not None and not known.batched:
                hands.append(Hand(known, None, None, rung=record in rung))
        return hands

    async def _groups(
        self, record_ids: Sequence[UUID], wishes: Iterable[Wish]
    ) -> tuple[list[StoredGroup], dict[tuple[UUID, str], frozenset[str]]]:
        """The groups that these are in or may join, and the numbers that the documents of their reports have."""
        keys = {wish.key.text: (wish.prepared.route.ledger_connection_id, wish.key.number) for wish in wishes}
        async with self._scope.unit() as unit:
            groups = await groups_repository.groups(unit, self._scope.connection_id, record_ids, keys)
            taken = {
                place: await groups_repository.numbers(unit, self._scope.connection_id, *place)
                for place in set(keys.values())
            }
        return groups, taken
