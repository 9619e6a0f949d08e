"""Agreements, additions, products and rights through the client, with the role of seat billing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
import stamina

from ledgerwire.common.errors import Ambiguous, Waiting
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.agreements import AdditionChange, NewAddition
from ledgerwire.connectwise.catalog import NewProduct, SetupTable
from ledgerwire.connectwise.conditions import Field
from ledgerwire.connectwise.errors import RecordMissing, Refused
from ledgerwire.connectwise.models import Agreement
from ledgerwire.connectwise.rights import SEAT_ROLE, SEAT_TABLES, Action, Right, needed
from ledgerwire.connectwise.security import beyond, lacking

from .conftest import World

SEAT = NewAddition(
    product_id=3,
    quantity=Decimal(10),
    unit_price=Decimal("22.00"),
    unit_cost=Decimal("18.5"),
    effective=dt.date(2026, 3, 15),
    description="Business Premium",
)


@pytest.fixture(autouse=True)
def _quick_retries():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


async def make(seats: ConnectWise, name: str = "Seats", **values: object) -> Agreement:
    company = (await seats.all_companies())[0]
    cycle = next(row for row in await seats.agreements.billing_cycles() if row.billing_options == "Monthly")
    kind = next(row for row in await seats.agreements.types() if row.name == "Cloud Monthly")
    return await seats.agreements.create(
        {
            "name": name,
            "type": {"id": kind.id},
            "company": {"id": company.id},
            "startDate": "2026-03-01T00:00:00Z",
            "billingCycle": {"id": cycle.id},
            "invoicingCycle": "CalendarYear",
            "prorateFlag": True,
            **values,
        }
    )


@pytest.mark.requirement("A169")
async def test_agreements_are_read_by_company_by_id_and_by_condition(seats: ConnectWise, world: World) -> None:
    made = await make(seats)
    assert made.company_id is not None
    assert (made.starts, made.ends, made.next_invoice) == (dt.date(2026, 3, 1), None, dt.date(2026, 3, 1))
    assert (made.agreement_status, made.prorate_flag, made.invoiced_once) == ("Active", True, False)
    assert made in await seats.agreements.of_companies([made.company_id])
    assert await seats.agreements.by_ids([made.id, 99999]) == [made]
    active = await seats.agreements.all(Field("agreementStatus").eq("Active"))
    assert {row.id for row in active} == set(world.state.tables["agreements"])
    assert await seats.agreements.count() == len(world.state.tables["agreements"])
    assert await seats.companies_count() == len(world.state.tables["companies"])
    assert await seats.agreements.named(made.company_id, "Seats") == [made]


@pytest.mark.requirement("A175", "M24")
async def test_an_addition_is_made_once_changed_once_and_read_back_prorated(seats: ConnectWise) -> None:
    agreement = await make(seats)
    row, is_new = await seats.agreements.ensure_addition(agreement.id, SEAT)
    again, is_again_new = await seats.agreements.ensure_addition(agreement.id, SEAT)
    assert (row.id, is_new, is_again_new) == (again.id, True, False)
    assert (row.product_id, row.quantity, row.unit_cost) == (3, Decimal(10), Decimal("18.5"))
    assert row.extended_prorate_price == Decimal("120.65")  # 220 x 17/31
    change = AdditionChange(cancelled=dt.date(2026, 3, 20))
    ended, was_written = await seats.agreements.ensure_change(agreement.id, row.id, change)
    assert (ended.cancelled, ended.extended_prorate_price, was_written) == (
        dt.date(2026, 3, 20),
        Decimal("42.58"),
        True,
    )
    assert (await seats.agreements.ensure_change(agreement.id, row.id, change))[1] is False
    assert await seats.agreements.find_additions(agreement.id, replace(SEAT, cancelled=ended.cancelled)) == [ended]
    assert await seats.agreements.find_additions(agreement.id, SEAT) == []
    reopened, _ = await seats.agreements.ensure_change(agreement.id, row.id, AdditionChange(reopened=True))
    assert (reopened.cancelled, reopened.extended_prorate_price) == (None, row.extended_prorate_price)
    assert await seats.agreements.additions_count(agreement.id) == 1


async def test_a_second_addition_that_says_the_same_is_told_apart_by_the_ids_known(seats: ConnectWise) -> None:
    agreement = await make(seats)
    first, _ = await seats.agreements.ensure_addition(agreement.id, SEAT)
    second, is_new = await seats.agreements.ensure_addition(agreement.id, SEAT, besides={first.id})
    assert is_new
    assert {row.id for row in await seats.agreements.additions(agreement.id)} == {first.id, second.id}


@pytest.mark.requirement("M24")
async def test_a_row_with_seats_included_is_another_one_until_none_is(seats: ConnectWise) -> None:
    agreement = await make(seats)
    row = await seats.agreements.create_addition(agreement.id, SEAT)
    included = AdditionChange(less_included=Decimal(4))
    less, _ = await seats.agreements.ensure_change(agreement.id, row.id, included)
    assert less.extended_prorate_price == Decimal("72.39")  # 6 x 22.00 x 17/31
    assert await seats.agreements.find_additions(agreement.id, SEAT) == []
    await seats.agreements.ensure_change(agreement.id, row.id, replace(included, less_included=Decimal(0)))
    assert [each.id for each in await seats.agreements.find_additions(agreement.id, SEAT)] == [row.id]


@pytest.mark.parametrize("fault", ["500_after", "timeout_after_commit", "half_body", "html_page"])
async def test_an_addition_whose_answer_was_lost_is_found_by_what_it_says(
    seats: ConnectWise, world: World, fault: str
) -> None:
    agreement = await make(seats)
    world.fail(fault, method="POST", path_regex="/additions$", params={"seconds": 0.05})
    with pytest.raises(Ambiguous):
        await seats.agreements.create_addition(agreement.id, SEAT)
    row, is_new = await seats.agreements.ensure_addition(agreement.id, SEAT)
    assert is_new is False
    assert await seats.agreements.additions(agreement.id) == [row]


async def test_additions_come_over_many_pages(seats: ConnectWise, world: World) -> None:
    agreement = await make(seats)
    made = await seats.agreements.create_addition(agreement.id, SEAT)
    table = world.state.tables["additions"]
    for number in range(made.id + 1, made.id + 1500):
        table[number] = {**table[made.id], "id": number}
    assert len(await seats.agreements.additions(agreement.id)) == 1500
    world.state.switches.requests_per_minute = 0


async def test_what_cannot_be_is_refused_and_what_is_gone_is_missing(seats: ConnectWise) -> None:
    agreement = await make(seats)
    with pytest.raises(Refused, match="cancelled date"):
        await seats.agreements.create_addition(agreement.id, replace(SEAT, cancelled=dt.date(2026, 3, 1)))
    with pytest.raises(RecordMissing):
        await seats.agreements.additions(99999)


@pytest.mark.requirement("M22")
async def test_a_one_time_agreement_that_was_invoiced_is_copied_once(seats: ConnectWise, world: World) -> None:
    cycle = next(row for row in await seats.agreements.billing_cycles() if row.billing_options == "NotRecurring")
    source = await make(seats, "Annual", billingCycle={"id": cycle.id})
    await seats.agreements.create_addition(source.id, replace(SEAT, unit_price=Decimal("120.96")))
    await world.server.as_person(152, "POST", f"/finance/agreements/{source.id}/invoice")
    [read] = await seats.agreements.by_ids([source.id])
    assert read.invoiced_once
    where = {"company_id": source.company_id or 0, "name": "Annual 2026-06", "start": dt.date(2026, 6, 1)}
    made = await seats.agreements.copy(source.id, **where)
    assert (made.name, made.starts, made.bill_one_time_flag, made.invoiced_once) == (
        "Annual 2026-06",
        dt.date(2026, 6, 1),
        True,
        False,
    )
    assert made.next_invoice == dt.date(2026, 6, 1)
    assert (await seats.agreements.copy(source.id, **where)).id == made.id
    assert await seats.agreements.additions(made.id) == []


@pytest.mark.requirement("A190", "A194", "A195", "A197", "A198", "M23")
async def test_set_up_records_are_found_activated_or_made_and_then_kept(seats: ConnectWise, world: World) -> None:
    catalog = seats.catalog
    category = await catalog.ensure_record(SetupTable.CATEGORY, "Miscellaneous")
    subcategory = await catalog.ensure_record(SetupTable.SUBCATEGORY, "Miscellaneous", category_id=category.id)
    kind = await catalog.ensure_record(SetupTable.PRODUCT_TYPE, "Miscellaneous")
    each = await catalog.ensure_record(SetupTable.UNIT_OF_MEASURE, " each ")
    assert each.name == "Each"
    assert await catalog.ensure_record(SetupTable.CATEGORY, "miscellaneous") == category
    assert subcategory.category is not None
    assert subcategory.category.id == category.id
    world.state.tables["product_types"][kind.id]["inactiveFlag"] = True
    [found] = await catalog.named(SetupTable.PRODUCT_TYPE, "Miscellaneous")
    assert not found.active
    assert (await catalog.ensure_record(SetupTable.PRODUCT_TYPE, "Miscellaneous")).active
    product = NewProduct(
        identifier="CFQ7TTC0LDPB-0001",
        description="Microsoft 365 Business Premium, one year, paid every month, new commerce",
        category_id=category.id,
        subcategory_id=subcategory.id,
        type_id=kind.id,
        unit_of_measure_id=each.id,
        taxable=True,
        vendor_sku="CFQ7TTC0LDPB:0001",
    )
    made = await catalog.ensure(product)
    assert (made.product_class, made.taxable_flag, made.billable_option) == ("NonInventory", True, "Billable")
    assert (await catalog.ensure(product)).id == made.id
    assert (await catalog.ensure(replace(product, vendor_sku=""))).id == made.id
    assert await catalog.by_vendor_sku([product.vendor_sku, "none"]) == {product.vendor_sku: [made], "none": []}
    assert await catalog.by_ids([made.id]) == [made]
    changed = await catalog.change(made.id, {"price": Decimal("32.90"), "inactiveFlag": True})
    assert (changed.price, changed.active) == (Decimal("32.90"), False)
    assert [row.id for row in await catalog.containing("ldpb")] == [made.id]


def test_seats_are_never_stock() -> None:
    product = NewProduct("X", "X", 1, 1, 1, 1, taxable=True, product_class="Inventory")
    with pytest.raises(ValueError, match="stock"):
        product.body()


@pytest.mark.requirement("A167", "A172", "A180", "A186")
async def test_the_role_of_the_document_has_all_that_is_needed_and_nothing_else(seats: ConnectWise) -> None:
    mine, allowed = await seats.security.mine(), await seats.security.customized()
    tables = [Right("System", "Table Setup", Action.INQUIRE, table) for table in SEAT_TABLES]
    assert lacking(mine, [*SEAT_ROLE, *tables], allowed) == []
    assert beyond(mine, SEAT_ROLE) == []
    with pytest.raises(Waiting, match="Finance > Invoicing: Inquire All"):
        await seats.can_read("/finance/invoices")


async def test_roles_are_read_with_the_right_to(psa: ConnectWise, seats: ConnectWise) -> None:
    roles = await psa.security.roles()
    assert await psa.security.settings(roles[1].id) == await seats.security.mine()
    with pytest.raises(Waiting, match="Security Roles: Inquire All"):
        await seats.security.roles()


@pytest.mark.requirement("A168", "A169", "A170", "A171", "A175", "A177", "A178", "A179")
@pytest.mark.parametrize("right", SEAT_ROLE, ids=str)
async def test_with_one_right_taken_away_the_error_names_it(seats: ConnectWise, world: World, right: Right) -> None:
    agreement = await make(seats)
    row, _ = await seats.agreements.ensure_addition(agreement.id, SEAT)
    for setting in world.state.tables["security_settings"].values():
        if setting["moduleFunctionName"] == right.function:
            setting[f"{right.action.lower()}Level"] = "None"
    calls = {
        ("Company Maintenance", Action.INQUIRE): seats.all_companies,
        ("Agreements", Action.ADD): lambda: seats.agreements.create_addition(agreement.id, SEAT),
        ("Agreements", Action.EDIT): lambda: seats.agreements.change(agreement.id, {"name": "x"}),
        ("Agreements", Action.INQUIRE): seats.agreements.all,
        ("Products", Action.ADD): lambda: seats.agreements.create_addition(agreement.id, SEAT),
        ("Products", Action.EDIT): lambda: seats.agreements.change_addition(
            agreement.id, row.id, AdditionChange(quantity=Decimal(1))
        ),
        ("Products", Action.INQUIRE): lambda: seats.agreements.additions(agreement.id),
        ("Product Catalog", Action.ADD): lambda: seats.catalog.create(NewProduct("X", "X", 1, 1, 1, 1, taxable=True)),
        ("Product Catalog", Action.EDIT): lambda: seats.catalog.change(3, {"price": Decimal(1)}),
        ("Product Catalog", Action.INQUIRE): lambda: seats.catalog.containing("misc"),
        ("Table Setup", Action.ADD): lambda: seats.catalog.create_record(SetupTable.CATEGORY, "x"),
        ("Table Setup", Action.EDIT): lambda: seats.catalog.activate_record(SetupTable.CATEGORY, 1),
        ("Table Setup", Action.INQUIRE): lambda: seats.catalog.records(SetupTable.UNIT_OF_MEASURE),
    }
    with pytest.raises(Waiting) as refused:
        await calls[right.function, right.action]()
    assert refused.value.code == "PERMISSION_MISSING"
    assert str(right) in str(refused.value.detail["area"])
    assert refused.value.detail["where"] == "ConnectWise: System > Security Roles"
    assert lacking(await seats.security.mine(), SEAT_ROLE) == [right]
    assert str(refused.value.detail["path"]).startswith("/")
    assert needed("GET", str(refused.value.detail["path"]))
