"""The PSA's GL Accounts table for the four companies: one chart, so one set of rows, and the location as last segment.

Planted: the Telephony row names an account that the ledgers archived, Training one that no ledger has, Repairs one that
takes no sales; Cabling Stock has a cost account that no ledger has; Hosting has a business line with a typing error;
agreement type Managed Security and expense type Relocation are mapped nowhere; expense revenue has no Non-Product ID.
"""

from typing import Any

from ledgerwire.sandbox.connectwise.gl_mapping import CORPORATE, mapped_type
from ledgerwire.sandbox.seed.posting_guide import Stream
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.houses import LOCATIONS
from ledgerwire.sandbox.seed.setup_tables import AGREEMENT_TYPES, WORK_ROLES

Row = dict[str, Any]

OWNER = "Harbourline Group"
UNMAPPED_AGREEMENT_TYPE = "Managed Security"
WAREHOUSES = {
    **{f"{location} store": 10 + number for number, location in enumerate(LOCATIONS)},
    **{f"{location} annex": 50 + number for number, location in enumerate(LOCATIONS)},
    **{f"{location} vans": 30 + number for number, location in enumerate(LOCATIONS)},
}
_RECORDS: dict[str, dict[str, int]] = {
    CORPORATE: {OWNER: 1},
    "Location": LOCATIONS,
    "Agreement Type": AGREEMENT_TYPES,
    "Work Role": WORK_ROLES,
    "Product Category": goods.CATEGORIES,
    "Expense Type": {name: number for name, (number, _, _) in goods.EXPENSE_TYPES.items()},
    "Payment Type": goods.PAYMENT_TYPES,
    "Warehouse": WAREHOUSES,
}


def gl_row(
    gl_type: str, level: str, record: str, *segments: str, item: str = "", cogs: str = "", inventory: str = ""
) -> Row:
    """One row without its id: `segments` from the first; blank ones are left to a less specific row."""
    row: Row = {
        "glType": gl_type,
        "mappedType": mapped_type(gl_type, level),
        "mappedRecord": {"id": _RECORDS[level][record], "name": record},
    }
    row |= {f"segment{number}": text for number, text in enumerate(segments, start=1) if text}
    values = {"productId": item, "cogs1": cogs, "inventory": inventory}
    return row | {name: value for name, value in values.items() if value}


def _owner_rows() -> list[Row]:
    labour, travel, deposit, discount = (goods.STREAMS[name] for name in ("labour", "travel", "deposit", "discount"))
    hardware, cloud = goods.STREAMS["hardware"], goods.STREAMS["cloud_seat"]
    owner = (CORPORATE, OWNER)
    stock = {"cogs": goods.COST_OF_SALES, "inventory": goods.STOCK}
    return [
        gl_row("AR", *owner, goods.RECEIVABLE),
        gl_row("ST", *owner, goods.TAX_ACCOUNT),
        gl_row("R", *owner, labour.account, labour.business_line, item="LABOUR"),
        gl_row("RP", *owner, hardware.account, hardware.business_line, **stock),
        gl_row("AP", *owner, cloud.account, cloud.business_line, **stock),
        gl_row("RE", *owner, travel.account, travel.business_line),
        gl_row("RD", *owner, deposit.account, deposit.business_line, item="DEPOSIT"),
        gl_row("SD", *owner, discount.account, discount.business_line, item="DISCOUNT"),
        gl_row("P", *owner, goods.PAYABLE),
        gl_row("PF", *owner, goods.FREIGHT_IN, goods.PURCHASE_LINE, item="FREIGHT"),
        gl_row("PT", *owner, goods.TAX_ACCOUNT),
        gl_row("FT", *owner, goods.TAX_ACCOUNT),
        gl_row("ET", *owner, goods.TAX_ACCOUNT),
        gl_row("EO", *owner, goods.EMPLOYEES),
        gl_row("EO", "Payment Type", "Company card", goods.CLEARING),
        gl_row("IA", *owner, goods.STOCK_CHANGES, goods.PURCHASE_LINE),
        gl_row("IT", *owner, goods.STOCK, goods.PURCHASE_LINE, inventory=goods.STOCK),
    ]


WRONG_ACCOUNTS = {"Telephony": goods.OLD_TELEPHONY, "Training": goods.MISSING_ACCOUNT, "Repairs": goods.PAYABLE}
WRONG_COST = "319"
WRONG_LINE = "Bakcup"


def _typed(stream: Stream) -> tuple[str, str]:
    """Account and business line as somebody typed them in: as the guide says, but for the planted ones."""
    line = WRONG_LINE if stream.agreement_type == "Hosting" else stream.business_line
    return WRONG_ACCOUNTS.get(stream.category or "", stream.account), line


def _stream_rows() -> list[Row]:
    rows: list[Row] = []
    for stream in goods.STREAMS.values():
        where = _typed(stream)
        if stream.category:
            cost = WRONG_COST if stream.category == "Cabling Stock" else goods.COST_OF_SALES
            stock = {"cogs": cost, "inventory": goods.STOCK}
            rows.append(gl_row(stream.kind, "Product Category", stream.category, *where, **stock))
        elif stream.work_role:
            rows.append(gl_row("R", "Work Role", stream.work_role, *where, item=stream.item or ""))
        elif stream.agreement_type and stream.agreement_type != UNMAPPED_AGREEMENT_TYPE:
            rows.append(gl_row(stream.kind, "Agreement Type", stream.agreement_type, *where, item=stream.item or ""))
    return rows


def _expense_rows() -> list[Row]:
    return [
        gl_row(gl_type, "Expense Type", name, account, goods.EXPENSE_LINE)
        for gl_type in ("EE", "EI")
        for name, (_, account, _) in goods.EXPENSE_TYPES.items()
    ]


def _warehouse_rows() -> list[Row]:
    return [gl_row("IT", "Warehouse", name, inventory=goods.VAN_STOCK) for name in WAREHOUSES if name.endswith("vans")]


def _location_rows() -> list[Row]:
    kinds = ("R", "RA", "AP", "RP", "RE", "RD", "SD", "PF", "IA", "IT", "EE", "EI")
    return [gl_row(kind, "Location", location, "", "", location) for kind in kinds for location in LOCATIONS]


def missing_row() -> Row:
    """The mapping that a person adds for the new agreement type."""
    stream = goods.STREAMS["security"]
    item = stream.item or ""
    return gl_row("RA", "Agreement Type", UNMAPPED_AGREEMENT_TYPE, stream.account, stream.business_line, item=item)


def gl_tables() -> dict[str, list[Row]]:
    """GL accounts and captions by REST path."""
    rows = [*_owner_rows(), *_stream_rows(), *_expense_rows(), *_warehouse_rows(), *_location_rows()]
    captions = {
        "id": 1, "segment1": "Account", "segment1type": "Account", "segment2": goods.BUSINESS_LINE,
        "segment2type": "Class", "segment3": goods.LOCATION, "segment3type": "Class", "cogs1": "COGS account",
    }  # fmt: skip
    return {
        "finance/glAccounts": [{"id": number, **row} for number, row in enumerate(rows, start=501)],
        "finance/glCaptions": [captions],
    }


def row_id(record: str) -> int:
    """Id of the row of a product category or agreement type. Raises LookupError where there is none."""
    for row in gl_tables()["finance/glAccounts"]:
        if row["mappedRecord"]["name"] == record:
            return int(row["id"])
    raise LookupError(record)
