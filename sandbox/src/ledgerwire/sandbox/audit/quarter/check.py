"""The report over a quarter: every record in the ledger once, to the cent, batched once, and paid the same on both sides."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from ledgerwire.sandbox.audit.exchanges import read
from ledgerwire.sandbox.audit.quarter.batches import check_batches, standing_batches
from ledgerwire.sandbox.audit.quarter.cash import check_cash
from ledgerwire.sandbox.audit.quarter.comparison import Terms
from ledgerwire.sandbox.audit.quarter.controls import control_sums, controls
from ledgerwire.sandbox.audit.quarter.matching import Match, Wanted, match
from ledgerwire.sandbox.audit.quarter.papers import LedgerView
from ledgerwire.sandbox.audit.quarter.quickbooks import read_quickbooks
from ledgerwire.sandbox.audit.quarter.xero import read_xero
from ledgerwire.sandbox.audit.report import AuditFinding
from ledgerwire.sandbox.seed.quarter import ExpectedEntry, settled
from ledgerwire.sandbox.seed.quarter.books import quickbooks_tax_type
from ledgerwire.sandbox.seed.quarter.houses import HOUSES, House

Package = Literal["xero", "quickbooks"]
Row = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Books:
    """What the audit is told beside the journal: the seeds of the companies, and the PSA's rows at the end.

    `xero` and `quickbooks` are the seeds by company name; `marked` the records that bear a batch; `payments` the PSA's
    payment rows, None where payments are not looked at.
    """

    package: Package
    xero: Mapping[str, Row]
    quickbooks: Mapping[str, Row]
    marked: Collection[Key]
    payments: Sequence[Row] | None = None


@dataclass(frozen=True, slots=True)
class QuarterReport:
    """The result: clean means that not one finding is left."""

    findings: tuple[AuditFinding, ...]
    counts: dict[str, Any]
    controls: dict[str, dict[str, Decimal]]

    @property
    def clean(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, amounts as text."""
        return {
            "clean": self.clean,
            "counts": self.counts,
            "controls": {
                name: {key: str(value) for key, value in sums.items()} for name, sums in self.controls.items()
            },
            "codes": dict(Counter(finding.code for finding in self.findings)),
            "findings": [{"code": one.code, "number": one.number, "message": one.message} for one in self.findings],
        }


def _same_contact(expected: str, currency: str, found: str) -> bool:
    """A contact may have a second one of its own for a foreign currency (M15)."""
    return found in {expected, f"{expected} ({currency})"}


def _terms(house: House, package: Package) -> Terms:
    if package == "xero":
        return Terms(lambda tax_type: tax_type, _same_contact)

    def said(tax_type: str) -> str:
        name = quickbooks_tax_type(house, tax_type)
        return name if house.country != "US" else "TAX" if name != "NON" else "NON"

    return Terms(said, _same_contact)


def _view(entries: Iterable[Any], books: Books) -> LedgerView:
    exchanges = read(entries)
    if books.package == "quickbooks":
        return read_quickbooks(exchanges, {str(seed["realm_id"]): seed for seed in books.quickbooks.values()})
    organisations = {str(seed["organisation"]["OrganisationID"]): seed["organisation"] for seed in books.xero.values()}
    names = {tenant: str(row["Name"]) for tenant, row in organisations.items()}
    return read_xero(exchanges, names, {tenant: str(row["BaseCurrency"]) for tenant, row in organisations.items()})


def audit_quarter(
    entries: Sequence[ExpectedEntry], journal_entries: Collection[Any], books: Books, fixed: Collection[str] = ()
) -> QuarterReport:
    """Check the books of these records; `fixed` are the planted faults that were put right."""
    ends = [(entry, settled(entry, books.package, frozenset(fixed))) for entry in entries]
    posted = [entry for entry, end in ends if end in {"posted", "posted_warned"}]
    batched = [entry for entry, end in ends if end in {"posted", "posted_warned", "no_effect", "excluded"}]
    others = [entry for entry, end in ends if end in {"stopped", "skipped"}]
    view = _view(journal_entries, books)
    terms = {house.name: _terms(house, books.package) for house in HOUSES}
    wanted = [Wanted(entry, document) for entry in posted for document in entry.documents]
    found = match(wanted, view.papers, terms)
    batches = standing_batches(journal_entries)
    companies = {entry.number: entry.company for entry in entries if entry.record_type == "invoice"}
    findings = [
        *found.findings,
        *controls(wanted, view.papers, terms),
        *check_batches(batched, others, batches, books.marked, _live_since(posted, found)),
        *(check_cash(view.settled, books.payments, companies) if books.payments is not None else ()),
    ]
    counts = _counts(ends, posted, found, view, len(batches))
    return QuarterReport(tuple(findings), counts, control_sums(view.papers))


def _live_since(posted: Iterable[ExpectedEntry], found: Match) -> dict[Key, int | None]:
    """When the last document of each record stood approved; None while one does not."""
    since: dict[Key, int | None] = {}
    for entry in posted:
        moments = [paper.live_since for paper in found.papers.get((entry.record_type, entry.source_id), [])]
        known = [moment for moment in moments if moment is not None]
        since[entry.record_type, entry.source_id] = max(known) if known and len(known) == len(moments) else None
    return since


def _counts(
    ends: Sequence[tuple[ExpectedEntry, str]],
    posted: Sequence[ExpectedEntry],
    found: Match,
    view: LedgerView,
    batches: int,
) -> dict[str, Any]:
    whole = [
        entry
        for entry in posted
        if len(found.papers.get((entry.record_type, entry.source_id), [])) == len(entry.documents)
    ]
    sums: dict[str, Decimal] = {}
    for entry in posted:
        if entry.record_type == "invoice":
            sums[entry.currency] = sums.get(entry.currency, Decimal("0.00")) + entry.source_total
    ledger: dict[str, Decimal] = {}
    for paper in view.papers:
        if paper.kind in {"sales_invoice", "credit_note"}:
            sign = -1 if paper.kind == "credit_note" else 1
            ledger[paper.currency] = ledger.get(paper.currency, Decimal("0.00")) + sign * paper.total
    return {
        "records": len(ends),
        "expected": dict(Counter(end for _, end in ends)),
        "by_type": dict(Counter(entry.record_type for entry in posted)),
        "posted": len(whole),
        "missing": len(posted) - len(whole),
        "documents": dict(Counter(paper.kind for paper in view.papers)),
        "batches": batches,
        "settled": len(view.settled),
        "source_total": {currency: str(amount) for currency, amount in sorted(sums.items())},
        "ledger_total": {currency: str(amount) for currency, amount in sorted(ledger.items())},
    }
