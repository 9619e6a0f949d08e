"""How many documents a second one core maps: a 50-line invoice, pure part, full trace, on this machine, as it is now.

    python -m benchmarks.mapping [--documents 20000] [--memory 100000] [--profile]

Prints one JSON object: documents a second of processor time (best of the rounds, and their median), the size of the trace as it is stored and
in plain, and how much the process grew while it mapped `--memory` documents. Exits 1 below 1,000 documents a second, above
20 KB of stored trace or above 5 MB of growth.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import pstats
import resource
import statistics
import sys
import zlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from time import process_time
from typing import Any

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.ledger.document import Contact
from ledgerwire.common.ledger.reference import (
    AccountClass,
    LedgerAccount,
    LedgerItem,
    ReferenceData,
    TaxRate,
    TrackingCategory,
)
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import (
    Company,
    GlExport,
    GlLine,
    GlTableRow,
    Invoice,
    Mapped,
    MappingInput,
    Segment,
    TaxCode,
    Term,
)
from ledgerwire.mapper.domain.settings import MappingSettings, RoundingSettings, TaxSettings, TrackingSettings

TARGET_PER_SECOND = 1_000
TRACE_LIMIT = 20_000
GROWTH_LIMIT_KB = 5_000
ROUNDS = 5
LINES = 50

_SALES = frozenset({AccountClass.REVENUE, AccountClass.LIABILITY})
_TEN = Decimal(10)


def reference() -> ReferenceData:
    """The slice of a ledger's reference data that the invoice touches."""
    return ReferenceData(
        organisation="Harbourline",
        base_currency="AUD",
        currencies=frozenset({"AUD"}),
        accounts=(
            LedgerAccount("200", "Managed services", AccountClass.REVENUE, active=True),
            LedgerAccount("860", "Rounding", AccountClass.LIABILITY, active=True),
        ),
        tax_rates=(
            TaxRate("OUTPUT", "GST on Income", _TEN, active=True, applies_to=_SALES),
            TaxRate("EXEMPTOUTPUT", "GST Free Income", Decimal(0), active=True, applies_to=_SALES),
            TaxRate("BASEXCLUDED", "BAS Excluded", Decimal(0), active=True),
        ),
        items=(LedgerItem("MS-WORKSTATION", "Managed workstation"), LedgerItem("CAT6-M", "Cat 6 cable")),
        tracking=(TrackingCategory("Business Line", ("Managed Services", "Projects")),),
    )


def _line(number: int) -> GlLine:
    quantity, price = Decimal(number % 7 + 1), Decimal("68.50")
    return GlLine(
        entry_id=100 + number,
        gl_type="AP",
        account="200",
        gl_class="Managed Services",
        total=-quantity * price,
        description=f"Managed workstation, site {number}",
        quantity=quantity,
        price=price,
        product="MS-WORKSTATION",
        taxable=number % 5 != 0,
        tax_code="GST on Income" if number % 5 else None,
        tax_percent=_TEN if number % 5 else None,
        category="Managed Seats",
        product_class="Agreement",
    )


def invoice(lines: int = LINES) -> MappingInput:
    """An invoice of so many lines that takes eight distinct decisions."""
    rows = tuple(_line(number) for number in range(lines))
    net = -sum((row.total for row in rows), Decimal(0))
    tax = (-sum((row.total for row in rows if row.taxable), Decimal(0)) / 10).quantize(Decimal("0.01"))
    export = GlExport(
        header_ids=(1,), header_total=net + tax, lines=(*rows, GlLine(2, "ST", "820", "", -tax, "GST")), tax=tax,
        taxable=True, tax_code="GST on Income", tax_percent=_TEN,
    )  # fmt: skip
    company = Company(250, "Acme Pty Ltd", "ACME01", "pay@acme.example", "Ann", "Bo")
    settings = MappingSettings(
        tax=TaxSettings(untaxed_type="EXEMPTOUTPUT"),
        rounding=RoundingSettings(account="860", tax_type="BASEXCLUDED"),
        tracking=TrackingSettings(category_1="Business Line"),
    )
    return MappingInput(
        ledger="Xero",
        invoice=Invoice(
            invoice_id=1, number="INV-1", invoice_type="Agreement", closed=True, status="Closed", batch=None, listed=True,
            company_name="Acme Pty Ltd", bill_to_id=250, document_date=date(2026, 2, 10), due_date=date(2026, 3, 12),
            total=net + tax, tax=tax, currency="AUD", taxable=True, tax_code="GST on Income", term="Net 30",
        ),
        company=company,
        settings=settings,
        mapping_version=1,
        reference=reference(),
        export=export,
        segments=(Segment("Account", "Account"), Segment("Business Line", "Class")),
        gl_table=(
            GlTableRow("AP", "Product Category", "Managed Seats", "200", "", 2),
            GlTableRow("AP", "Corporate", "Harbourline IT", "205", "", 9),
        ),
        term=Term("Net 30", 30, "30"),
        tax_codes=(TaxCode("GST", "GST on Income"),),
        contacts=(Contact("c-1", "Acme Pty Ltd", account_number="ACME01"),),
    )  # fmt: skip


def _grown(source: MappingInput, documents: int) -> int:
    """KB by which the process grew between a tenth of the documents and all of them."""
    before = 0
    for number in range(documents):
        map_record(replace(source, invoice=replace(source.invoice, number=f"INV-{number}")))
        if number == documents // 10:
            gc.collect()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def measure(documents: int, memory: int) -> dict[str, Any]:
    """The figures."""
    source = invoice()
    result = map_record(source)
    if not isinstance(result, Mapped):
        raise TypeError(f"the invoice does not map: {result}")
    plain = canonical_bytes(result.trace)
    speeds = []
    for _ in range(ROUNDS):
        count = max(1, documents // ROUNDS)
        started = process_time()
        for _ in range(count):
            map_record(source)
        speeds.append(count / (process_time() - started))
    return {
        "benchmark": "mapping",
        "lines": len(result.documents[0].lines),
        "decisions": len(result.trace.decisions),
        "documents_per_second": round(max(speeds)),
        "median_per_second": round(statistics.median(speeds)),
        "target_per_second": TARGET_PER_SECOND,
        "trace_bytes": len(zlib.compress(plain, level=6)),
        "trace_plain_bytes": len(plain),
        "trace_limit_bytes": TRACE_LIMIT,
        "mapped_for_memory": memory,
        "grown_kb": _grown(source, memory) if memory else 0,
    }


def _profile() -> None:
    source = invoice()
    with cProfile.Profile() as profile:
        for _ in range(1000):
            map_record(source)
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--memory", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    if asked.profile:
        _profile()
        sys.exit(0)
    figures = measure(asked.documents, asked.memory)
    print(json.dumps(figures))
    slow = figures["documents_per_second"] < TARGET_PER_SECOND
    sys.exit(1 if slow or figures["trace_bytes"] > TRACE_LIMIT or figures["grown_kb"] > GROWTH_LIMIT_KB else 0)
