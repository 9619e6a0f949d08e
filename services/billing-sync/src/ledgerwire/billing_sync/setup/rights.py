"""The rights of the key that billing sync works with, tried and read: what it has, lacks, and has beyond the document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from ledgerwire.billing_sync.setup.outcome import Item
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.errors import Waiting
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.rights import SEAT_ROLE, SEAT_TABLES, Action, Right
from ledgerwire.connectwise.security import beyond, lacking
from ledgerwire.connectwise.setup_tables import CATALOG, COMPANIES, COMPANY_STATUSES

MISSING = "BS_PERMISSION_MISSING"
CONNECTION_READS = {"a company": COMPANIES, "the product catalog": CATALOG}
TABLES = dict(
    zip(
        SEAT_TABLES,
        (
            COMPANY_STATUSES,
            "/procurement/categories",
            "/procurement/subcategories",
            "/procurement/types",
            "/procurement/unitOfMeasures",
        ),
        strict=True,
    )
)
"""The five set-up tables of the document, by the name that the role's customize list gives them."""


def missing(error: Waiting) -> Finding:
    """A refused call as a finding: the right it needs, and where that is given. Anything but a missing right is raised."""
    if error.code != "PERMISSION_MISSING":
        raise error
    return Finding(MISSING, {"right": str(error.detail.get("area", error))})


async def told(name: str, check: Callable[[], Awaitable[Item]]) -> Item:
    """One item; one that the role may not read is an item with the missing right, and the others go on."""
    try:
        return await check()
    except Waiting as error:
        return Item(name, (missing(error),))


async def reads(psa: ConnectWise, name: str, paths: dict[str, str]) -> Item:
    """Read one row of each list, each apart from the others (A174, A180-A185, A213)."""
    findings, done = [], []
    for what, path in paths.items():
        try:
            await psa.can_read(path)
        except Waiting as error:
            findings.append(missing(error))
        else:
            done.append(f"read {what}")
    return Item(name, tuple(findings), told=tuple(done))


async def role(psa: ConnectWise) -> Item:
    """What the key's own role has, lacks and has beyond the published list, function by function (A167-A186)."""
    settings, customized = await psa.security.mine(), await psa.security.customized()
    wanted = [*SEAT_ROLE, *(Right("System", "Table Setup", Action.INQUIRE, table) for table in SEAT_TABLES)]
    lacks, more = lacking(settings, wanted, customized), beyond(settings, SEAT_ROLE)
    findings = [Finding(MISSING, {"right": str(right)}) for right in lacks]
    findings += [Finding("BS_PERMISSION_BEYOND", {"right": str(right)}) for right in more]
    return Item("security role", tuple(findings), told=tuple(_lines(lacks, more)))


def _lines(lacks: Iterable[Right], more: Iterable[Right]) -> Iterable[str]:
    absent, extra = _by_area(lacks), _by_area(more)
    needed = _by_area(SEAT_ROLE)
    for area in [*needed, *(area for area in extra if area not in needed)]:
        has = [word for word in needed.get(area, []) if word not in absent.get(area, [])]
        said = {"has": has, "lacks": absent.get(area, []), "more than needed": extra.get(area, [])}
        yield f"{area}: " + "; ".join(f"{word} {', '.join(rights)}" for word, rights in said.items() if rights)


def _by_area(rights: Iterable[Right]) -> dict[str, list[str]]:
    areas: dict[str, list[str]] = defaultdict(list)
    for right in rights:
        areas[right.area].append(f"{right.action} ({right.table})" if right.table else str(right.action))
    return areas
