"""The PSA's GL Accounts set-up table, as three people typed it in over five years.

Each row maps one GL type at one level. The most specific row wins, segment by segment: an owner-level (Corporate)
row gives a fall-back account, agreement type, work role and product category rows give account, business line and
Non-Product ID, location rows give only the location. Segment 1 is the account, 2 the business line, 3 the location.

Planted: the Telephony row still names an account that the ledger has archived; agreement type Managed Security was
added this month and nobody mapped it (agreement revenue has no owner-level row on purpose, so nothing falls into a
wrong account in silence); expense revenue has no Non-Product ID.
"""

from typing import Any

from ledgerwire.sandbox.connectwise.gl_mapping import CORPORATE, mapped_type
from ledgerwire.sandbox.seed import posting_guide as guide
from ledgerwire.sandbox.seed.catalog import CATEGORIES
from ledgerwire.sandbox.seed.setup_tables import AGREEMENT_TYPES, LOCATIONS, WORK_ROLES

Row = dict[str, Any]

ARCHIVED_TELEPHONY = "291"
UNMAPPED_AGREEMENT_TYPE = "Managed Security"
_COST_OF_SALES = "310"

_LEVELS = {"Agreement Type": AGREEMENT_TYPES, "Work Role": WORK_ROLES, "Product Category": CATEGORIES}


def gl_row(gl_type: str, level: str, record: str, *segments: str, item: str = "", cogs: str = "") -> Row:
    """One row without its id: `segments` from the first; blank ones are left to a less specific row."""
    record_id = {**_LEVELS, "Location": LOCATIONS, CORPORATE: {"Harbourline IT": 1}}[level][record]
    row: Row = {
        "glType": gl_type,
        "mappedType": mapped_type(gl_type, level),
        "mappedRecord": {"id": record_id, "name": record},
    }
    row |= {f"segment{number}": text for number, text in enumerate(segments, start=1) if text}
    if item:
        row["productId"] = item
    if cogs:
        row["cogs1"] = cogs
    return row


def _owner_rows() -> list[Row]:
    labour, travel, deposit = (guide.STREAMS[name] for name in ("labour", "travel", "deposit"))
    hardware, cloud = guide.STREAMS["hardware"], guide.STREAMS["cloud_seat"]
    owner = (CORPORATE, "Harbourline IT")
    return [
        gl_row("AR", *owner, guide.RECEIVABLE),
        gl_row("ST", *owner, guide.GST_ACCOUNT),
        gl_row("R", *owner, labour.account, labour.business_line, item="LABOUR"),
        gl_row("RP", *owner, hardware.account, hardware.business_line, cogs=_COST_OF_SALES),
        gl_row("AP", *owner, cloud.account, cloud.business_line),
        gl_row("RE", *owner, travel.account, travel.business_line),
        gl_row("RD", *owner, deposit.account, deposit.business_line, item="DEPOSIT"),
    ]


def _stream_rows() -> list[Row]:
    rows: list[Row] = []
    for stream in guide.STREAMS.values():
        account = ARCHIVED_TELEPHONY if stream.category == "Telephony" else stream.account
        where = (account, stream.business_line)
        if stream.category:
            cogs = _COST_OF_SALES if stream.kind == "RP" else ""
            rows.append(gl_row(stream.kind, "Product Category", stream.category, *where, cogs=cogs))
        elif stream.work_role:
            rows.append(gl_row("R", "Work Role", stream.work_role, *where, item=stream.item or ""))
        elif stream.agreement_type and stream.agreement_type != UNMAPPED_AGREEMENT_TYPE:
            rows.append(gl_row(stream.kind, "Agreement Type", stream.agreement_type, *where, item=stream.item or ""))
    return rows


def _location_rows() -> list[Row]:
    return [
        gl_row(gl_type, "Location", location, "", "", location)
        for gl_type in ("R", "RA", "AP", "RP", "RE", "RD")
        for location in LOCATIONS
    ]


def missing_row() -> Row:
    """The mapping that a person adds for the new agreement type."""
    stream = guide.STREAMS["security"]
    return gl_row(
        "RA", "Agreement Type", UNMAPPED_AGREEMENT_TYPE, stream.account, stream.business_line, item=stream.item or ""
    )


def gl_tables() -> dict[str, list[Row]]:
    """GL accounts and captions by REST path."""
    rows = [*_owner_rows(), *_stream_rows(), *_location_rows()]
    captions = {
        "id": 1,
        "segment1": "Account",
        "segment1type": "Account",
        "segment2": guide.BUSINESS_LINE,
        "segment2type": "Class",
        "segment3": guide.LOCATION,
        "segment3type": "Class",
        "cogs1": "COGS account",
    }
    return {
        "finance/glAccounts": [{"id": number, **row} for number, row in enumerate(rows, start=501)],
        "finance/glCaptions": [captions],
    }


def telephony_row_id() -> int:
    """Id of the row that names the archived account."""
    for row in gl_tables()["finance/glAccounts"]:
        if row.get("segment1") == ARCHIVED_TELEPHONY:
            return int(row["id"])
    raise LookupError("the GL table has no row for the archived account")
