"""What a person does in ConnectWise before seats are billed, in order; and the role that the API member needs, as data."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.connectwise.rights import ROLE_SCREEN, SEAT_ROLE, SEAT_TABLES

CONNECTWISE, HOME = "https://www.connectwise.com/", "https://home.connectwise.com/"
DOCUMENTATION = "https://docs.connectwise.com/"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do.

    Attributes:
        where: the screen, "" where a link leads there.
        link: a page for help, "" for none; nobody is asked for a person's sign-in.
        warning: what goes wrong otherwise.
    """

    title: str
    what: str
    where: str = ""
    link: str = ""
    warning: str = ""


def role_tasks() -> tuple[Task, ...]:
    """The published role, function by function (A172-A186)."""
    levels: dict[str, list[str]] = {}
    for right in SEAT_ROLE:
        levels.setdefault(right.area, []).append(str(right.action))
    tasks = [Task(area, f"{', '.join(actions)}: All", ROLE_SCREEN) for area, actions in levels.items()]
    tables = Task("System > Table Setup, customize", f"Allow access to: {'; '.join(SEAT_TABLES)}", ROLE_SCREEN)
    types = Task("Finance > Agreements, customize", "Allow access to the agreement types that take seats", ROLE_SCREEN)
    rest = Task("Every other function", "None", ROLE_SCREEN, warning="A role that may do more is shown as a warning.")
    return (*tasks, tables, types, rest)


_PSA = (
    Task("A ConnectWise account", "New: ask for a demonstration or a quote", link=CONNECTWISE),
    Task("A ConnectWise account", "Existing: sign in; Ledgerwire itself never asks for your sign-in", link=HOME),
)
_PRODUCTS = (
    Task(
        "Miscellaneous product",
        "Search for Product ID 'misc', Status All; open each record found and make it active",
        "ConnectWise: Procurement > Product Catalog",
    ),
    Task(
        "Defaults of created products",
        "Category, then Subcategory, then Product Type 'Miscellaneous', and Unit of Measure 'Each': present and active",
        "ConnectWise: System > Setup Tables",
        warning="Without them no product can be created.",
    ),
    Task(
        "GL mappings",
        "Revenue and cost of agreement products for each category used",
        "ConnectWise: System > Setup Tables > GL Accounts",
        warning="Without them next month's invoices close without GL entries.",
    ),
)
_AGREEMENTS = (
    Task(
        "Agreements",
        "For each customer to begin with: the target agreement, set up and Active",
        "ConnectWise: Companies > the company > Agreements",
    ),
    Task(
        "Monthly seats and Azure plan",
        "Billing Cycle Monthly, Cycle Based On Calendar Year, Prorate Agreement ticked",
        "ConnectWise: Finance > Agreements",
        warning="Without prorating, a change in the middle of a month is billed for the whole month.",
    ),
    Task(
        "Annual seats",
        "An agreement of its own with billing cycle One-Time under Recurring Invoice Parameters",
        "ConnectWise: Finance > Agreements",
    ),
)
_KEYS = (
    Task("API member", "No integrator account: see the documentation", link=DOCUMENTATION),
    Task("API member", "Press +, fill in name and the role above, save", "ConnectWise: System > Members > API Members"),
    Task(
        "API keys",
        "Press +, give a description and press Save",
        "ConnectWise: System > Members > API Members > API Keys",
        warning="Not Save and Close: the keys are shown once only, and could not be seen.",
    ),
    Task(
        "Account file",
        "Site, company id, client id, and both keys under connectwise.seats; then `ledgerwire account apply`",
        warning="The private key is stored encrypted and never shown again.",
    ),
    Task("Check", "`ledgerwire seats check`, whenever something was changed"),
)


def guide() -> tuple[Task, ...]:
    """Everything, in the order of the document (A163-A213)."""
    return (*_PSA, *role_tasks(), *_PRODUCTS, *_AGREEMENTS, *_KEYS)
