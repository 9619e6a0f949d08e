"""What the books check says."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that is off. `number` is the invoice number or the account it is about."""

    code: str
    number: str
    message: str


@dataclass(frozen=True, slots=True)
class AuditCounts:
    """Records and money. Totals are signed and include tax."""

    posted: int
    no_effect: int
    batched: int
    missing: int
    duplicated: int
    source_total: Decimal
    ledger_total: Decimal


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The result: clean means that not one finding is left."""

    findings: tuple[AuditFinding, ...]
    counts: AuditCounts

    @property
    def clean(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, amounts as text."""
        counts = {
            name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self.counts).items()
        }
        return {"clean": self.clean, "counts": counts, "findings": [asdict(finding) for finding in self.findings]}
