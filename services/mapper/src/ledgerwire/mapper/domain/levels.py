"""What today's GL table says about a frozen account: which row gives it, which rows it beats, or that none does (M2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ledgerwire.mapper.domain.model import GlLine, GlTableRow, Invoice, MappingInput
from ledgerwire.mapper.domain.trace import Candidate

OWNER_LEVELS = frozenset({"corporate", "owner", "my company", "my company: owner", "company"})
"""What tenants call the level that applies to everything."""


@lru_cache(maxsize=256)
def _level(text: str) -> str:
    """A level's name as it is compared."""
    return text.strip().casefold()


def is_owner(row: GlTableRow) -> bool:
    """Whether a row maps its kind for the whole company."""
    return _level(row.level) in OWNER_LEVELS


def level_words(row: GlTableRow) -> str:
    """A row as a clerk calls it: `product category Hardware`, or `owner level`."""
    return "owner level" if is_owner(row) else f"{row.level.strip().lower()} {row.record}"


def facts_of(invoice: Invoice, line: GlLine | None) -> dict[str, str | None]:
    """By level of the GL table: what the export tells about a line. Levels that are not here cannot be told (work role)."""
    told: dict[str, str | None] = {
        "location": invoice.location,
        "department": invoice.department,
        "agreement": invoice.agreement,
        "agreement type": invoice.agreement_type,
    }
    if line is not None:
        told |= {"product": line.product, "product category": line.category}
    return {level: (value or "").casefold() for level, value in told.items() if value or level == "product"}


def applies(row: GlTableRow, facts: dict[str, str | None]) -> bool | None:
    """Whether a row is about the line; None where the export does not tell."""
    if is_owner(row):
        return True
    level = _level(row.level)
    return facts[level] == row.record.strip().casefold() if level in facts else None


@dataclass(frozen=True, slots=True)
class Explained:
    """What today's table says.

    Attributes:
        row: the row that gives the frozen account, None where none does.
        because: the clause that says it; empty without a row.
        today: the account the table gives today, with its row; only where that is another one.
        empty: the row that should give an account and has none.
    """

    candidates: tuple[Candidate, ...] = ()
    row: GlTableRow | None = None
    because: str = ""
    today: str = ""
    empty: GlTableRow | None = None


NOT_EXPLAINED = Explained()
"""Nothing is said: the table does not tell, or was not asked."""


def explain(source: MappingInput, line: GlLine, frozen: str) -> Explained:
    """Explain the account that a line was closed with."""
    facts = facts_of(source.invoice, line)
    mine = (row for row in source.gl_table if row.gl_type == line.gl_type and applies(row, facts) is not False)
    rows = sorted(mine, key=_rank)
    filled = [row for row in rows if row.account]
    sure = next((row for row in filled if applies(row, facts)), None)
    reachable = [row for row in filled if row is sure or (applies(row, facts) is None and not _after(row, sure))]
    giving = next((row for row in reachable if row.account == frozen), None)
    empty = next((row for row in rows if not row.account and applies(row, facts)), None)
    if giving is None:
        today = f"{sure.account} ({level_words(sure)})" if sure and frozen else ""
        return Explained(tuple(_candidate(row, row.account) for row in reachable), None, "", today, empty)
    beaten = [row for row in filled if _after(row, giving) and applies(row, facts)]
    told = (_candidate(giving, "carries this account; what was frozen at close decides"),)
    lost = tuple(_candidate(row, f"gives {row.account}, is less specific than {level_words(giving)}") for row in beaten)
    return Explained((*told, *lost), giving, _because(giving, beaten), "", empty)


def _rank(row: GlTableRow) -> tuple[bool, int]:
    """The most specific first: by the order of the levels, the owner level last."""
    return is_owner(row), row.order


def _after(row: GlTableRow, other: GlTableRow | None) -> bool:
    return other is not None and _rank(row) > _rank(other)


def _because(giving: GlTableRow, beaten: Sequence[GlTableRow]) -> str:
    if not beaten:
        return f"{level_words(giving)} gives it"
    return f"{level_words(giving)} beats {' and '.join(dict.fromkeys(level_words(row) for row in beaten))}"


def _candidate(row: GlTableRow, reason: str) -> Candidate:
    text = f"gives {reason}" if reason == row.account else reason
    return Candidate("GL table today", f"{row.level}: {row.record}", matched=False, reason=text)


def needed_kinds(invoice: Invoice) -> tuple[str, ...]:
    """The GL types without whose mapping an invoice closes without entries: its revenue, the receivable, its tax."""
    return (*invoice.kinds, "AR", *(("ST",) if invoice.tax else ()))


def relevant(source: MappingInput, table: Sequence[GlTableRow]) -> tuple[GlTableRow, ...]:
    """The rows of the table that can say anything about the record's lines: the rest stays out of its stored input."""
    export = source.export
    if export is None:
        kinds = set(needed_kinds(source.invoice))
        return tuple(row for row in table if row.gl_type in kinds)
    wanted = {(line.gl_type, line.category, line.product): line for line in export.lines}
    accounts = {line.account for line in export.lines}
    accounts |= {segment for entry in source.entries for segment in entry.segments}
    kept: list[GlTableRow] = []
    for row in table:
        said = [applies(row, facts_of(source.invoice, line)) for line in wanted.values() if line.gl_type == row.gl_type]
        if any(said) or (None in said and row.account in accounts):
            kept.append(row)
    return tuple(kept)
