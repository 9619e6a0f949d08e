"""Control accounts: what each account and tracking option must have moved by in total."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.comparison import add_up, differences
from ledgerwire.sandbox.audit.documents import Document
from ledgerwire.sandbox.audit.report import AuditFinding
from ledgerwire.sandbox.seed.expected import ExpectedRecord
from ledgerwire.sandbox.seed.posting_guide import GST_ACCOUNT, RECEIVABLE, ROUNDING


def _movements(sign: int, document: Any) -> Iterator[tuple[str, Decimal]]:
    """Receivable as a debit, everything else as a credit, so that they balance."""
    yield f"account {RECEIVABLE} (receivable)", sign * document.total
    yield f"account {GST_ACCOUNT} (tax)", sign * document.tax
    for line in document.lines:
        yield f"account {line.account}", sign * line.net
        if line.account != ROUNDING:
            for category, option in line.tracking:
                yield f"{category}: {option}", sign * line.net


def controls(expected: Iterable[ExpectedRecord], documents: Iterable[Document]) -> Iterator[AuditFinding]:
    """Accounts and tracking options whose movement over all documents is not the expected one."""
    wanted = add_up(
        movement
        for record in expected
        if record.state == "posted"
        for movement in _movements(-1 if record.kind == "credit_note" else 1, record)
    )
    found = add_up(movement for document in documents for movement in _movements(document.sign, document))
    for control, here, there in differences(wanted, found):
        yield AuditFinding("CONTROL_DIFFERS", control, f"expected {here}, found {there}.")
