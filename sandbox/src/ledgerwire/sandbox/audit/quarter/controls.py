"""Control accounts of every company and currency: what each must have moved by in total."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.comparison import add_up, differences
from ledgerwire.sandbox.audit.quarter.comparison import Terms, tracked
from ledgerwire.sandbox.audit.quarter.matching import Wanted
from ledgerwire.sandbox.audit.quarter.papers import Paper
from ledgerwire.sandbox.audit.report import AuditFinding
from ledgerwire.sandbox.seed.quarter import goods

Control = tuple[str, str, str]
_NAMES = {
    goods.RECEIVABLE: "receivable",
    goods.PAYABLE: "payable",
    goods.STOCK: "stock",
    goods.VAN_STOCK: "stock in vans",
    goods.COST_OF_SALES: "cost of sales",
    goods.DEFERRED: "deferred revenue",
    goods.ROUNDING: "rounding",
}
# what a document's lines are to the ledger: debit or credit
_SIGNS = {"sales_invoice": -1, "credit_note": 1, "bill": 1, "supplier_credit": -1, "journal": 1}


def movements(company: str, document: Any, terms: Terms | None) -> Iterator[tuple[Control, Decimal]]:
    """Debits of a document on accounts, tax sides and tracking options, by (company, currency, control).

    `terms` are given for an expectation.
    """
    sign = _SIGNS[document.kind]

    def control(name: str, amount: Decimal) -> tuple[Control, Decimal]:
        return (company, document.currency, name), amount

    if document.kind != "journal":
        sales = document.kind in {"sales_invoice", "credit_note"}
        yield control(_account(goods.RECEIVABLE if sales else goods.PAYABLE), -sign * document.total)
        yield control(f"tax on {'sales' if sales else 'purchases'}", sign * document.tax)
    for line in document.lines:
        yield control(_account(line.account), sign * line.net)
        if document.kind != "journal":
            tax_type = terms.tax_type(line.tax_type) if terms else line.tax_type
            yield control(f"taxed as {tax_type or 'nothing'}", sign * line.net)
        if tracked(document.kind, line.account):
            for category, option in line.tracking:
                yield control(f"account {line.account}, {category}: {option}", sign * line.net)


def _account(code: str) -> str:
    name = _NAMES.get(code)
    return f"account {code} ({name})" if name else f"account {code}"


def controls(wanted: Iterable[Wanted], papers: Iterable[Paper], terms: dict[str, Terms]) -> Iterator[AuditFinding]:
    """Controls whose movement over all documents is not the expected one."""
    expected = add_up(
        each for one in wanted for each in movements(one.entry.company, one.document, terms[one.entry.company])
    )
    found = add_up(each for paper in papers for each in movements(paper.company, paper, None))
    for (company, currency, name), here, there in differences(expected, found):
        yield AuditFinding("CONTROL_DIFFERS", f"{company}: {name}", f"{currency}: expected {here}, found {there}.")


def control_sums(papers: Iterable[Paper]) -> dict[str, dict[str, Decimal]]:
    """The control accounts by company and currency, for the report; accounts only."""
    sums = add_up(each for paper in papers for each in movements(paper.company, paper, None))
    shown: dict[str, dict[str, Decimal]] = {}
    for (company, currency, name), amount in sorted(sums.items()):
        if name.startswith(("account", "tax on")) and "," not in name:
            shown.setdefault(f"{company} ({currency})", {})[name] = amount
    return shown
