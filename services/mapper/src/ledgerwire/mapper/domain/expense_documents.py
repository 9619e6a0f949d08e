"""One document out of the documents that each of its expenses would be (M17). Pure; totals are sums, to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.common.money import ZERO, total
from ledgerwire.mapper.domain.document import assert_ties
from ledgerwire.mapper.domain.parts import money_words
from ledgerwire.mapper.domain.purchases import REFERENCE_LIMIT
from ledgerwire.mapper.domain.trace import Candidate, Decision, Trace


@dataclass(frozen=True, slots=True)
class Share:
    """What one expense adds to a document: the document that it alone would be. `number` is the expense's."""

    number: str
    document: LedgerDocument

    @property
    def owed(self) -> Decimal:
        """What the company owes by it: a credit takes off."""
        return _sign(self.document.kind) * self.document.total


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An expense of the report that the document does not stand for, and why."""

    number: str
    why: str


def merged(number: str, reference: str, shares: Sequence[Share]) -> tuple[LedgerDocument, ...]:
    """The one document of these expenses; none where together they move nothing between accounts (M4).

    Contact and draft are those of the last share, which was decided last; the rate is that of the first that has one, which
    a revision keeps (M15). Line texts say whose they are. A bill turns into a credit where the credits outweigh.
    """
    if not shares:
        return ()
    last = shares[-1].document
    owed = total(share.owed for share in shares)
    kind = last.kind
    if kind is not DocumentKind.JOURNAL:
        kind = DocumentKind.BILL if owed >= 0 else DocumentKind.SUPPLIER_CREDIT
    factors = [_sign(share.document.kind) * _sign(kind) for share in shares]
    lines = tuple(
        _line(share.number, line, factor)
        for share, factor in zip(shares, factors, strict=True)
        for line in share.document.lines
    )
    if _moves_nothing(lines):
        return ()
    pairs = list(zip((share.document for share in shares), factors, strict=True))
    made = replace(
        last,
        kind=kind,
        number=number,
        document_date=max(document.document_date for document, _ in pairs),
        due_date=max(document.due_date for document, _ in pairs),
        lines=lines,
        net=total(document.net * factor for document, factor in pairs),
        tax=total(document.tax * factor for document, factor in pairs),
        total=total(document.total * factor for document, factor in pairs),
        reference=reference[:REFERENCE_LIMIT],
        currency_rate=next((item.currency_rate for item, _ in pairs if item.currency_rate is not None), None),
        new_items=tuple(dict.fromkeys(item for document, _ in pairs for item in document.new_items)),
    )
    if kind is not DocumentKind.JOURNAL:
        assert_ties(made)
    return (made,)


def _sign(kind: DocumentKind) -> int:
    return -1 if kind is DocumentKind.SUPPLIER_CREDIT else 1


def _line(number: str, line: DocumentLine, factor: int) -> DocumentLine:
    """A line under the expense's number; the decisions behind it are in the trace of the expense itself."""
    return replace(
        line,
        description=f"{number}: {line.description}",
        unit_amount=line.unit_amount * factor,
        net=line.net * factor,
        tax_amount=line.tax_amount * factor,
        decisions=(),
    )


def _moves_nothing(lines: Sequence[DocumentLine]) -> bool:
    sums: defaultdict[object, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        sums[line.account_code, line.tracking] += line.net
        sums["tax", line.tax_type] += line.tax_amount
    return not any(sums.values())


def explained(number: str, about: str, shares: Sequence[Share], left_out: Sequence[LeftOut]) -> Trace:
    """Which expenses the document stands for, with their amounts, and which of the report it does not."""
    held = ", ".join(f"{share.number} ({money_words(share.owed)})" for share in shares) or "no expense any more"
    others = tuple(Candidate(item.number, "", matched=False, reason=item.why) for item in left_out)
    return Trace((Decision("group", about, number, others, because=f"it stands for {held}"),))
