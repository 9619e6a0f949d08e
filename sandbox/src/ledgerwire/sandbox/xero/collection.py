"""Rows kept by id and by natural key, with an undo log for calls that save all or nothing."""

from collections import defaultdict
from collections.abc import Iterator

from ledgerwire.sandbox.xero.wire import Json


class UndoLog:
    """Remembers what rows were before, so that a refused call leaves no trace."""

    def __init__(self) -> None:
        self._changes: list[tuple[Collection, str, Json | None]] = []

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._changes)

    def note(self, collection: "Collection", row_id: str, before: Json | None) -> None:
        """Remember the state of a row before it changes."""
        self._changes.append((collection, row_id, before))

    def back_to(self, mark: int) -> None:
        """Undo every change made since the mark, latest first."""
        while len(self._changes) > mark:
            collection, row_id, before = self._changes.pop()
            collection.restore(row_id, before)

    def forget(self) -> None:
        """Keep everything done so far for good."""
        self._changes.clear()


class Collection:
    """Rows of one kind in order of creation. A row is never changed in place: a change is a new row under its id."""

    def __init__(self, id_field: str, undo: UndoLog, key_field: str | None = None) -> None:
        self.id_field = id_field
        self._key_field = key_field
        self._undo = undo
        self._rows: dict[str, Json] = {}
        self._keys: defaultdict[str, set[str]] = defaultdict(set)

    def __iter__(self) -> Iterator[Json]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, row_id: object) -> Json | None:
        """The row of that id, whatever its letter case."""
        return self._rows.get(str(row_id).lower())

    def by_key(self, value: object) -> list[Json]:
        """Rows with that natural key, whatever its letter case."""
        return [self._rows[row_id] for row_id in sorted(self._keys.get(str(value).casefold(), ()))]

    def put(self, row: Json) -> Json:
        """Save a row under its id, noting what stood there before."""
        row_id = str(row[self.id_field]).lower()
        self._undo.note(self, row_id, self._rows.get(row_id))
        self.restore(row_id, row)
        return row

    def restore(self, row_id: str, row: Json | None) -> None:
        """Set or remove a row without noting it."""
        before = self._rows.get(row_id)
        if before is not None:
            self._keys[self._key(before)].discard(row_id)
        if row is None:
            self._rows.pop(row_id, None)
            return
        self._rows[row_id] = row
        self._keys[self._key(row)].add(row_id)

    def _key(self, row: Json) -> str:
        return str(row.get(self._key_field) or "").casefold() if self._key_field else ""
