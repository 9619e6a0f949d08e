"""Thirty agreement invoices, all dated and closed on the 1st: managed services, cloud seats, backup, annual terms."""

import random

from ledgerwire.sandbox.seed.draft import Draft, DraftLine, amount, sold
from ledgerwire.sandbox.seed.month import BusinessMonth

_MANAGED = (
    "HarbourManly", "HarbourCamp", "Meridian", "MeridianSvc", "ONeill", "Wattle", "Tasman",
    "SouthernLog", "BlueGum", "Parramatta", "Banksia", "YarraProduce",
)  # fmt: skip
_CLOUD = ("Currawong", "Jacaranda", "Waratah", "Fitzroy", "ONeill", "Glebe", "Macquarie")
_BACKUP = ("Stanmore", "Eastgate", "Docklands", "Macquarie")


def _odd_cents(rng: random.Random, low: int, high: int) -> str:
    """A price between two whole dollars, with cents that do not come out even."""
    return f"{rng.randint(low, high - 1)}.{rng.choice((5, 15, 35, 45, 55, 85, 95)):02d}"


def _agreement(month: BusinessMonth, family: str, company: str, kind: str, *lines: DraftLine, **more: object) -> Draft:
    return Draft(family, "Agreement", company, month.day(1), lines, burst=True, agreement_type=kind, **more)  # type: ignore[arg-type]


def _managed(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    """1,150 to 9,800: a flat fee, mostly with counted workstations and servers beside it."""
    drafts = []
    for company in _MANAGED:
        fee = amount("managed", _odd_cents(rng, 1150, 4200), f"Managed services for {month.start:%B %Y}")
        seats = sold("MS-WORKSTATION", rng.randint(3, 55), "managed_seat")
        servers = sold("MS-SERVER", rng.randint(1, 7), "managed_seat")
        lines = (fee, *rng.choice(((), (seats,), (seats, servers))))
        drafts.append(_agreement(month, "managed", company, "Managed", *lines))
    drafts.append(
        _agreement(
            month,
            "managed",
            "Ironbark",
            "Managed",
            amount("managed", "2350.40", f"Managed services for {month.start:%B %Y}"),
            outcome="stopped",
            codes=("TAX_CODE_UNKNOWN",),
            fix="tax_code",
        )
    )
    drafts.append(
        _agreement(
            month,
            "managed",
            "Redfern",
            "Managed Security",
            amount("security", "4780.00", "Managed security, first month"),
            outcome="stopped",
            codes=("GL_ENTRIES_MISSING",),
            fix="gl_mapping",
        )
    )
    return drafts


def _seats(rng: random.Random) -> tuple[DraftLine, ...]:
    premium = sold("M365-BP", rng.randint(3, 60), "cloud_seat")
    basic = sold("M365-BB", rng.randint(2, 40), "cloud_seat")
    mailboxes = sold("EXO-P1", rng.randint(1, 20), "cloud_seat")
    return rng.choice(((premium,), (premium, basic), (premium, basic, mailboxes)))


def _cloud(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    """85 to 2,900: counted seats; one by metered units at a price of five decimals, one whose tax splits a cent."""

    def seats(company: str, *lines: DraftLine, **more: object) -> Draft:
        return _agreement(month, "cloud", company, "Cloud Monthly", *lines, **more)

    drafts = [seats(company, *_seats(rng)) for company in _CLOUD]
    drafts += [
        seats("Lantern", sold("M365-BP", 14, "cloud_seat"), outcome="posted_warned", codes=("TERMS_XREF_MISSING",)),
        # 48,230 x 0.04712 = 2,272.5976: four decimals in the ledger would make 2,271.63.
        seats("Saltbush", sold("AZ-USAGE", 48230, "cloud_seat"), outcome="posted_warned", codes=("ROUNDING_APPLIED",)),
        seats(
            "Kookaburra", sold("M365-BP", 22, "cloud_seat"), sold("EXO-P1", 5, "cloud_seat"),
            outcome="stopped", codes=("CONTACT_BILLING_MISSING",), fix="billing_contact",
        ),
    ]  # fmt: skip
    return drafts


def _backup(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    """60 to 740: a flat fee and storage by the gigabyte at four decimals."""
    drafts = []
    for company in _BACKUP:
        fee = amount("backup", _odd_cents(rng, 60, 300), "Backup service")
        storage = sold("BKP-GB", rng.randint(800, 9000), "backup_storage")
        drafts.append(_agreement(month, "backup", company, "Backup", fee, storage))
    return drafts


def _annual(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    """1,450 to 8,700: seats for a year, from a one-time agreement."""
    return [
        _agreement(month, "annual", company, "Cloud Annual", sold("M365-BP-YR", rng.randint(5, 23), "cloud_year"))
        for company in ("NorthShore", "Cooper")
    ]


def agreement_invoices(rng: random.Random, month: BusinessMonth) -> list[Draft]:
    """14 managed services, 10 cloud seats, 4 backup, 2 annual."""
    drafts = [*_managed(rng, month), *_cloud(rng, month), *_backup(rng, month), *_annual(rng, month)]
    rng.shuffle(drafts)
    return drafts
