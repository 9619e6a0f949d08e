"""Something of everything that is written: rows changed, ended and made, a product made, an agreement copied."""

from __future__ import annotations

from decimal import Decimal

from .conftest import World, annual, day, sold, subscription


async def before(world: World) -> None:
    """Seats that stand since January, and a One-Time agreement that has had its invoice."""
    await world.policies(one_time="copy", decreases="negative-row")
    world.ready()
    await world.desk.check(world.account_id, fix=True)
    await world.sync(sold(subscription(), annual()))
    await world.invoice(world.annual)
    assert world.agreement(world.annual).get("nextInvoiceDate") is None


def bought():
    """Two seats more since 17 March, a product that nobody has yet, a second annual term."""
    return sold(
        subscription("sub-1", "12", changed_on=day("17 Mar")),
        subscription("sub-2", "5", ended_on=day("28 Mar"), sku="NEW:0001", name="New product"),
        annual("year-1"),
        annual("year-2", "3"),
    )


def live(world: World) -> list[tuple[str, str, Decimal, str, str]]:
    """Rows that bill something, as an invoice sees them: agreement, product, seats, first and last day."""
    agreements = world.state.tables["agreements"]
    return sorted(
        (
            agreements[row["agreementId"]]["name"],
            row["product"]["identifier"],
            Decimal(row["quantity"]).normalize(),
            str(row["effectiveDate"])[:10],
            str(row.get("cancelledDate") or "")[:10],
        )
        for row in world.rows
        if Decimal(row["quantity"])
    )


def rows(*wanted: tuple[str, str, str, str, str]) -> list[tuple[str, str, Decimal, str, str]]:
    """What `live` shows, written down."""
    return [(name, product, Decimal(seats), first, last) for name, product, seats, first, last in wanted]


WANTED = rows(
    ("Annual seats", "M365-NCE-YR", "10", "2026-03-01", "2027-02-28"),
    ("Annual seats 2026-03-20", "M365-NCE-YR", "3", "2026-03-01", "2027-02-28"),
    ("Seats", "M365-NCE", "2", "2026-03-17", "2026-03-31"),
    ("Seats", "M365-NCE", "10", "2026-01-01", "2026-03-31"),
    ("Seats", "M365-NCE", "12", "2026-04-01", ""),
    ("Seats", "NEW:0001", "5", "2026-01-01", "2026-03-28"),
)
