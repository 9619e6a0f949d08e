"""A tenant that also buys, keeps stock and has expenses: the small tenant's tables and more of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import httpx

from ledgerwire.sandbox.connectwise.app import ConnectWise, create_connectwise
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, StockLine, Transfer
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal

from .conftest import GL_ACCOUNTS, PERSON, mapping, small_tables

VENDOR = 30
MARCH_3 = date(2026, 3, 3)

TRADING_GL = [
    mapping(20, "RP", "Product", 502, inventory="1400", cogs1="5200"),
    mapping(21, "P", "Corporate", 1, segment1="2000", segment2="Purchasing"),
    mapping(22, "PF", "Corporate", 1, segment1="5300", productId="FREIGHT"),
    mapping(23, "PT", "Corporate", 1, segment1="2250"),
    mapping(24, "FT", "Corporate", 1, segment1="2251"),
    mapping(25, "IA", "Corporate", 1, segment1="5900"),
    mapping(26, "IT", "Corporate", 1, segment1="1400"),
    mapping(27, "IT", "Warehouse", 9, segment1="1410"),
    mapping(28, "EE", "Corporate", 1, segment1="6000"),
    mapping(29, "EE", "Expense Type", 2, segment1="6010", segment2="Travel"),
    mapping(30, "EI", "Corporate", 1, segment1="6100"),
    mapping(31, "EO", "Corporate", 1, segment1="2100"),
    mapping(32, "EO", "Payment Type", 2, segment1="2110"),
    mapping(33, "ET", "Corporate", 1, segment1="2260"),
]


def rows(*given: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in given}


def trading_tables(*invoices: dict[str, Any]) -> dict[str, dict[int, dict[str, Any]]]:
    tables = small_tables(list(invoices))
    tables["companies"][VENDOR] = {
        "id": VENDOR,
        "identifier": "INGRAM",
        "name": "Ingram",
        "vendorIdentifier": "V-30",
        "accountNumber": "A-30",
        "types": [{"id": 6, "name": "Vendor"}],
    }
    tables["members"][PERSON] |= {"firstName": "Linh", "lastName": "Phan", "vendorNumber": "E-152"}
    tables["accounting_package_setup"][1]["transferExpensesAsBillFlag"] = True
    tables["gl_accounts"] = rows(*GL_ACCOUNTS, *TRADING_GL)
    return tables | {
        "product_types": rows({"id": 1, "name": "Hardware", "typeXref": "InventoryPart"}),
        "categories": rows({"id": 31, "name": "Network"}),
        "subcategories": rows({"id": 311, "name": "Switches", "category": {"id": 31, "name": "Network"}}),
        "currencies": rows({"id": 1, "currencyIdentifier": "USD", "name": "US Dollar", "symbol": "$"}),
        "catalog": rows(
            {
                "id": 502,
                "identifier": "RACK",
                "description": "Rack",
                "productClass": "Inventory",
                "type": {"id": 1, "name": "Hardware"},
                "category": {"id": 31, "name": "Network"},
                "subcategory": {"id": 311, "name": "Switches"},
                "price": Decimal(150),
                "cost": Decimal(100),
            }
        ),
        "warehouses": rows(
            {"id": 8, "name": "Main", "locationXref": "MAIN"}, {"id": 9, "name": "Van", "locationXref": "VAN"}
        ),
        "purchase_order_statuses": rows(
            {"id": 1, "name": "Open", "defaultFlag": True},
            {"id": 2, "name": "Closed", "closedFlag": True, "defaultClosedFlag": True},
        ),
        "adjustment_types": rows({"id": 1, "identifier": "COUNT", "name": "Stock count"}),
        "classifications": rows(
            {"id": 1, "name": "Reimbursable", "multiplier": 1},
            {"id": 2, "name": "Non-Reimbursable", "multiplier": 0},
            {"id": 3, "name": "Personal", "multiplier": -1},
        ),
        "expense_types": rows({"id": 1, "name": "Meals"}, {"id": 2, "name": "Mileage"}),
        "payment_types": rows(
            {"id": 1, "name": "Cash", "companyFlag": False}, {"id": 2, "name": "Company card", "companyFlag": True}
        ),
        "tax_integrations": rows({"id": 1, "taxIntegrationType": "Avalara", "enabledFlag": False}),
    }


def received(item: str = "RACK", quantity: str = "2", cost: str = "100.00", **changes: Any) -> ReceiptLine:
    values: dict[str, Any] = {
        "item_identifier": item,
        "description": f"{item} received",
        "quantity": Decimal(quantity),
        "cost": Decimal(cost),
        "total": Decimal(quantity) * Decimal(cost),
        "product_class": "Inventory",
        "item_id": 502,
        "category_id": 31,
        "warehouse_id": 8,
    }
    return ReceiptLine(**{**values, **changes})


def receipt(*lines: ReceiptLine, **changes: Any) -> Receipt:
    values: dict[str, Any] = {
        "purchase_order_id": 3,
        "po_number": "PO-3",
        "vendor_company_id": VENDOR,
        "received": MARCH_3,
        "lines": lines or (received(),),
        "packing_slip": "PS1",
        "vendor_invoice_number": "VI-77",
        "vendor_invoice_date": MARCH_3,
        "billing_terms_id": 2,
        "currency_id": 1,
        "location_id": 2,
    }
    return Receipt(**{**values, **changes})


def taxed_receipt() -> Receipt:
    line = received(taxable=True, tax_by_level=(Decimal("12.50"), Decimal("4.00")))
    return receipt(
        line,
        freight=Decimal("15.00"),
        freight_taxable=True,
        freight_tax_by_level=(Decimal("0.94"),),
        tax_code_id=1,
    )


def moved(quantity: int, total: str) -> StockLine:
    return StockLine(
        item_identifier="RACK",
        description="Rack moved",
        quantity=quantity,
        cost=Decimal(100),
        total=Decimal(total),
        item_id=502,
        category_id=31,
        warehouse_id=8,
    )


def adjustment(quantity: int = 3, total: str = "300.00") -> Adjustment:
    return Adjustment(
        adjustment_id=1, identifier="COUNT-1", closed=MARCH_3, lines=(moved(quantity, total),), reason="Count"
    )


def transfer(to_warehouse: int = 9) -> Transfer:
    return Transfer(
        transfer_id=5, moved=MARCH_3, line=moved(1, "100.00"), from_warehouse_id=8, to_warehouse_id=to_warehouse
    )


def expense(number: int = 70, amount: str = "110.00", **changes: Any) -> Expense:
    values: dict[str, Any] = {
        "expense_id": number,
        "member_id": PERSON,
        "spent": MARCH_3,
        "amount": Decimal(amount),
        "expense_type_id": 1,
        "payment_method_id": 1,
        "notes": f"Expense {number}",
        "currency_id": 1,
    }
    return Expense(**{**values, **changes})


def trading(*facts: Receipt | Adjustment | Transfer | Expense, **switches: Any) -> ConnectWise:
    clock = VirtualClock()
    state = ConnectWiseState(clock, Journal(clock), Credentials.derive(1))
    state.switches.change(switches)
    state.load(
        trading_tables(),
        {},
        procurement=[one for one in facts if not isinstance(one, Expense)],
        expenses=[one for one in facts if isinstance(one, Expense)],
    )
    return create_connectwise(state, Faults())


async def call(psa: ConnectWise, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
    """A REST call on a person's screen; the decoded answer. Without `status` any success will do."""
    reply: httpx.Response = await psa.as_person(PERSON, method, path, body)
    assert reply.is_success if status is None else reply.status_code == status, reply.text
    return reply.json() if reply.content else None


async def export(psa: ConnectWise, **asked: Any) -> Any:
    return await call(psa, "POST", "/finance/accounting/export", asked)


async def batch(psa: ConnectWise, name: str, ids: list[int], **more: Any) -> Any:
    body = {"batchIdentifier": name, "processedRecordIds": ids, **more}
    return await call(psa, "POST", "/finance/accounting/batches", body)


async def unposted(psa: ConnectWise, kind: str = "procurement") -> list[dict[str, Any]]:
    return await call(psa, "GET", f"/finance/accounting/unposted{kind}")
