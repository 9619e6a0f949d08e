"""Every cause of billing sync, brought about on the way from what was posted to what ConnectWise holds; the rest goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.turn import turn
from ledgerwire.common.errors import Waiting
from ledgerwire.common.seats import ChargeKind, ChargeLine, Frequency, SubscriptionStatus
from ledgerwire.common.work.lease import LeaseTerms

from .conftest import OTHER, SKU, SOURCE, TODAY, World, annual, codes, day, sold, subscription
from .story import live

SECOND = "CFQ7TTC0LH18:0001"


def line(kind: ChargeKind, subtotal: str, *, key: str = "L1", first: str = "1 Mar", last: str = "31 Mar") -> ChargeLine:
    """One line of the distributor's invoice for sub-1."""
    quantity, amount = Decimal(1), Decimal(subtotal)
    return ChargeLine(key, "G1", "acme", "sub-1", SKU, "Business Premium", kind, quantity, amount, "AUD", day(first),
                      day(last), Frequency.MONTHLY, reference_id=key)  # fmt: skip


async def _two_companies(world: World) -> None:
    links = world.content["seats"]["customers"]
    await world.configure(customers=[*links, {"source": SOURCE, "customer": "acme", "company": OTHER}])


async def _no_agreement(world: World) -> None:
    await world.configure(agreements=[])


async def _not_started(world: World) -> None:
    world.agreement(world.monthly)["startDate"] = "2026-05-01T00:00:00Z"


async def _ended_yesterday(world: World) -> None:
    world.agreement(world.monthly).update(endDate="2026-03-19T00:00:00Z", noEndingDateFlag=False)


async def _shape(world: World) -> None:
    world.agreement(world.monthly)["invoicingCycle"] = "ContractYear"


async def _prorate(world: World) -> None:
    world.agreement(world.monthly)["prorateFlag"] = False


async def _type(world: World) -> None:
    await world.policies(allowed_types=["Cloud Annual"])


async def _behind(world: World) -> None:
    world.agreement(world.monthly)["nextInvoiceDate"] = "2026-01-01T00:00:00Z"


async def _two_products(world: World) -> None:
    await world.product(SKU, "M365-TWICE")


async def _no_creating(world: World) -> None:
    world.content["seats"]["products"]["create"] = False
    await world.configure()


async def _no_price(world: World) -> None:
    await world.configure(price=None)


async def _no_default(world: World) -> None:
    world.state.tables["units_of_measure"].clear()


async def _nothing(world: World) -> None:
    pass


CAUSES: list[tuple[str, Callable[[World], Awaitable[None]], dict[str, object], bool]] = [
    ("BS_CUSTOMER_MAPPING_NOT_FOUND", _nothing, {"customer_id": "stranger"}, True),
    ("BS_CUSTOMER_ON_TWO_COMPANIES", _two_companies, {}, True),
    ("BS_NO_AGREEMENT", _no_agreement, {}, True),
    ("BS_AGREEMENT_NOT_STARTED", _not_started, {}, True),
    ("BS_AGREEMENT_ENDED", _ended_yesterday, {}, True),
    ("BS_AGREEMENT_SHAPE", _shape, {}, True),
    ("BS_PRORATE_NOT_ENABLED", _prorate, {}, True),
    ("BS_AGREEMENT_TYPE_NOT_ALLOWED", _type, {}, True),
    ("BS_PERIOD_NOT_INVOICED_YET", _behind, {}, False),
    ("BS_SOURCE_PRODUCT_AMBIGUOUS", _two_products, {}, True),
    ("BS_PRODUCT_MAPPING_NOT_FOUND", _no_creating, {"sku": "UNKNOWN:1"}, True),
    ("BS_DEFAULT_MISSING", _no_default, {"sku": "UNKNOWN:1"}, True),
    ("BS_PRICE_RULE_MISSING", _no_price, {}, True),
    ("BS_QUANTITY_INVALID", _nothing, {"quantity": Decimal(-3)}, True),
    ("BS_QUANTITY_INVALID", _nothing, {"quantity": Decimal("2.5")}, True),
    ("BS_CURRENCY_DIFFERS", _nothing, {"currency": "USD"}, True),
    ("BS_TRIAL_SKIPPED", _nothing, {"trial": True}, True),
    ("BS_END_NOT_CONFIRMED", _nothing, {"status": SubscriptionStatus.EXPIRED}, False),
]


@pytest.mark.requirement("A196", "A199", "A202", "D12", "B33", "M21", "M24")
@pytest.mark.requirement("F1: BS_CUSTOMER_MAPPING_NOT_FOUND", "F1: BS_CUSTOMER_ON_TWO_COMPANIES", "F1: BS_NO_AGREEMENT")
@pytest.mark.requirement("F1: BS_AGREEMENT_NOT_STARTED", "F1: BS_AGREEMENT_ENDED", "F1: BS_AGREEMENT_SHAPE")
@pytest.mark.requirement("F1: BS_PRORATE_NOT_ENABLED", "F1: BS_AGREEMENT_TYPE_NOT_ALLOWED")
@pytest.mark.requirement("F1: BS_PERIOD_NOT_INVOICED_YET", "F1: BS_SOURCE_PRODUCT_AMBIGUOUS", "F1: BS_DEFAULT_MISSING")
@pytest.mark.requirement("F1: BS_PRODUCT_MAPPING_NOT_FOUND", "F1: BS_PRICE_RULE_MISSING", "F1: BS_QUANTITY_INVALID")
@pytest.mark.requirement("F1: BS_CURRENCY_DIFFERS", "F1: BS_TRIAL_SKIPPED", "F1: BS_END_NOT_CONFIRMED")
@pytest.mark.parametrize(("code", "cause", "changes", "stops"), CAUSES, ids=[f"{row[0]}-{place}" for place, row in enumerate(CAUSES)])  # fmt: skip
async def test_a_cause_is_named_once_and_stops_no_more_than_it_has_to(world, code, cause, changes, stops):
    """Beside the subscription that is wrong stands one of another motion, which is written whatever happens."""
    await cause(world)
    wrong = subscription(**{"unit_cost": Decimal("18.00"), **changes})
    sound = annual("year-9") if code not in {"BS_CUSTOMER_ON_TWO_COMPANIES", "BS_NO_AGREEMENT", "BS_PRICE_RULE_MISSING",
                                             "BS_AGREEMENT_TYPE_NOT_ALLOWED"} else None  # fmt: skip
    plan, done = await world.sync(sold(*filter(None, (wrong, sound))))

    assert code in codes(plan.all_findings)
    assert done.refused == 0
    monthly = [row for row in world.rows if row["agreementId"] == world.monthly]
    assert bool(monthly) is not stops
    assert (len(world.rows) - len(monthly)) == (sound is not None and code != "BS_AGREEMENT_TYPE_NOT_ALLOWED")
    assert code in codes((await world.plan()).all_findings)


@pytest.mark.requirement("D12", "F1: BS_CURRENCY_DIFFERS")
async def test_an_agreement_that_names_no_currency_is_in_its_companys(world):
    world.agreement(world.monthly)["currency"] = None
    plan, done = await world.sync(sold(subscription(currency="EUR")))
    assert (codes(plan.all_findings), done.written, world.rows) == (["BS_CURRENCY_DIFFERS"], 0, [])
    assert (await world.sync(sold(subscription())))[1].written == 1


@pytest.mark.requirement("M23", "F1: BS_PRODUCT_SETTING_MISSING")
async def test_a_created_product_is_never_stock_and_says_whether_it_is_taxed(world):
    await world.desk.check(world.account_id, fix=True)
    await world.sync(sold(subscription("sub-9", sku="UNKNOWN:1", name="A product nobody has")))
    [made] = [row for row in world.state.tables["catalog"].values() if row.get("vendorSku") == "UNKNOWN:1"]
    assert (made["productClass"], made["taxableFlag"], made["billableOption"]) == ("NonInventory", True, "Billable")
    assert [made[name]["name"] for name in ("category", "subcategory", "type", "unitOfMeasure")] == [
        "Miscellaneous", "Miscellaneous", "Miscellaneous", "Each",
    ]  # fmt: skip


async def stale_after_an_invoice(world: World) -> None:
    world.agreement(world.monthly)["nextInvoiceDate"] = "2026-05-01T00:00:00Z"


async def stale_after_the_agreement_is_gone(world: World) -> None:
    del world.state.tables["agreements"][world.monthly]


async def stale_after_a_newer_plan(world: World) -> None:
    await world.post(sold(subscription(quantity="11")))
    await world.plan()


@pytest.mark.requirement("M20", "D12", "F1: BS_PLAN_STALE")
@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (stale_after_an_invoice, "it was invoiced since the plan was made"),
        (stale_after_the_agreement_is_gone, "not visible any more"),
        (stale_after_a_newer_plan, "a newer plan has replaced it"),
    ],
)
async def test_a_plan_that_no_longer_holds_is_not_written(world, meanwhile, reason):
    await world.post(sold(subscription()))
    plan = await world.plan()
    await meanwhile(world)
    done = await world.desk.apply(world.account_id, plan.plan_id)
    assert (done.written, done.refused, codes(done.findings)) == (0, 1, ["BS_PLAN_STALE"])
    assert reason in done.findings[0].message
    assert world.rows == []


@pytest.mark.requirement(
    "D10", "F1: BS_EDITED_BY_HAND", "F1: BS_NO_OPEN_ADDITION", "F1: BS_MORE_THAN_ONE_OPEN_ADDITION"
)
async def test_what_a_person_did_to_an_addition_is_noticed_and_the_policy_decides(world):
    await world.sync(sold(subscription()))
    [row] = world.rows
    await world.edit(row, quantity=8)
    asked = await world.plan()
    assert (codes(asked.all_findings), asked.steps) == (["BS_EDITED_BY_HAND"], ())
    assert "wrote 10 at 22.00 from 01 Jan 2026; it is 8 at 22.00" in asked.all_findings[0].message

    await world.person("POST", f"/finance/agreements/{world.monthly}/additions",
                       {"product": row["product"], "quantity": 3, "billCustomer": "Billable", "unitPrice": 22,
                        "effectiveDate": "2026-04-01T00:00:00Z"})  # fmt: skip
    assert "BS_MORE_THAN_ONE_OPEN_ADDITION" in codes((await world.plan()).all_findings)

    for number in list(world.state.tables["additions"]):
        del world.state.tables["additions"][number]
    assert codes((await world.plan()).all_findings) == ["BS_NO_OPEN_ADDITION"]

    await world.policies(edits="overwrite")
    await world.sync()
    assert sum(Decimal(each["quantity"]) for each in world.rows) == 10
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("D10", "F1: BS_EDITED_BY_HAND")
async def test_a_row_that_a_person_changes_between_plan_and_write_is_left_to_him(world):
    await world.sync(sold(subscription()))
    await world.post(sold(subscription(quantity="12", changed_on=day("17 Mar"))))
    await world.plan()
    [row] = world.rows
    await world.edit(row, quantity=9)
    done = await world.desk.apply(world.account_id)
    assert (done.written, codes(done.findings)) == (0, ["BS_EDITED_BY_HAND"])
    assert [Decimal(each["quantity"]) for each in world.rows] == [9]


@pytest.mark.requirement("D10", "F1: BS_QUANTITY_MISMATCH")
async def test_an_addition_that_stood_there_before_is_taken_over_and_the_difference_said(world):
    world.agreement(world.monthly)["nextInvoiceDate"] = "2026-03-01T00:00:00Z"
    product = next(row for row in world.state.tables["catalog"].values() if row.get("vendorSku") == SKU)
    body = {
        "product": {"id": product["id"]},
        "quantity": 7,
        "unitPrice": 22,
        "unitCost": 18,
        "billCustomer": "Billable",
    }
    await world.person("POST", f"/finance/agreements/{world.monthly}/additions",
                       {**body, "effectiveDate": "2026-01-01T00:00:00Z"})  # fmt: skip
    await world.invoice(world.monthly)
    plan, _ = await world.sync(sold(subscription()))
    assert "BS_QUANTITY_MISMATCH" in codes(plan.all_findings)
    assert ("Seats", "M365-NCE", Decimal(10), "2026-04-01", "") in live(world)
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("M21", "F1: BS_COST_PRICE_CHANGED", "F1: BS_RETAIL_PRICE_CHANGED")
async def test_a_price_that_moves_is_said_and_moves_rows_that_exist_only_where_the_rule_says_so(world):
    await world.sync(sold(subscription()))
    dearer = sold(subscription(unit_cost=Decimal("19.00"), changed_on=day("17 Mar")))
    plan, _ = await world.sync(dearer)
    assert "BS_COST_PRICE_CHANGED" in codes(plan.all_findings)
    assert {Decimal(row["unitPrice"]) for row in world.rows} == {Decimal(22)}
    assert max((row["effectiveDate"], Decimal(row["unitCost"])) for row in world.rows)[1] == 19

    await world.configure(price={"basis": "fixed", "value": "25.00", "updates_price": True})
    plan, _ = await world.sync()
    assert "BS_RETAIL_PRICE_CHANGED" in codes(plan.all_findings)
    assert max((row["effectiveDate"], row["id"], Decimal(row["unitPrice"])) for row in world.rows)[2] == 25


@pytest.mark.requirement("M22", "A206", "A207", "F1: BS_ONE_TIME_ALREADY_INVOICED")
async def test_an_annual_charge_for_a_one_time_agreement_that_had_its_invoice_stops(world):
    await world.sync(sold(annual("year-1")))
    await world.invoice(world.annual)
    plan, done = await world.sync(sold(annual("year-1"), annual("year-2", "3")))
    assert codes(plan.all_findings) == ["BS_ONE_TIME_ALREADY_INVOICED"]
    assert (done.written, len(world.rows)) == (0, 1)


@pytest.mark.requirement("M22", "F1: BS_ADDITION_NEVER_BILLED")
async def test_an_addition_that_no_invoice_will_carry_is_said_with_its_amount(world):
    """The agreement bills no additions for the past: a catch-up for invoiced days stays off every invoice."""
    agreement = world.agreement(world.monthly)
    agreement.update(invoiceProratedAdditionsFlag=False, nextInvoiceDate="2026-03-01T00:00:00Z")
    await world.sync(sold(subscription(start=day("1 Mar"))))
    await world.invoice(world.monthly)
    more = sold(subscription(quantity="12", start=day("1 Mar"), changed_on=day("17 Mar")))
    await world.sync(more)
    assert ("Seats", "M365-NCE", Decimal(2), "2026-03-17", "2026-03-31") in live(world)
    await world.invoice(world.monthly)
    world.move(day("20 Apr"))
    [finding] = (await world.plan()).all_findings
    assert (finding.code, finding.params["amount"]) == ("BS_ADDITION_NEVER_BILLED", "21.29 AUD")


@pytest.mark.requirement("A207", "M22", "F1: BS_TERM_ALREADY_CHARGED")
async def test_a_term_that_a_person_charged_is_never_charged_again(world):
    product = next(row for row in world.state.tables["catalog"].values() if row.get("vendorSku") == annual().sku)
    body = {"product": {"id": product["id"]}, "quantity": 1, "unitPrice": 900, "billCustomer": "Billable"}
    await world.person("POST", f"/finance/agreements/{world.annual}/additions",
                       {**body, "effectiveDate": "2026-03-05T00:00:00Z"})  # fmt: skip
    plan, _ = await world.sync(sold(annual()))
    assert codes(plan.all_findings) == ["BS_TERM_ALREADY_CHARGED"]
    assert len(world.rows) == 1


@pytest.mark.requirement("M24", "F1: BS_PRORATE_UNEXPECTED")
async def test_a_row_that_connectwise_prorates_otherwise_than_shown_stops_the_rest_of_its_agreement(world):
    world.state.switches.addition_last_day = "exclusive"
    ending = subscription(ended_on=day("12 Apr"), start=day("2 Apr"))
    await world.product(SECOND, "M365-SECOND")
    plan, done = await world.sync(sold(ending, subscription("sub-2", sku=SECOND, name="Second", start=day("2 Apr"),
                                                           ended_on=day("12 Apr"))))  # fmt: skip
    assert (len(plan.steps), done.written, done.refused) == (2, 1, 1)
    [finding] = done.findings
    assert (finding.code, finding.params["expected"], finding.params["found"]) == (
        "BS_PRORATE_UNEXPECTED", "80.67", "73.33",
    )  # fmt: skip
    assert len(world.rows) == 1

    await world.policies(cancelled_is_last_day=False)
    for number in list(world.state.tables["additions"]):
        del world.state.tables["additions"][number]
    await world.policies(edits="overwrite")
    _, right = await world.sync()
    assert (right.written, codes(right.findings)) == (2, [])
    assert {str(row["cancelledDate"])[:10] for row in world.rows} == {"2026-04-13"}


@pytest.mark.requirement("M24", "F1: BS_SUBSCRIPTION_GONE")
async def test_a_subscription_that_the_source_shows_no_more_is_left_to_a_person(world):
    await world.sync(sold(subscription(), annual("year-1")))
    await world.query("DELETE FROM billing.pushed WHERE key = 'sub-1'")
    plan, _ = await world.sync()
    assert "BS_SUBSCRIPTION_GONE" in codes(plan.all_findings)
    assert plan.steps == ()


async def _linked_to_nobody(world: World) -> None:
    await world.configure(customers=[])


async def _product_unclear(world: World) -> None:
    """The SKU that its seats were written for is on two products now, and on none of the links."""
    await _two_products(world)
    await world.query("DELETE FROM billing.product_link")


@pytest.mark.requirement("M24", "F1: BS_SUBSCRIPTION_GONE", "F1: BS_CUSTOMER_ON_TWO_COMPANIES")
@pytest.mark.parametrize(
    ("stopped", "code"),
    [
        (_two_companies, "BS_CUSTOMER_ON_TWO_COMPANIES"),
        (_linked_to_nobody, "BS_CUSTOMER_MAPPING_NOT_FOUND"),
        (_product_unclear, "BS_SOURCE_PRODUCT_AMBIGUOUS"),
    ],
)
async def test_seats_that_stop_for_another_cause_are_not_called_gone_while_the_source_shows_them(world, stopped, code):
    await world.sync(sold(subscription()))
    [row] = world.rows
    await stopped(world)
    plan = await world.plan()
    assert (codes(plan.all_findings), plan.steps) == ([code], ())
    await world.query("DELETE FROM billing.pushed WHERE key = 'sub-1'")
    assert codes((await world.plan()).all_findings) == ["BS_SUBSCRIPTION_GONE"]
    assert world.rows == [row]


@pytest.mark.requirement("D10", "F1: BS_CREDIT_NOT_PASSED_ON", "F1: BS_ONE_OFF_NOT_BILLED")
async def test_credits_and_one_off_charges_of_the_source_are_listed_or_billed_once_as_the_account_wants(world):
    await world.policies(one_offs=False)
    await world.configure(price={"basis": "markup", "value": "25"})
    lines = (
        line(ChargeKind.CREDIT, "-30.00"),
        line(ChargeKind.ONE_TIME, "40.00", key="L2", first="5 Mar", last="5 Mar"),
    )
    plan, _ = await world.sync(sold(subscription(), charges=lines))
    assert codes(plan.all_findings) == ["BS_CREDIT_NOT_PASSED_ON", "BS_ONE_OFF_NOT_BILLED"]
    assert len(world.rows) == 1

    await world.policies(one_offs=True, credits=True)
    await world.sync()
    prices = sorted(Decimal(row["unitPrice"]) for row in world.rows)
    assert prices == [Decimal("-37.50"), Decimal("22.50"), Decimal("50.00")]
    assert (await world.plan()).steps == ()


@pytest.mark.requirement("B33", "F1: BS_ANOTHER_RUN")
async def test_two_runs_never_write_at_the_same_time(world):
    await world.post(sold(subscription()))
    world.desk._terms = LeaseTerms()
    account = await world.desk.account(world.account_id)
    held = turn(world.desk._database, world.account_id, account.psa.connection_id, LeaseTerms(), world.desk._terms.ttl)
    patience = "ledgerwire.billing_sync.desk.PATIENCE"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, LeaseTerms().ttl * 0)
        async with held:
            with pytest.raises(Waiting) as busy:
                await world.plan()
    assert busy.value.code == "BS_ANOTHER_RUN"
    assert (await world.sync())[1].written == 1
    assert date(2026, 3, 20) == TODAY
