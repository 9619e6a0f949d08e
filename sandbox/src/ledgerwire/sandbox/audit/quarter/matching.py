"""Which ledger document is whose: by its number where business gives one, else by what it says."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ledgerwire.sandbox.audit.quarter.comparison import Terms, compare
from ledgerwire.sandbox.audit.quarter.papers import Paper
from ledgerwire.sandbox.audit.report import AuditFinding
from ledgerwire.sandbox.seed.quarter.expected import ExpectedDocument, ExpectedEntry

_SALES = frozenset({"sales_invoice", "credit_note"})
_PURCHASES = frozenset({"bill", "supplier_credit"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One expected document of a record."""

    entry: ExpectedEntry
    document: ExpectedDocument


@dataclass(slots=True)
class Match:
    """What was found: each record's papers, and everything that is off."""

    papers: dict[tuple[str, str], list[Paper]] = field(default_factory=lambda: defaultdict(list))
    findings: list[AuditFinding] = field(default_factory=list)


def _family(kind: str) -> str:
    return "sales" if kind in _SALES else "purchase" if kind in _PURCHASES else "journal"


def _is_numbered(wanted: Wanted, paper: Paper) -> bool:
    """A sales document bears the number itself; a bill may add the packing slip; a journal only tells it."""
    number = wanted.document.number
    if wanted.document.kind in _SALES:
        return paper.number == number
    if wanted.document.kind in _PURCHASES:
        return paper.number == number or paper.number.startswith((f"{number}-", f"{number} "))
    return any(
        number in text.replace(":", " ").replace(",", " ").replace("COGS-", "").split()
        for text in (paper.number, paper.told)
    )


def match(wanted: Sequence[Wanted], papers: Iterable[Paper], terms: dict[str, Terms]) -> Match:
    """Put each expected document beside its own; what is left over on either side is a finding."""
    result = Match()
    left: defaultdict[tuple[str, str], list[Paper]] = defaultdict(list)
    for paper in papers:
        left[paper.company, _family(paper.kind)].append(paper)
    rest = [one for one in wanted if not _take(one, left, terms, result, exact=True)]
    rest = [one for one in rest if not _take(one, left, terms, result, exact=False)]
    for one in rest:
        document = one.document
        who = document.contact or document.kind
        result.findings.append(
            AuditFinding(
                "MISSING", one.entry.number, f"{document.kind} of {document.total}, {who}, is not in the ledger."
            )
        )
    result.findings += _surplus(left, {(each.entry.company, each.document.number) for each in wanted})
    return result


def _take(
    one: Wanted, left: dict[tuple[str, str], list[Paper]], terms: dict[str, Terms], result: Match, *, exact: bool
) -> bool:
    """Find the paper of an expected document; inexactly only where its number points at one."""
    pool = left[one.entry.company, _family(one.document.kind)]
    for paper in _candidates(one, pool, exact=exact):
        findings = list(compare(one.entry.number, one.document, paper, terms[one.entry.company]))
        if not findings or not exact:
            pool.remove(paper)
            result.papers[one.entry.record_type, one.entry.source_id].append(paper)
            result.findings += findings
            return True
    return False


def _candidates(one: Wanted, pool: Iterable[Paper], *, exact: bool) -> list[Paper]:
    document = one.document
    if document.number:
        return [paper for paper in pool if _is_numbered(one, paper)]
    same = [
        paper
        for paper in pool
        if paper.kind == document.kind
        and paper.date == document.date
        and (paper.kind == "journal" or paper.total == document.total)
    ]
    if exact:
        return same
    return [paper for paper in pool if one.entry.source_id in f"{paper.number} {paper.told}"] or same[:1]


def _surplus(left: dict[tuple[str, str], list[Paper]], numbers: set[tuple[str, str]]) -> Iterator[AuditFinding]:
    for papers in left.values():
        for paper in papers:
            code = "DUPLICATED" if (paper.company, paper.number) in numbers else "UNEXPECTED_DOCUMENT"
            yield AuditFinding(
                code, paper.number, f"{paper.kind} {paper.id} of {paper.total}, {paper.company}, {paper.status}."
            )
