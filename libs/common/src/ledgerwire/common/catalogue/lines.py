"""Causes found on the lines of a record: accounts, items, tax, tracking and the arithmetic.

Every finding carries `number`, `customer` and `ledger`; the other params are named in the templates below.
"""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

_GL_TABLE = "ConnectWise: System > Setup Tables > GL Accounts"
_INVOICE = "ConnectWise: Finance > Invoices"
_SETTINGS = "Ledgerwire: ledgerwire account apply"
_NOWHERE = "nothing to do"

register(
    # --- accounts and items
    Entry(
        code="GL_ACCOUNT_UNKNOWN",
        severity=Severity.STOP,
        title="Account not in the ledger",
        message="Account '{account}' on {number} ({kind} revenue) is not in {ledger}.",
        action="Add it in {ledger} or link it to an account there, then Retry; or correct the GL mapping, "
        "set {number} to GL Reload and close it again.",
        where="Ledger: chart of accounts; ConnectWise: System > Setup Tables > GL Accounts",
        who="account admin",
        side=Side.LEDGER,
        cause_params=("account",),
        source="A128, F1",
    ),
    Entry(
        code="ACCOUNT_ARCHIVED",
        severity=Severity.STOP,
        title="Account archived in the ledger",
        message="Account '{account}' ({name}) on {number} is archived in {ledger}.",
        action="Restore it in {ledger}, then Retry; or put the account used now into the GL mapping, "
        "set {number} to GL Reload and close it again.",
        where="Ledger: chart of accounts; ConnectWise: System > Setup Tables > GL Accounts",
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("account",),
        source="M25",
    ),
    Entry(
        code="ACCOUNT_WRONG_TYPE",
        severity=Severity.STOP,
        title="Account cannot take this line",
        message="{kind} revenue on {number} is mapped to account '{account}' ({name}), which is {found} in {ledger}.",
        action="Put an account for revenue into the GL mapping, set {number} to GL Reload and close it again.",
        where=_GL_TABLE,
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("account", "kind"),
        source="M25",
    ),
    Entry(
        code="NONPRODUCT_ID_MISSING",
        severity=Severity.STOP,
        title="No Non-Product ID",
        message="{kind} revenue on {number} has no Non-Product ID.",
        action="Fill it in System > Setup Tables > GL Accounts, set the invoice to GL Reload and close it; "
        "or enable the default, then Retry.",
        where="ConnectWise: System > Setup Tables > GL Accounts; or Ledgerwire: default Non-Product IDs",
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("kind",),
        source="A073-A077, A128, M25",
    ),
    Entry(
        code="ITEM_UNKNOWN",
        severity=Severity.STOP,
        title="Item not in the ledger",
        message="'{item}' on {number} is not an item in {ledger}.",
        action="Add the item in {ledger}, then Retry.",
        where="Ledger: products and services",
        who="clerk",
        side=Side.LEDGER,
        cause_params=("item",),
        source="M10",
    ),
    # --- tax
    Entry(
        code="TAX_CODE_BLANK",
        severity=Severity.STOP,
        title="Taxable invoice without a tax code",
        message="{number} is taxable (tax {tax}) but has no tax code.",
        action="Set the tax code on {number} in GL Reload, close it again; set it on the company for the next ones.",
        where=_INVOICE,
        who="clerk",
        side=Side.CONNECTWISE,
        cause_params=("customer",),
        source="M12, F1",
    ),
    Entry(
        code="TAX_CODE_UNKNOWN",
        severity=Severity.STOP,
        title="No tax rate of that name in the ledger",
        message="Tax code '{tax_code}' has no tax rate of that name in {ledger}. Nearest: {nearest}.",
        action="Link '{tax_code}' to a tax rate of {ledger} or rename it, then Retry.",
        where="Ledgerwire: tax links of the account; ConnectWise: System > Setup Tables > Tax Codes",
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("tax_code",),
        source="M25, F1",
    ),
    Entry(
        code="TAX_RATE_DIFFERS",
        severity=Severity.WARNING,
        title="Tax rates differ",
        message="{number} is taxed at {expected} % by '{tax_code}'; {ledger} has {found} % for '{name}'. "
        "The tax printed, {tax}, is posted.",
        action="Correct the rate on the side that is wrong.",
        where="ConnectWise: System > Setup Tables > Tax Codes; Ledger: tax rates",
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("tax_code",),
        source="F1",
    ),
    Entry(
        code="TAX_TYPE_MISSING",
        severity=Severity.STOP,
        title="A tax type of the settings is not in the ledger",
        message="Tax type '{tax_type}' ({purpose}) of the account's settings is not an active tax rate of {ledger}.",
        action="Put a tax type of {ledger} into the settings, then Retry.",
        where=_SETTINGS,
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("tax_type", "purpose"),
        source="M11, M12",
    ),
    Entry(
        code="TAX_NOT_ALLOWED_FOR_ACCOUNT",
        severity=Severity.STOP,
        title="Tax rate not allowed on this account",
        message="Tax rate '{name}' cannot be used on account '{account}' in {ledger} ({number}).",
        action="Allow the rate on that kind of account in {ledger}, or link the tax code to another rate, then Retry.",
        where="Ledger: tax rates; or Ledgerwire: tax links of the account",
        who="account admin",
        side=Side.LEDGER,
        cause_params=("name", "account"),
        source="M25",
    ),
    # --- tracking
    Entry(
        code="TRACKING_MISSING",
        severity=Severity.STOP,
        title="Line without tracking",
        message="'{line_text}' on {number} has no {category}. Expected one of: {expected}.",
        action="Fill the class of that mapping row, set {number} to GL Reload and close it again; "
        "or let the account post without it.",
        where=_GL_TABLE,
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("category",),
        source="A068, F1",
    ),
    Entry(
        code="TRACKING_UNKNOWN",
        severity=Severity.STOP,
        title="Tracking not in the ledger",
        message="'{found}' on {number} is not an option of {category} in {ledger}. Expected one of: {expected}.",
        action="Add the option in {ledger}, then Retry; or correct the class of that mapping row, "
        "set {number} to GL Reload and close it again.",
        where="Ledger: tracking categories; ConnectWise: System > Setup Tables > GL Accounts",
        who="account admin",
        side=Side.LEDGER,
        cause_params=("category", "found"),
        source="A056, A068, F1",
    ),
    # --- amounts
    Entry(
        code="ROUNDING_APPLIED",
        severity=Severity.WARNING,
        title="Quantity and price do not make the line total",
        message="Posted. '{line_text}': {quantity} x {price} is {found}, ConnectWise has {expected} "
        "({difference}); {treatment}.",
        action="None; to avoid it, use prices of at most four decimals that multiply out.",
        where=_NOWHERE,
        who="clerk",
        side=Side.NONE,
        cause_params=("item",),
        source="A132, D13",
    ),
    Entry(
        code="ADJUSTMENT_APPLIED",
        severity=Severity.WARNING,
        title="Totals tied by an adjustment",
        message="Posted. {amount} added to {account}: ConnectWise {expected}, {ledger} {found}. Cause: {cause}.",
        action="None.",
        where=_NOWHERE,
        who="clerk",
        side=Side.NONE,
        cause_params=("cause",),
        source="A133, D13, M11, M25",
    ),
    Entry(
        code="ADJUSTMENT_OVER_LIMIT",
        severity=Severity.STOP,
        title="Totals differ by more than may be adjusted",
        message="{number} is {expected} in ConnectWise and would be {found} in {ledger}: {difference} apart, "
        "{limit} may be adjusted. Cause: {cause}.",
        action="Correct the lines, set {number} to GL Reload and close it again; or raise the limit, then Retry.",
        where="ConnectWise: the invoice; or Ledgerwire: rounding settings of the account",
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=("cause",),
        source="A133, M11, F1",
    ),
)
