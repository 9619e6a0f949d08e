"""What a ledger must show of a document that was posted and not looked at yet, as far as every ledger keeps what it was sent."""

from __future__ import annotations

from collections.abc import Sequence

from ledgerwire.common.ledger.document import SALES, DocumentKind, DocumentLine, LedgerDocument, Tracking
from ledgerwire.poster.drift.domain.comparison import IN_THE_BOOKS, LINES, STATE, Shown
from ledgerwire.poster.drift.records import Looked
from ledgerwire.poster.drift.shown import money


def posted(looked: Looked, now: Shown, *, item_decides_account: bool) -> dict[str, str]:
    """What is known of it, written as the ledger writes it `now` where that is the same.

    Its fields are known where the ledger has said itself that it has our document: another, taken over by its number, may
    have been coded by a person.
    """
    document = looked.document
    fields = {STATE: IN_THE_BOOKS, "date": document.document_date.isoformat(), "currency": document.currency}
    if looked.contact_id:
        fields["contact"] = looked.contact_id
    if looked.ledger_total is not None:
        fields["total"] = money(looked.ledger_total)
    if not looked.answered:
        return fields
    fields |= {"number": _as_shown(document.number, now.get("number", ""))}
    fields |= {"net": money(document.net), "tax": money(document.tax)}
    if _keeps_due_date(document, by_item=item_decides_account):
        fields["due date"] = document.due_date.isoformat()
    return fields | _lines(document, now, by_item=item_decides_account)


def _keeps_due_date(document: LedgerDocument, *, by_item: bool) -> bool:
    """Terms that are sent with a due date may move it."""
    return document.kind in {DocumentKind.SALES_INVOICE, DocumentKind.BILL} and not (by_item and document.terms)


def _lines(document: LedgerDocument, now: Shown, *, by_item: bool) -> dict[str, str]:
    """The fields of the lines that it does not show at all: their order is the ledger's affair, and so is one over nothing."""
    count = int(now.get(LINES, "0"))
    kept = [line for line in document.lines if line.net or len(document.lines) == count]
    sent = {place: line for place, line in enumerate(kept, 1) if line.net}

    def at(line: DocumentLine, place: int) -> dict[str, str]:
        return _line(document.kind, line, f"line {place}", now, by_item=by_item)

    def fits(line: DocumentLine, place: int) -> bool:
        return all(now.get(field) == value for field, value in at(line, place).items())

    left = {place: line for place, line in sent.items() if not fits(line, place)}
    free = [place for place in range(1, count + 1) if place not in sent.keys() - left.keys()]
    fields: dict[str, str] = {}
    for place, line in left.items():
        elsewhere = next((other for other in free if fits(line, other)), None)
        if elsewhere is None:
            fields |= at(line, place)
        else:
            free.remove(elsewhere)
    return fields


def _line(kind: DocumentKind, line: DocumentLine, place: str, now: Shown, *, by_item: bool) -> dict[str, str]:
    """What is ours of a line (M10): where the item decides, neither the account nor how tax and tracking are written."""
    fields = {"net": money(line.net)}
    account = now.get(f"{place} account", "")
    if account and (kind in SALES or not line.item_code):
        fields["account"] = _as_shown(line.account_code, account)
    if not by_item:
        fields["tracking"] = _tracking(line.tracking, now.get(f"{place} tracking", ""))
        if kind is not DocumentKind.JOURNAL:
            fields["tax type"] = _as_shown(line.tax_type, now.get(f"{place} tax type", ""))
    return {f"{place} {name}": value for name, value in fields.items()}


def _tracking(sent: Sequence[Tracking], shown: str) -> str:
    """As shown, unless another option stands where one of ours was sent: a ledger may add categories, or drop one."""
    there = shown.casefold()
    other = any(
        f"{one.category}: ".casefold() in there and f"{one.category}: {one.option}".casefold() not in there
        for one in sent
    )
    return ", ".join(sorted(f"{one.category}: {one.option}" for one in sent)) if other else shown


def _as_shown(sent: str, shown: str) -> str:
    """Letter case is the ledger's."""
    return shown if sent.casefold() == shown.casefold() else sent
