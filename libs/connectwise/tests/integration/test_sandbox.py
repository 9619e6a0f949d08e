"""The client against a real HTTPS server that behaves like ConnectWise."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import stamina

from ledgerwire.common.errors import Ambiguous, Transient, Waiting
from ledgerwire.connectwise import ConnectWise, Refused, build_connectwise
from ledgerwire.connectwise.accounting import transactions_by_invoice
from ledgerwire.connectwise.connectivity import Result, check_connectivity


@pytest.fixture(autouse=True)
def _quick_retries():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.mark.requirement("A111", "M1", "M7")
async def test_an_invoice_goes_from_closed_to_unposted_to_exported_to_batched(psa: ConnectWise, world) -> None:
    ids = world.close(*world.open_numbers(3))
    rows = await psa.unposted_invoices(ids)
    assert sorted(row.invoice_id for row in rows) == sorted(ids)
    assert all(row.id != row.invoice_id for row in rows)

    invoices = await psa.invoices(ids)
    found = transactions_by_invoice(invoices, await psa.export_invoices(ids))
    invoice = next(item for item in invoices if found[item.id])
    (transaction,) = found[invoice.id]
    assert invoice.is_closed
    assert transaction.details
    await psa.create_batch("INV-1-a1b2c3", transaction.processed_record_ids)

    (mark,) = await psa.invoice_marks([invoice.id])
    batch = await psa.find_batch("INV-1-a1b2c3")
    assert batch is not None
    assert (mark.gl_batch_id, mark.gl_batch_name) == (batch.id, "INV-1-a1b2c3")
    assert await psa.unposted_invoices([invoice.id]) == []
    await psa.delete_batch(batch.id)
    assert len(await psa.unposted_invoices([invoice.id])) == 1


async def test_the_whole_unposted_list_is_the_closed_set(psa: ConnectWise, world) -> None:
    world.close(*world.open_numbers(7))
    rows = await psa.unposted_invoices()
    assert {row.invoice_id for row in rows} == set(world.state.unposted_rows)
    assert all(row.closed_at is not None for row in rows)


async def test_master_data_is_read_whole(psa: ConnectWise, world) -> None:
    tables = world.state.tables
    assert len(await psa.billing_statuses()) == len(tables["billing_statuses"])
    assert len(await psa.billing_terms()) == len(tables["billing_terms"])
    assert len(await psa.tax_codes()) == len(tables["tax_codes"])
    assert len(await psa.gl_accounts()) == len(tables["gl_accounts"])
    assert len(await psa.locations()) == len(tables["locations"])
    assert any((await psa.gl_captions()).segments)
    companies = await psa.companies(list(tables["companies"]))
    assert {item.id for item in companies} == set(tables["companies"])
    contacts = await psa.contacts(list(tables["contacts"]))
    assert any(item.email for item in contacts)


async def test_amounts_arrive_exactly(psa: ConnectWise, world) -> None:
    for invoice in await psa.invoices(list(world.state.tables["invoices"])):
        assert invoice.total == Decimal(str(world.state.tables["invoices"][invoice.id]["total"]))


async def test_gl_entries_are_read_with_their_segments(psa: ConnectWise, world) -> None:
    for invoice_id in world.close(*world.open_numbers(5)):
        entries = await psa.gl_entries(invoice_id)
        if entries:
            assert any(entry.segments[0] for entry in entries)
            return
    pytest.fail("no closed invoice had entries")


@pytest.mark.parametrize("fault", ["500_after", "timeout_after_commit", "half_body", "html_page"])
async def test_a_batch_whose_answer_was_lost_is_found_by_its_name(psa: ConnectWise, world, fault: str) -> None:
    ids = world.close(*world.open_numbers(3))
    export = next(item for item in await psa.export_invoices(ids) if item.processed_record_ids)
    world.fail(fault, method="POST", path_regex="accounting/batches", params={"seconds": 0.05})
    with pytest.raises(Ambiguous):
        await psa.create_batch("INV-lost", export.processed_record_ids)
    assert await psa.find_batch("INV-lost") is not None


async def test_a_batch_that_failed_before_is_not_there(psa: ConnectWise, world) -> None:
    world.fail("500_before", method="POST", path_regex="accounting/batches")
    with pytest.raises(Ambiguous):
        await psa.create_batch("INV-none", [1])
    assert await psa.find_batch("INV-none") is None


async def test_a_batch_of_unknown_ids_is_refused(psa: ConnectWise) -> None:
    with pytest.raises(Refused):
        await psa.create_batch("INV-x", [999_999_999])


async def test_a_cloud_upgrade_is_survived(psa: ConnectWise, world) -> None:
    world.state.switches.codebase_alias = False
    await psa.billing_terms()
    world.state.site.codebase = "v2026_2"
    assert await psa.billing_terms()


async def test_being_limited_is_advice_to_the_caller(psa: ConnectWise, world) -> None:
    world.fail("429", params={"retry_after": 20}, path_regex="billingTerms")
    with pytest.raises(Transient) as limited:
        await psa.billing_terms()
    assert limited.value.retry_after is not None
    assert limited.value.retry_after.total_seconds() == 20


async def test_a_certificate_nobody_vouches_for_is_refused(world) -> None:
    async with build_connectwise(replace(world.config, ca_file=None)) as stranger:
        with pytest.raises(Transient) as refused:
            await stranger.billing_terms()
    assert refused.value.code == "TLS_FAILURE"


async def test_a_private_address_is_not_reached_unless_on_premise(world) -> None:
    config = replace(world.config, site="localhost", on_premise=False)
    async with build_connectwise(config) as psa:
        with pytest.raises(Waiting) as refused:
            await psa.billing_terms()
    assert refused.value.code == "EGRESS_REFUSED"
    assert world.state.journal.entries() == []


async def test_the_signing_key_is_fetched_from_the_real_address(psa: ConnectWise, world) -> None:
    site = world.state.site
    url = f"{site.base_url}/{site.codebase}//system/callbackkey/index.rails?companyName=harbourline&id={site.signing_key_id}"
    for doubly in (False, True):
        world.state.switches.signing_key_doubly_encoded = doubly
        async with build_connectwise(world.config) as fresh:
            assert await fresh.fetch_signing_key(url) == site.signing_key


async def test_callbacks_are_registered_once_switched_on_and_found(psa: ConnectWise) -> None:
    url = "https://lw.example/callbacks/connectwise/token?recordId="
    entry = await psa.register_callback(url)
    again = await psa.register_callback(url)
    assert again.id == entry.id
    await psa.update_callback(entry.id, inactive=True)
    (found,) = await psa.list_callbacks("lw.example/callbacks")
    assert found.inactive_flag
    changed = await psa.update_callback(entry.id, inactive=False)
    assert not changed.inactive_flag


# Connectivity


@pytest.mark.requirement("A054")
async def test_a_good_connection_is_a_success_with_latency_and_version(world) -> None:
    found = await check_connectivity(world.config)
    assert found.ok
    assert found.version == world.state.site.version
    assert found.seconds is not None


@pytest.mark.requirement("A054", "A046")
@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"company_id": "nobody"}, Result.COMPANY_NOT_FOUND),
        ({"private_key": "wrong"}, Result.BAD_KEY),
        ({"client_id": "wrong"}, Result.BAD_KEY),
        ({"ca_file": None}, Result.TLS_FAILURE),
        ({"site": "127.0.0.1:1"}, Result.UNREACHABLE),
    ],
)
async def test_a_bad_connection_names_the_one_thing_that_is_wrong(
    world, change: dict[str, str], result: Result
) -> None:
    assert (await check_connectivity(replace(world.config, **change))).result is result


@pytest.mark.requirement("A054")
async def test_bad_keys_answered_as_an_unknown_route_are_still_bad_keys(world) -> None:
    world.state.switches.bad_auth_as_404 = True
    assert (await check_connectivity(replace(world.config, private_key="wrong"))).result is Result.BAD_KEY


@pytest.mark.requirement("A054", "A010")
async def test_a_missing_permission_is_named(world) -> None:
    world.state.switches.denied = ["/finance/accounting", "/company/contacts"]
    found = await check_connectivity(world.config)
    assert found.result is Result.LACKS_ACCESS
    assert found.lacking == ("Finance > Accounting Interface", "Companies > Contacts")


async def test_the_test_changes_nothing(world) -> None:
    await check_connectivity(world.config)
    assert {entry.method for entry in world.state.journal.entries()} == {"GET"}


async def test_the_keys_own_member_is_known_by_name_unless_hidden(psa: ConnectWise, world) -> None:
    entry = await psa.register_callback("https://lw.example/callbacks/connectwise/t?recordId=")
    assert entry.member_id is not None
    assert await psa.member_identifier(entry.member_id) == "ledgerwire"
    world.state.switches.denied = ["/system"]
    assert await psa.member_identifier(entry.member_id) is None
