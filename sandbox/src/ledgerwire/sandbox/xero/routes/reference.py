"""/Organisation, /Accounts, /TaxRates, /Items, /TrackingCategories and /Currencies."""

from collections.abc import Callable
from dataclasses import dataclass

from ledgerwire.sandbox.xero.books.desk import Desk, Method, Outcome
from ledgerwire.sandbox.xero.books.reference_data import (
    write_account,
    write_category,
    write_currency,
    write_item,
    write_option,
    write_tax_rate,
)
from ledgerwire.sandbox.xero.call import Answer, Call, not_found
from ledgerwire.sandbox.xero.query.listing import ListRules, list_rows
from ledgerwire.sandbox.xero.routes.batch import BatchRules, write_batch
from ledgerwire.sandbox.xero.rules.rounding import Rounding
from ledgerwire.sandbox.xero.wire import Json


@dataclass(frozen=True, slots=True)
class Table:
    """One table of reference data: its names, what lists can ask for, and which members are not Xero's."""

    plural: str
    kind: str
    rules: ListRules
    hidden: tuple[str, ...] = ()


def _rules(id_field: str, *fields: str) -> ListRules:
    return ListRules(id_field=id_field, fields=frozenset({id_field, *fields}), pages=False)


ACCOUNTS = Table(
    "Accounts",
    "accounts",
    _rules(
        "AccountID", "Code", "Name", "Type", "Class", "Status", "TaxType", "SystemAccount", "EnablePaymentsToAccount",
        "UpdatedDateUTC",
    ),
)  # fmt: skip
TAX_RATES = Table(
    "TaxRates",
    "tax_rates",
    _rules(
        "TaxType", "Name", "Status", "EffectiveRate", "DisplayTaxRate", "ReportTaxType", "CanApplyToAssets",
        "CanApplyToEquity", "CanApplyToExpenses", "CanApplyToLiabilities", "CanApplyToRevenue",
    ),
    hidden=("UpdatedDateUTC",),
)  # fmt: skip
ITEMS = Table(
    "Items",
    "items",
    _rules("ItemID", "Code", "Name", "IsSold", "IsPurchased", "IsTrackedAsInventory", "UpdatedDateUTC"),
)
CATEGORIES = Table(
    "TrackingCategories",
    "tracking_categories",
    _rules("TrackingCategoryID", "Name", "Status"),
    hidden=("UpdatedDateUTC",),
)
CURRENCIES = Table("Currencies", "currencies", _rules("Code", "Description"), hidden=("UpdatedDateUTC",))


def read_organisation(call: Call) -> Answer:
    """The one organisation of the tenant; lock dates are absent while unset."""
    return call.envelope("Organisations", [call.state.organisation])


def read_organisation_part(call: Call, part: str) -> Answer:
    """/Organisation/Actions: what the connecting user may do."""
    if part.casefold() != "actions":
        return not_found()
    switches = call.state.switches
    foreign = len(call.state.currencies) > 1
    allowed = {
        "UseMulticurrency": foreign,
        "CreateApprovedInvoice": not switches.approve_refused,
        "CreateDraftInvoice": True,
        "CreateApprovedBill": not switches.approve_refused,
        "CreateDraftBill": True,
        "CreateManualJournal": True,
        "CreateContact": True,
        "ApproveTransactionsBeforePeriodLockDate": switches.adviser,
    }
    rows = [{"Name": name, "Status": "ALLOWED" if yes else "NOT-ALLOWED"} for name, yes in allowed.items()]
    return call.envelope("Actions", rows)


def read_table(call: Call, table: Table) -> Answer:
    """A list of reference rows, never paged."""
    rows: list[Json] = list(call.state.collections[table.kind])
    if table is CATEGORIES and not call.flag("includearchived", default=False):
        rows = [row for row in rows if row["Status"] == "ACTIVE"]
    if table is TAX_RATES and call.query.get("taxtype"):
        rows = [row for row in rows if row["TaxType"] == call.query["taxtype"]]
    listed = list_rows(rows, table.rules, call.query, call.headers.get("if-modified-since"))
    return call.envelope(table.plural, [_shown(call, table, row) for row in listed.rows])


def read_row(call: Call, table: Table, named: str) -> Answer:
    """One reference row by id; an item also by its code."""
    rows = call.state.collections[table.kind]
    row = rows.get(named) or (next(iter(rows.by_key(named)), None) if table is ITEMS else None)
    return not_found() if row is None else call.envelope(table.plural, [_shown(call, table, row)])


def write_table(call: Call, table: Table, named: str | None = None) -> Answer:
    """PUT or POST of reference rows; accounts, tax rates, categories and currencies go one per request."""
    rows = call.state.collections[table.kind]
    if named:
        row = rows.get(named) or next(iter(rows.by_key(named)), None)
        if row is None:
            return not_found()
        named = str(row[rows.id_field])
    method: Method = "PUT" if call.method == "PUT" else "POST"
    writers: dict[str, Callable[[Desk, Json], Outcome]] = {
        "accounts": lambda desk, sent: write_account(desk, sent, method, named),
        "tax_rates": lambda desk, sent: write_tax_rate(desk, sent, method),
        "items": lambda desk, sent: write_item(desk, sent, method, named),
        "tracking_categories": lambda desk, sent: write_category(desk, sent, method, named),
        "currencies": write_currency,
    }
    rules = BatchRules(
        plural=table.plural,
        id_field=rows.id_field,
        write=writers[table.kind],
        show=lambda row: _shown(call, table, row),
        at_most=50 if table is ITEMS else 1,
    )
    return write_batch(call, rules)


def write_options(call: Call, category_id: str, option_id: str | None = None) -> Answer:
    """PUT of options of a tracking category, or POST of one."""
    if call.state.tracking_categories.get(category_id) is None:
        return not_found()

    def write(desk: Desk, sent: Json) -> Outcome:
        category = desk.state.tracking_categories.get(category_id) or {}
        return write_option(desk, category, sent, option_id)

    return write_batch(call, BatchRules("Options", "TrackingOptionID", write, lambda row: row))


def _shown(call: Call, table: Table, row: Json) -> Json:
    shown = {key: value for key, value in row.items() if value is not None and key not in table.hidden}
    if table is ITEMS:
        rounding = call.state.switches.rounding_rule(call.unit_places)
        shown |= {side: _priced(row[side], rounding) for side in ("SalesDetails", "PurchaseDetails") if row.get(side)}
    return shown


def _priced(details: Json, rounding: Rounding) -> Json:
    price = details.get("UnitPrice")
    return details if price is None else {**details, "UnitPrice": rounding.unit(price)}
