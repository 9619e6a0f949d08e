"""Which part of a frozen GL entry is the account, which the classes, which the Non-Product ID (M2, glCaptions)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledgerwire.mapper.domain.model import GlEntry, GlExport, GlLine, MappingInput, Segment

JOINER = ":"
_NON_PRODUCT_CAPTIONS = ("non-product", "non product", "nonproduct", "product id")


@dataclass(frozen=True, slots=True)
class Parts:
    """The pieces of one GL line. `classes` keep their segment order; `source` says where they were read."""

    account: str
    classes: tuple[str, ...]
    non_product_id: str
    source: str


def is_non_product(segment: Segment) -> bool:
    """Whether a caption names the Non-Product ID."""
    caption = segment.caption.casefold()
    return any(name in caption for name in _NON_PRODUCT_CAPTIONS)


def _positions(segments: tuple[Segment, ...], kind: str) -> tuple[int, ...]:
    return tuple(
        index
        for index, segment in enumerate(segments)
        if segment.caption and segment.kind == kind and not is_non_product(segment)
    )


def account_positions(segments: tuple[Segment, ...]) -> tuple[int, ...]:
    """Indexes of the segments that make the account; the first segment where the captions do not say."""
    return _positions(segments, "Account") or (0,)


def class_positions(segments: tuple[Segment, ...]) -> tuple[int, ...]:
    """Indexes of the class segments, in order: the first feeds tracking category 1, the second category 2."""
    return _positions(segments, "Class")


def _class_texts(line: GlLine) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.gl_class.split(JOINER)) if line.gl_class else ()


def is_ambiguous(export: GlExport, segments: tuple[Segment, ...]) -> bool:
    """Whether the export does not tell the segments apart, so that the frozen entries must be read (M2)."""
    if any(is_non_product(segment) for segment in segments):
        return True
    classes, accounts = len(class_positions(segments)), len(account_positions(segments))
    return any(
        len(_class_texts(line)) != classes or line.account.count(JOINER) != accounts - 1
        for line in export.lines
        if line.gl_type not in {"ST", "AR"}
    )


def entries_by_id(source: MappingInput) -> dict[int, GlEntry]:
    """The frozen entries that were read; the first of an id counts."""
    return {entry.entry_id: entry for entry in reversed(source.entries)}


def with_parts(source: MappingInput, lines: Iterable[GlLine]) -> list[tuple[GlLine, Parts]]:
    """Each line with its pieces; lines of the same pieces share one object, so that they are told apart by identity."""
    entries, known = entries_by_id(source), dict[tuple[str, str, str | None], Parts]()
    if entries:
        shared = dict[Parts, Parts]()
        found = [(line, parts_of(line, source, entries)) for line in lines]
        return [(line, shared.setdefault(parts, parts)) for line, parts in found]
    pairs: list[tuple[GlLine, Parts]] = []
    for line in lines:
        key = (line.account, line.gl_class, line.non_product_id)
        parts = known.get(key)
        if parts is None:
            parts = known[key] = parts_of(line, source, entries)
        pairs.append((line, parts))
    return pairs


def parts_of(line: GlLine, source: MappingInput, entries: Mapping[int, GlEntry]) -> Parts:
    """The pieces of a line: from its frozen entry where that was read, else from the export."""
    entry = entries.get(line.entry_id)
    if entry is not None:
        return _from_entry(entry, line, source.segments)
    return Parts(line.account.strip(), _class_texts(line), (line.non_product_id or "").strip(), "GL export")


def _from_entry(entry: GlEntry, line: GlLine, segments: tuple[Segment, ...]) -> Parts:
    def text(index: int) -> str:
        return entry.segments[index].strip() if index < len(entry.segments) else ""

    account = JOINER.join(part for part in (text(index) for index in account_positions(segments)) if part)
    named = next((text(index) for index, segment in enumerate(segments) if is_non_product(segment)), "")
    return Parts(
        account=account,
        classes=tuple(text(index) for index in class_positions(segments)),
        non_product_id=named or (entry.product_id or line.non_product_id or "").strip(),
        source="frozen GL entry",
    )
