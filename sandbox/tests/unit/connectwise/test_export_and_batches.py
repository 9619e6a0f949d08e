from decimal import Decimal

import pytest

from ledgerwire.sandbox.connectwise.batches import batch_entries, batch_invoices, create_batch, delete_batch
from ledgerwire.sandbox.connectwise.copies import copy_invoice
from ledgerwire.sandbox.connectwise.errors import ApiError
from ledgerwire.sandbox.connectwise.export import export
from ledgerwire.sandbox.connectwise.export_request import ExportRequest, Ids
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.connectwise.invoices import InvoiceDesk
from ledgerwire.sandbox.connectwise.unbatching import rebatch_record, unbatch_record
from ledgerwire.sandbox.connectwise.unposted import unposted_invoice_ids, unposted_row

from .conftest import PERSON, Make, close, invoice, line

ALL = ExportRequest(invoices=True, expenses=False, products=False)
LINES = [
    line(
        "RP",
        "80.00",
        quantity=Decimal(2),
        price=Decimal(40),
        cost=Decimal("50.00"),
        taxable=True,
        tax_by_level=(Decimal("5.00"), Decimal("1.60")),
        item_id=501,
        item_identifier="SWITCH",
        drop_shipped=True,
    ),
    line("R", "20.00"),
]


def wanted_ids(transaction):
    return [int(one) for one in transaction["glEntryIds"].split(",")] + [one["id"] for one in transaction["detail"]]


def one_transaction(state):
    [transaction] = export(state, ALL)["transactions"]
    return transaction


@pytest.mark.requirement("M3", "M13")
def test_revenue_is_exported_as_negative_credits_with_tax_rows_among_the_details(make_state: Make) -> None:
    state = make_state(invoice(1, "106.60", "6.60"), lines={1: LINES})
    close(state, 1)
    header = one_transaction(state)
    assert [(d["glTypeId"], d["total"], d["quantity"]) for d in header["detail"]] == [
        ("RP", Decimal("-80.00"), Decimal(-2)),
        ("R", Decimal("-20.00"), Decimal(1)),
        ("ST", Decimal("-5.00"), Decimal(1)),
        ("ST", Decimal("-1.60"), Decimal(1)),
    ]
    assert (header["documentType"], header["total"], header["salesTax"]) == (
        "INVOICE",
        Decimal("106.60"),
        Decimal("6.60"),
    )
    assert header["total"] + sum(d["total"] for d in header["detail"]) == 0
    assert header["company"]["identifier"] == "ACME"
    assert header["companyAccountNumber"] == "C-10"
    assert (header["dueDays"], header["billingTermsXref"]) == (14, "N14")
    product = header["detail"][0]
    assert (product["costAccountNumber"], product["inventoryAccountNumber"]) == ("5100", "1400")
    assert product["item"]["identifier"] == "SWITCH"
    assert (product["dropShippedFlag"], product["itemCost"]) == (True, Decimal(25))
    assert [level["taxAmount"] for level in header["taxLevels"]] == [Decimal("5.00"), Decimal("1.60")]


@pytest.mark.requirement("M3")
def test_signs_flip_on_a_credit_memo_and_the_header_sign_is_a_switch(make_state: Make) -> None:
    memo = invoice(1, "-100.00", type="CreditMemo")
    state = make_state(memo, lines={1: [line("R", "-100.00")]})
    close(state, 1)
    header = one_transaction(state)
    assert (header["documentType"], header["detail"][0]["total"]) == ("CREDIT MEMO", Decimal("100.00"))
    assert header["total"] == Decimal("-100.00")
    state.switches.export_header_total = "absolute"
    assert one_transaction(state)["total"] == Decimal("100.00")


def test_included_excluded_date_and_location_narrow_the_export(make_state: Make) -> None:
    late = invoice(2, "100.00", date="2026-04-01T00:00:00Z")
    state = make_state(invoice(1, "100.00"), late, invoice(3, "100.00"), lines={n: [line()] for n in (1, 2)})
    close(state, 1)
    close(state, 2)

    def numbers(**changes):
        request = ExportRequest(True, False, False, **changes)
        return [one["documentNumber"] for one in export(state, request)["transactions"]]

    assert numbers() == ["INV-1", "INV-2"]
    assert numbers(invoice_ids=Ids(included=frozenset({2, 3}))) == ["INV-2"]
    assert numbers(invoice_ids=Ids(excluded=frozenset({2}))) == ["INV-1"]
    assert numbers(thru_date="2026-03-31") == ["INV-1"]
    assert numbers(location_id=9) == []
    with pytest.raises(ApiError):
        ExportRequest.parse({"includedInvoiceIds": [1]})


@pytest.mark.requirement("M7")
def test_only_the_given_ids_are_batched_and_a_missing_tax_row_leaves_the_invoice_half_batched(make_state: Make) -> None:
    state = make_state(invoice(1, "106.60", "6.60"), lines={1: LINES})
    close(state, 1)
    ids = wanted_ids(one_transaction(state))
    create_batch(state, {"batchIdentifier": "INV-1-half", "processedRecordIds": ids[:-1]}, PERSON)
    assert "glBatch" not in state.tables["invoices"][1]
    assert unposted_invoice_ids(state) == [1]
    rest = one_transaction(state)
    assert (rest["glEntryIds"], [one["id"] for one in rest["detail"]]) == ("", ids[-1:])
    create_batch(state, {"batchIdentifier": "INV-1-rest", "processedRecordIds": ids[-1:]}, PERSON)
    assert state.tables["invoices"][1]["glBatch"]["name"] == "INV-1-rest"
    assert unposted_invoice_ids(state) == []


@pytest.mark.requirement("M8")
def test_deleting_a_batch_returns_its_invoice_and_leaves_a_mark(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    close(state, 1)
    batch_invoices(state, [1], "BY-HAND", PERSON)
    with pytest.raises(ApiError):
        close(state, 1, "GL Reload")
    debits = [(row["accountType"], row["debit"], row["credit"]) for row in batch_entries(state, 1)]
    assert debits == [("AR", Decimal("100.00"), 0), ("R", 0, Decimal("100.00"))]
    delete_batch(state, 1, PERSON)
    row = state.tables["invoices"][1]
    assert ("glBatch" in row, row["unbatchedBatch"]["name"]) == (False, "BY-HAND")
    assert unposted_invoice_ids(state) == [1]
    close(state, 1, "GL Reload")


def test_batch_identifiers_are_at_most_fifty_long_and_unique(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), invoice(2, "100.00"), lines={n: [line()] for n in (1, 2)})
    close(state, 1)
    close(state, 2)
    batch_invoices(state, [1], "INV-1", PERSON)
    for name in ("inv-1", "x" * 51):
        with pytest.raises(ApiError):
            batch_invoices(state, [2], name, PERSON)


@pytest.mark.requirement("M8")
def test_entries_dropped_by_a_reopen_cannot_be_batched(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    close(state, 1)
    ids = wanted_ids(one_transaction(state))
    close(state, 1, "GL Reload")
    with pytest.raises(ApiError):
        create_batch(state, {"batchIdentifier": "GONE", "processedRecordIds": ids}, PERSON)
    close(state, 1)
    fresh = wanted_ids(one_transaction(state))
    with pytest.raises(ApiError):
        create_batch(state, {"batchIdentifier": "MIXED", "processedRecordIds": ids + fresh}, PERSON)
    state.switches.batch_unknown_ids = "ignore"
    create_batch(state, {"batchIdentifier": "MIXED", "processedRecordIds": ids + fresh}, PERSON)
    assert state.tables["invoices"][1]["glBatch"]["name"] == "MIXED"


def test_a_batch_closed_on_the_screen_is_kept_unless_the_tenant_allows(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    close(state, 1)
    batch_invoices(state, [1], "B", PERSON)
    state.tables["batches"][1]["closedFlag"] = True
    with pytest.raises(ApiError):
        delete_batch(state, 1, PERSON)
    state.switches.closed_batch_delete = "allow"
    delete_batch(state, 1, PERSON)


def test_a_split_receivable_has_two_header_ids_and_both_must_be_batched(make_state: Make) -> None:
    state = make_state(invoice(1, "106.60", "6.60"), lines={1: LINES})
    state.switches.split_receivable = True
    close(state, 1)
    header = one_transaction(state)
    assert len(header["glEntryIds"].split(",")) == 2
    ids = wanted_ids(header)
    create_batch(state, {"batchIdentifier": "HALF", "processedRecordIds": ids[1:]}, PERSON)
    assert "glBatch" not in state.tables["invoices"][1]


def test_the_unposted_rows_id_is_not_the_invoices(make_state: Make) -> None:
    state = make_state(invoice(1, "106.60", "6.60"), lines={1: LINES})
    close(state, 1)
    row = unposted_row(state, 1)
    assert row["billingLogId"] == 1
    assert row["id"] != 1
    assert (row["dueDays"], row["stateTaxAmount"], row["countyTaxAmount"]) == ("14", Decimal("5.00"), Decimal("1.60"))
    assert (row["stateTaxXref"], row["hasProducts"], row["hasTime"]) == ("TX-STATE", True, True)


@pytest.mark.requirement("M6")
def test_cogs_accounts_are_left_out_where_the_package_does_not_export_them(make_state: Make) -> None:
    state = make_state(invoice(1, "106.60", "6.60"), lines={1: LINES})
    state.tables["accounting_package_setup"][1]["includeCogsEntriesFlag"] = False
    close(state, 1)
    assert "costAccountNumber" not in one_transaction(state)["detail"][0]


def test_a_copy_is_an_invoice_of_its_own_with_the_same_lines(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    desk = InvoiceDesk(state)
    first, second = copy_invoice(state, desk, 1, 2, batched=True, member_id=PERSON)
    marks = [state.tables["invoices"][number]["glBatch"]["id"] for number in (first, second)]
    assert len(set(marks)) == 2
    [fresh] = copy_invoice(state, desk, 1, 1, batched=False, member_id=PERSON)
    assert state.tables["invoices"][fresh]["status"]["name"] == "New"
    assert state.invoice_lines[fresh] == state.invoice_lines[1]


def test_ids_of_deleted_batches_are_never_given_again(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    close(state, 1)
    batch_invoices(state, [1], "ONE", PERSON)
    delete_batch(state, 1, PERSON)
    batch_invoices(state, [1], "ONE", PERSON)
    assert state.tables["invoices"][1]["glBatch"] == {"id": 2, "name": "ONE"}


@pytest.mark.requirement("M8")
def test_an_unbatched_invoice_can_be_reopened_and_goes_back_into_its_batch_with_other_figures(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), invoice(2, "100.00"), lines={n: [line()] for n in (1, 2)})
    close(state, 1)
    close(state, 2)
    batch_invoices(state, [1, 2], "BOTH", PERSON)
    key = RecordKey("invoice", 1)
    unbatch_record(state, key, PERSON)
    row = state.tables["invoices"][1]
    assert ("glBatch" in row, row["unbatchedBatch"]["name"], unposted_invoice_ids(state)) == (False, "BOTH", [1])
    assert state.tables["invoices"][2]["glBatch"]["name"] == "BOTH"
    with pytest.raises(ApiError):
        unbatch_record(state, key, PERSON)
    close(state, 1, "GL Reload")
    with pytest.raises(ApiError):
        rebatch_record(state, key, PERSON)
    InvoiceDesk(state).edit(1, {"total": Decimal("120.00")}, PERSON, lines=[line(total="120.00")])
    close(state, 1)
    rebatch_record(state, key, PERSON)
    assert (row["glBatch"]["name"], unposted_invoice_ids(state)) == ("BOTH", [])
    assert [one["debit"] for one in batch_entries(state, 1) if one["accountType"] == "AR"] == [100, 120]


@pytest.mark.requirement("M8")
def test_nothing_leaves_a_closed_batch(make_state: Make) -> None:
    state = make_state(invoice(1, "100.00"), lines={1: [line()]})
    close(state, 1)
    batch_invoices(state, [1], "B", PERSON)
    state.tables["batches"][1]["closedFlag"] = True
    with pytest.raises(ApiError):
        unbatch_record(state, RecordKey("invoice", 1), PERSON)


@pytest.mark.requirement("M6")
def test_product_lines_carry_cost_stock_account_and_what_the_catalog_says(make_state: Make) -> None:
    state = make_state(invoice(1, "106.60", "6.60"), lines={1: LINES})
    state.tables["catalog"][501] = {
        "id": 501,
        "identifier": "SWITCH",
        "productClass": "Inventory",
        "serializedFlag": True,
        "subcategory": {"id": 5, "name": "Switches"},
        "type": {"id": 3, "name": "Hardware"},
    }
    state.tables["product_types"][3] = {"id": 3, "name": "Hardware", "typeXref": "InventoryPart"}
    close(state, 1)
    product, labour = one_transaction(state)["detail"][:2]
    assert (product["cost"], product["costAccountNumber"], product["inventoryAccountNumber"]) == (50, "5100", "1400")
    assert product["item"] == {"id": 501, "identifier": "SWITCH", "serializedFlag": True}
    assert (product["subCategory"]["name"], product["itemTypeXref"]) == ("Switches", "InventoryPart")
    assert (product["productAccountNumber"], labour["item"]) == ("4111", None)
