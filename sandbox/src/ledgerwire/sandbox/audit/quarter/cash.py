"""What customers paid: the ledger's cash and credits beside the payment rows of the PSA (M18)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.exchanges import money
from ledgerwire.sandbox.audit.quarter.papers import Money
from ledgerwire.sandbox.audit.report import AuditFinding

Row = Mapping[str, Any]
_NOTHING = Money(Decimal(0), {})


def _in_psa(rows: Iterable[Row]) -> dict[str, Money]:
    """Cash and credits by invoice number; rows of cash add up (there is one for each invoice)."""
    cash: defaultdict[str, Decimal] = defaultdict(Decimal)
    credits_: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in rows:
        number = str((row.get("invoice") or {}).get("identifier"))
        credit = row.get("credit")
        if credit:
            name = str(credit.get("identifier"))
            credits_[number][name] = credits_[number].get(name, Decimal(0)) + money(row.get("amount"))
        else:
            cash[number] += money(row.get("amount"))
    return {number: Money(cash.get(number, Decimal(0)), credits_.get(number, {})) for number in {*cash, *credits_}}


def check_cash(
    ledger: Mapping[tuple[str, str], Money], payment_rows: Iterable[Row], companies: Mapping[str, str]
) -> Iterator[AuditFinding]:
    """Rows of the PSA that are not the ledger's cash or credits; `companies` gives the company of an invoice number."""
    shown = _in_psa(payment_rows)
    for number, company in companies.items():
        here, there = ledger.get((company, number), _NOTHING), shown.get(number, _NOTHING)
        if here.cash != there.cash:
            yield AuditFinding(
                "PAYMENT_DIFFERS", number, f"paid {here.cash} in the ledger, {there.cash} in ConnectWise."
            )
        if dict(here.credits) != dict(there.credits):
            yield AuditFinding("CREDIT_DIFFERS", number, f"{_said(here)} in the ledger, {_said(there)} in ConnectWise.")


def _said(settled: Money) -> str:
    parts = [f"{amount} of {number}" for number, amount in sorted(settled.credits.items())]
    return ", ".join(parts) or "no credit"
