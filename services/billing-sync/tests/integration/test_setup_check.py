"""The set-up check covers the whole of the billing-sync document, says what is wrong and where, and fixes what it may."""

from __future__ import annotations

import pytest

from .conftest import ACME, OTHER, SOURCE, TODAY, codes, sold, subscription

DEFAULT_TABLES = {
    "Category": "categories",
    "Subcategory": "subcategories",
    "Product Type": "product_types",
    "Unit of Measure": "units_of_measure",
}


async def items(world, *, fix=False):
    """The items of a check by name."""
    return {item.name: item for item in (await world.desk.check(world.account_id, fix=fix)).items}


async def phases(world):
    return {each.name: (each.opened, each.passed) for each in (await world.desk.check(world.account_id)).phases}


def named(world, table, name):
    return [row for row in world.state.tables[table].values() if row["name"] == name]


@pytest.mark.requirement("A162", "A166", "A200")
async def test_a_phase_opens_only_when_the_one_before_has_passed_and_the_check_may_run_again(world):
    closed = {"connect": (False, False), "map": (False, False), "run": (False, False)}
    assert await phases(world) == {"PSA ready": (True, False), **closed}

    world.ready()
    await world.desk.check(world.account_id, fix=True)
    nobody_sold_anything = await phases(world)
    assert nobody_sold_anything["connect"] == (True, True)
    assert (nobody_sold_anything["map"], nobody_sold_anything["run"]) == ((True, False), (False, False))

    await world.post(sold(subscription(), subscription("far", customer_id="unknown")))
    found = await world.desk.check(world.account_id)
    assert found.ok
    assert found.may_run
    told = {item.name: item.told for item in found.items}
    assert told["customers"] == ("Acme, seat-monthly: Seats (Active)", "Unknown: not linked to a company")
    assert told[f"source {SOURCE}"] == ("2 customers, 2 subscriptions, 0 lines",)


@pytest.mark.requirement("A174", "A213")
async def test_the_connection_test_reads_a_company_and_the_catalog_and_says_each_apart(world):
    assert (await items(world))["connection"].told == ("read a company", "read the product catalog")
    world.take("Company Maintenance", "Inquire")
    connection = (await items(world))["connection"]
    assert connection.told == ("read the product catalog",)
    assert [each.params["right"] for each in connection.findings] == ["Companies > Company Maintenance: Inquire All"]


@pytest.mark.requirement("A167", "A172", "A186", "F1: BS_PERMISSION_BEYOND")
async def test_the_role_is_told_function_by_function_and_too_much_is_a_warning(world):
    clean = (await items(world))["security role"]
    assert (clean.ok, clean.findings) == (True, ())
    assert clean.told == (
        "Companies > Company Maintenance: has Inquire",
        "Finance > Agreements: has Add, Edit, Inquire",
        "Procurement > Product Catalog: has Add, Edit, Inquire",
        "Procurement > Products: has Add, Edit, Inquire",
        "System > Table Setup: has Add, Edit, Inquire",
    )
    world.take("Invoicing", "Inquire", "All")
    world.take("Agreements", "Delete", "All")
    world.take("Products", "Edit")
    role = (await items(world))["security role"]
    assert [(each.code, each.params["right"]) for each in role.findings] == [
        ("BS_PERMISSION_MISSING", "Procurement > Products: Edit All"),
        ("BS_PERMISSION_BEYOND", "Finance > Agreements: Delete All"),
        ("BS_PERMISSION_BEYOND", "Finance > Invoicing: Inquire All"),
    ]
    assert not role.ok
    assert "Procurement > Products: has Add, Inquire; lacks Edit" in role.told
    assert "Finance > Invoicing: more than needed Inquire" in role.told
    world.take("Products", "Edit", "All")
    assert (await items(world))["security role"].ok


@pytest.mark.requirement("A187", "A188", "A189", "F1: BS_MISC_PRODUCT_MISSING", "F1: BS_MISC_PRODUCT_INACTIVE")
async def test_every_miscellaneous_product_is_active_or_listed_and_made_active_on_request(world):
    assert codes((await items(world))["miscellaneous products"].findings) == ["BS_MISC_PRODUCT_MISSING"]
    await world.product("", "MISC-1")
    await world.product("", "Cloud Misc")
    for row in world.state.tables["catalog"].values():
        if row["identifier"] == "Cloud Misc":
            row["inactiveFlag"] = True
    found = (await items(world))["miscellaneous products"]
    assert [(each.code, each.params["product"]) for each in found.findings] == [
        ("BS_MISC_PRODUCT_INACTIVE", "Cloud Misc")
    ]
    fixed = (await items(world, fix=True))["miscellaneous products"]
    assert (fixed.fixed, fixed.ok) == (("Cloud Misc made active",), True)
    again = (await items(world, fix=True))["miscellaneous products"]
    assert (again.fixed, again.told) == ((), ("MISC-1 is active", "Cloud Misc is active"))


@pytest.mark.requirement("A190", "A191", "A192", "A193", "A194", "A195", "A197", "A198", "F1: BS_DEFAULT_MISSING")
async def test_defaults_are_found_by_name_and_made_in_order_only_where_they_are_missing(world):
    table = world.state.tables
    table["units_of_measure"][1]["name"] = " Each "
    await world.person("POST", "/procurement/types", {"name": "miscellaneous", "inactiveFlag": True})
    found = (await items(world))["defaults of created products"]
    assert not found.ok
    assert [(each.code, each.params["table"], each.params["state"]) for each in found.findings] == [
        ("BS_DEFAULT_MISSING", "Category", "absent"),
        ("BS_DEFAULT_MISSING", "Subcategory", "absent"),
        ("BS_DEFAULT_MISSING", "Product Type", "inactive"),
    ]
    fixed = (await items(world, fix=True))["defaults of created products"]
    assert fixed.fixed == (
        "Category 'Miscellaneous' created",
        "Subcategory 'Miscellaneous' created",
        "Product Type 'Miscellaneous' made active",
    )
    writes = world.desk.count.writes
    again = (await items(world, fix=True))["defaults of created products"]
    assert (again.ok, again.fixed, world.desk.count.writes) == (True, (), writes)
    [category], [below] = named(world, "categories", "Miscellaneous"), named(world, "subcategories", "Miscellaneous")
    assert below["category"]["id"] == category["id"]
    assert len(named(world, "product_types", "miscellaneous")) == 1


@pytest.mark.requirement("A191", "A192", "A193", "A197")
@pytest.mark.parametrize(("called", "table"), DEFAULT_TABLES.items())
async def test_an_inactive_default_fails_the_check_until_it_is_made_active(world, called, table):
    await world.desk.check(world.account_id, fix=True)
    [row] = named(world, table, "Each" if called == "Unit of Measure" else "Miscellaneous")
    row["inactiveFlag"] = True
    [finding] = (await items(world))["defaults of created products"].findings
    assert (finding.params["table"], finding.params["state"]) == (called, "inactive")
    assert finding.entry.where.startswith("ConnectWise: System > Setup Tables")
    fixed = (await items(world, fix=True))["defaults of created products"].fixed
    assert fixed == (f"{called} {row['name']!r} made active",)
    assert row["id"] in world.state.tables[table]
    assert (await items(world))["defaults of created products"].ok


@pytest.mark.requirement("A180", "A181", "A182", "A183", "A184", "A185")
@pytest.mark.parametrize(
    "table",
    [
        "Company / Company Status",
        "Products / Category",
        "Products / Subcategories",
        "Product / Product Type",
        "Product / UOM",
    ],
)
async def test_each_of_the_five_set_up_tables_is_tried_apart_from_the_others(world, table):
    assert len((await items(world))["set-up tables"].told) == 5
    world.forbid(table)
    found = await items(world)
    right = f"System > Table Setup: Inquire All, customized to allow {table}"
    assert [each.params["right"] for each in found["set-up tables"].findings] == [right]
    assert len(found["set-up tables"].told) == 4
    assert right in [each.params["right"] for each in found["security role"].findings]


@pytest.mark.requirement("M23", "F1: BS_GL_MAPPING_MISSING")
async def test_every_category_in_use_needs_revenue_and_cost_mappings_of_agreement_products(world):
    await world.desk.check(world.account_id, fix=True)
    await world.sync(sold(subscription()))
    table = world.state.tables["gl_accounts"]
    for number in [n for n, row in table.items() if row["glType"] == "AP" and row["mappedType"]["name"] == "Corporate"]:
        del table[number]
    found = (await items(world))["GL mappings"]
    assert [(each.params["category"], each.params["mapping"]) for each in found.findings] == [
        ("Cloud Subscriptions", "cost of goods"),
        ("Miscellaneous", "revenue"),
        ("Miscellaneous", "cost of goods"),
    ]
    assert not found.ok
    cloud = next(
        r for r in table.values() if r["glType"] == "AP" and r["mappedRecord"]["name"] == "Cloud Subscriptions"
    )
    [made] = named(world, "categories", "Miscellaneous")
    cloud["cogs1"] = "310"
    body = {**cloud, "mappedRecord": {"id": made["id"], "name": made["name"]}}
    await world.person("POST", "/finance/glAccounts", {name: value for name, value in body.items() if name != "id"})
    assert (await items(world))["GL mappings"].findings == ()


@pytest.mark.requirement("M23", "A167")
async def test_where_the_posting_key_may_not_read_the_mappings_the_check_says_so_and_goes_on(world):
    seats = world.content["connectwise"].pop("seats")
    world.content["connectwise"] |= seats
    await world.configure()
    [finding] = (await items(world))["GL mappings"].findings
    assert (finding.code, finding.stops) == ("BS_PERMISSION_MISSING", False)
    assert "General / GL Accounts" in finding.message


@pytest.mark.requirement("A199", "A207", "F1: BS_NO_ACTIVE_AGREEMENT", "F1: BS_AGREEMENT_ENDED", "F1: BS_NO_AGREEMENT")
async def test_a_company_needs_an_active_agreement_and_one_past_its_end_does_not_count(world):
    assert (await items(world))["agreements"].ok
    world.agreement(world.monthly)["cancelledFlag"] = True
    world.agreement(world.monthly)["agreementStatus"] = "Cancelled"
    world.agreement(world.annual).update(endDate="2026-03-19T00:00:00Z", noEndingDateFlag=False)
    for row in world.state.tables["agreements"].values():
        if row["company"]["id"] == ACME and row["name"] not in {"Seats", "Annual seats"}:
            row.update(endDate="2026-01-31T00:00:00Z", noEndingDateFlag=False)
    found = (await items(world))["agreements"]
    assert TODAY.isoformat() == "2026-03-20"
    assert {"BS_NO_ACTIVE_AGREEMENT", "BS_AGREEMENT_ENDED", "BS_AGREEMENT_SHAPE"} <= set(codes(found.findings))
    assert (
        next(each for each in found.findings if each.code == "BS_NO_ACTIVE_AGREEMENT")
        .params["customer"]
        .startswith("Harbour")
    )


@pytest.mark.requirement("A176", "A200", "F1: BS_NO_AGREEMENT", "F1: BS_AGREEMENT_TYPE_NOT_ALLOWED")
async def test_an_agreement_that_is_hidden_or_of_another_type_is_explained(world):
    customize = world.state.tables["customize_items"]
    number = world.state.next_id("customize_items")
    row = {"moduleFunctionName": "Agreements", "name": "Cloud Annual", "allowFlag": True}
    customize[number] = {"id": number, "parentId": 2, **row}
    hidden = (await items(world))["agreements"].findings
    assert {(each.params["motion"]) for each in hidden if each.code == "BS_NO_AGREEMENT"} == {"seat-monthly", "azure"}
    assert "not visible to the API member's role" in hidden[0].message or "not visible" in hidden[-1].message
    del customize[number]
    await world.policies(allowed_types=["Cloud Annual"])
    assert codes((await items(world))["agreements"].findings) == ["BS_AGREEMENT_TYPE_NOT_ALLOWED"]


@pytest.mark.requirement("A202", "A203", "A204", "A205", "A206", "F1: BS_AGREEMENT_SHAPE", "F1: BS_PRORATE_NOT_ENABLED")
async def test_the_shape_of_an_agreement_is_said_with_what_was_expected_and_found(world):
    world.agreement(world.monthly).update(billingCycle={"id": 2}, invoicingCycle="ContractYear", prorateFlag=False)
    world.agreement(world.annual).update(billOneTimeFlag=False, billingCycle={"id": 1})
    said = {(each.params.get("field", "prorate"), each.params["expected"], each.params["found"])
            for each in (await items(world))["agreements"].findings}  # fmt: skip
    assert said == {
        ("Billing Cycle", "Monthly", "Quarterly"),
        ("Cycle Based On", "CalendarYear", "ContractYear"),
        ("prorate", "ticked", "not ticked"),
        ("Bill One Time", "yes", "no"),
    }


@pytest.mark.requirement("A181", "F1: BS_CUSTOMER_MAPPING_NOT_FOUND")
async def test_only_companies_in_chosen_statuses_are_offered(world):
    world.state.tables["companies"][ACME]["status"] = {"id": 2, "name": "Inactive"}
    await world.configure(company_statuses=["Active"])
    await world.post(sold(subscription()))
    assert codes((await world.plan()).all_findings) == ["BS_CUSTOMER_MAPPING_NOT_FOUND"]
    assert world.state.tables["companies"][OTHER]["status"]["name"] == "Active"
