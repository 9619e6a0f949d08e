from __future__ import annotations

from datetime import date

import asyncpg
import pytest
from sqlalchemy import text

from ledgerwire.common.canonical import from_canonical
from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.ids import account_id
from ledgerwire.common.security import SealBrokenError, SecretBox
from ledgerwire.mapper.domain import settings as mapper_settings  # the shape both sides have to agree on
from ledgerwire.tenants import accounts
from ledgerwire.tenants.accounts import apply
from ledgerwire.tenants.read import (
    account_for_service,
    account_stamp,
    accounts_of_callbacks,
    all_connections,
    mapping_version,
    open_connection_secret,
)

NAME = "Harbour IT"
AUSTIN = """
  - name: Austin
    package: xero
    locations: [3]
    connection:
      tenant_id: 00000000-0000-0000-0000-000000000003
      client_id: app
      client_secret: canary-client
      refresh_token: canary-refresh
mapping:"""


async def put(tenants, box, file, **others):
    return await apply(tenants, box, file, **({"author": "anna", "reason": "first set-up"} | others))


@pytest.mark.requirement("A035", "A036")
async def test_an_account_is_created_on_hold_and_shown_as_it_was_entered(tenants, box, account_file):
    applied = await put(tenants, box, account_file())
    assert applied.created
    assert applied.mapping_version == 1

    view = await accounts.show(tenants, NAME)
    assert (view.name, view.status, view.go_live_from) == (NAME, "hold", None)
    assert view.settings["sync"]["real_time"] is True
    psa, sydney = view.connections
    assert (psa.kind, psa.config["site"], psa.config["company_id"]) == (
        "connectwise",
        "au.myconnectwise.net",
        "harbour",
    )
    assert (psa.state, sydney.state) == ("untested", "untested")
    assert sydney.consent is not None
    assert (sydney.consent.state, sydney.consent.version) == ("ok", 1)
    assert [(company.name, company.ledger, company.locations) for company in view.companies] == [
        ("Sydney", "xero:Sydney", (2, 11))
    ]
    assert view.mapping is not None
    assert (view.mapping.version, view.mapping.author, view.mapping.reason) == (1, "anna", "first set-up")


@pytest.mark.requirement("A053")
async def test_secrets_are_not_shown_and_not_stored_in_the_clear(tenants, box, account_file, settings):
    await put(tenants, box, account_file())
    view = await accounts.show(tenants, NAME)
    assert "canary" not in repr(view)
    assert view.connections[0].secret.startswith("set at 2")
    assert view.connections[1].secret == "not set"

    connection = await asyncpg.connect(settings.database_admin_url, database=database_name(settings.database_url))
    dump = [
        str(await connection.fetch(f"SELECT * FROM tenants.{table}"))
        for table in ("account", "connection", "consent", "company", "mapping_version", "callback_route")
    ]
    await connection.close()
    assert "canary" not in "".join(dump)


async def test_applying_the_same_file_again_changes_nothing(tenants, box, account_file):
    await put(tenants, box, account_file())
    before = await accounts.show(tenants, NAME)
    applied = await put(tenants, box, account_file(), author="ben", reason="again")
    assert (applied.created, applied.changes, applied.mapping_version) == (False, (), 1)
    assert await accounts.show(tenants, NAME) == before


@pytest.mark.requirement("D16")
async def test_a_changed_mapping_is_a_new_version_and_the_old_one_stays(tenants, box, account_file, poster):
    await put(tenants, box, account_file())
    changed = account_file(("account: 0860", "account: 0870"))
    applied = await put(tenants, box, changed, author="ben", reason="new rounding account")
    assert applied.changes == ("mapping version 2 created",)
    view = await accounts.show(tenants, NAME)
    assert view.mapping is not None
    assert (view.mapping.version, view.mapping.author, view.mapping.reason) == (2, "ben", "new rounding account")

    async with poster.account(view.account_id) as unit:
        context = await account_for_service(unit)
        first = await mapping_version(unit, 1)
    assert context.mapping.version == 2
    assert b'"0870"' in context.mapping.body
    assert b'"0860"' in first.body

    back = await put(tenants, box, account_file(), reason="rolled back")
    assert back.mapping_version == 3


@pytest.mark.requirement("A040")
async def test_a_change_that_fails_halfway_leaves_nothing_behind(tenants, box, account_file, monkeypatch):
    await put(tenants, box, account_file())
    before = await accounts.show(tenants, NAME)

    async def fails(*_args, **_others):
        raise OSError("disk")

    monkeypatch.setattr("ledgerwire.tenants.repository.accounts.add_mapping", fails)
    changed = account_file(("account: 0860", "account: 0870"), ("region: au", "region: na"))
    with pytest.raises(OSError, match="disk"):
        await put(tenants, box, changed)
    assert await accounts.show(tenants, NAME) == before


@pytest.mark.requirement("A027", "A053")
@pytest.mark.parametrize("change", [("canary-private", "new-key"), ("company_id: harbour", "company_id: other")])
async def test_a_changed_connection_has_to_be_tested_again(tenants, box, account_file, change):
    await put(tenants, box, account_file())
    psa = (await accounts.show(tenants, NAME)).connections[0]
    assert await accounts.record_test(tenants, NAME, psa, ok=True, detail="Signed in")
    assert (await accounts.show(tenants, NAME)).connections[0].state == "ok"

    applied = await put(tenants, box, account_file(change))
    assert len(applied.changes) == 1
    after = (await accounts.show(tenants, NAME)).connections[0]
    assert (after.state, after.tested_at, after.version) == ("untested", None, 2)


async def test_the_result_of_a_test_counts_only_for_what_was_tested(tenants, box, account_file):
    await put(tenants, box, account_file())
    shown = (await accounts.show(tenants, NAME)).connections[0]
    await put(tenants, box, account_file(("canary-private", "new-key")))
    assert not await accounts.record_test(tenants, NAME, shown, ok=True, detail="Signed in")
    assert (await accounts.show(tenants, NAME)).connections[0].state == "untested"


@pytest.mark.requirement("A029")
async def test_a_training_instance_is_marked_as_such(tenants, box, account_file):
    await put(tenants, box, account_file(("company_id: harbour", "company_id: training")))
    assert (await accounts.show(tenants, NAME)).connections[0].training


@pytest.mark.parametrize(
    "change",
    [
        ("account: 0860", "account: 0870"),
        ("canary-private", "new-key"),
        ("company_id: harbour", "company_id: other"),
        ("locations: [2, 11]", "locations: [2]"),
        ("name: Sydney", "name: Perth"),
    ],
)
async def test_the_stamp_of_an_account_is_another_once_anything_of_it_has_changed(
    tenants, box, account_file, poster, change
):
    async def stamp():
        async with poster.account(account_id(NAME)) as unit:
            return await account_stamp(unit)

    await put(tenants, box, account_file())
    first = await stamp()
    await put(tenants, box, account_file())
    assert await stamp() == first
    await put(tenants, box, account_file(change))
    assert await stamp() != first


async def test_the_stamp_of_an_account_is_another_once_it_is_live(tenants, box, account_file, poster):
    await put(tenants, box, account_file())
    stamps = []
    for shut in (False, True):
        async with poster.account(account_id(NAME)) as unit:
            stamps.append(await account_stamp(unit))
        if not shut:
            await live(tenants)
    assert len(set(stamps)) == 2


# consents ---------------------------------------------------------------------------------------------------------------


async def rotated(poster, view, version: int) -> None:
    async with poster.account(view.account_id) as unit:
        consent = (await account_for_service(unit)).connection(view.connections[1].connection_id).consent_id
        await unit.execute(
            text("SELECT tenants.token_rotate(:a, :c, :v, NULL, NULL, NULL, 'revoked', 'invalid_grant')"),
            {"a": view.account_id, "c": consent, "v": version},
        )


@pytest.mark.requirement("A130")
async def test_applying_the_same_file_keeps_rotated_tokens_and_a_new_token_reconnects(
    tenants, box, account_file, poster
):
    await put(tenants, box, account_file())
    await rotated(poster, await accounts.show(tenants, NAME), 1)

    await put(tenants, box, account_file())
    consent = (await accounts.show(tenants, NAME)).connections[1].consent
    assert consent is not None
    assert (consent.state, consent.state_detail, consent.version) == ("revoked", "invalid_grant", 2)

    applied = await put(tenants, box, account_file(("canary-refresh", "canary-reconnected")))
    assert applied.changes == ("consent of xero client 'app' replaced",)
    ledger = (await accounts.show(tenants, NAME)).connections[1]
    assert ledger.consent is not None
    assert (ledger.consent.state, ledger.consent.version, ledger.version) == ("ok", 3, 2)


async def test_companies_that_share_a_refresh_token_share_one_consent(tenants, box, account_file):
    await put(tenants, box, account_file(("\nmapping:", AUSTIN)))
    view = await accounts.show(tenants, NAME)
    ledgers = [item for item in view.connections if item.kind == "xero"]
    assert len(ledgers) == 2
    assert len({item.config["consent_id"] for item in ledgers}) == 1


# removing ---------------------------------------------------------------------------------------------------------------


async def test_a_company_that_left_the_file_goes_unless_the_account_is_live(tenants, box, account_file):
    await put(tenants, box, account_file(("\nmapping:", AUSTIN)))
    await put(tenants, box, account_file())
    view = await accounts.show(tenants, NAME)
    assert [company.name for company in view.companies] == ["Sydney"]
    assert len(view.connections) == 2

    await put(tenants, box, account_file(("\nmapping:", AUSTIN)))
    await live(tenants)
    with pytest.raises(ConfigurationError, match="'Austin' cannot be removed"):
        await put(tenants, box, account_file())


# go-live ----------------------------------------------------------------------------------------------------------------


async def live(tenants, day: date | None = date(2026, 3, 1)):
    for connection in (await accounts.show(tenants, NAME)).connections:
        await accounts.record_test(tenants, NAME, connection, ok=True, detail="ok")
    return await accounts.go_live(tenants, NAME, day)


@pytest.mark.requirement("A027")
async def test_an_account_goes_live_only_with_every_connection_tested(tenants, box, account_file):
    await put(tenants, box, account_file())
    with pytest.raises(ConfigurationError, match="connectwise, xero:Sydney has no successful test"):
        await accounts.go_live(tenants, NAME, date(2026, 3, 1))
    view = await live(tenants)
    assert (view.status, view.go_live_from) == ("live", date(2026, 3, 1))


async def test_the_gate_shuts_again_and_keeps_its_first_day(tenants, box, account_file):
    await put(tenants, box, account_file())
    await live(tenants)
    view = await accounts.hold(tenants, NAME)
    assert (view.status, view.go_live_from) == ("hold", date(2026, 3, 1))


async def test_going_live_again_keeps_the_first_day(tenants, box, account_file):
    await put(tenants, box, account_file())
    await live(tenants)
    await accounts.hold(tenants, NAME)
    view = await accounts.go_live(tenants, NAME)
    assert (view.status, view.go_live_from) == ("live", date(2026, 3, 1))


async def test_the_first_time_needs_a_first_day(tenants, box, account_file):
    await put(tenants, box, account_file())
    with pytest.raises(ConfigurationError, match="--from") as refused:
        await live(tenants, None)
    assert refused.value.code == "GO_LIVE_DAY_MISSING"
    assert (await accounts.show(tenants, NAME)).status == "hold"


@pytest.mark.parametrize("other", [date(2026, 1, 1), date(2026, 4, 1)])
async def test_another_first_day_is_refused_with_both_days_unless_it_is_meant(tenants, box, account_file, other):
    """An earlier one would post history; a later one leave out what was held meanwhile."""
    await put(tenants, box, account_file())
    await live(tenants)
    await accounts.hold(tenants, NAME)
    with pytest.raises(ConfigurationError, match=f"2026-03-01 on, not from {other}") as refused:
        await accounts.go_live(tenants, NAME, other)
    assert refused.value.code == "GO_LIVE_DAY_DIFFERS"
    view = await accounts.show(tenants, NAME)
    assert (view.status, view.go_live_from) == ("hold", date(2026, 3, 1))
    view = await accounts.go_live(tenants, NAME, other, change_day=True)
    assert (view.status, view.go_live_from) == ("live", other)


@pytest.mark.parametrize("use", ["show", "go_live", "hold"])
async def test_an_unknown_account_is_named(tenants, use):
    arguments = [date(2026, 1, 1)] if use == "go_live" else []
    with pytest.raises(ConfigurationError, match="no account 'Nobody'"):
        await getattr(accounts, use)(tenants, "Nobody", *arguments)


# what services see ------------------------------------------------------------------------------------------------------


async def test_a_service_sees_its_account_with_routes_gate_and_secret_by_name(tenants, box, account_file, poster):
    await put(tenants, box, account_file(("\nmapping:", AUSTIN)))
    await live(tenants)
    async with poster.account(account_id(NAME)) as unit:
        context = await account_for_service(unit)

    assert context.live
    assert context.is_before_go_live(date(2026, 2, 28))
    assert not context.is_before_go_live(date(2026, 3, 1))
    austin, sydney = (context.company_for_location(location) for location in (3, 11))
    assert austin is not None
    assert sydney is not None
    assert (austin.name, sydney.name, context.company_for_location(4)) == ("Austin", "Sydney", None)
    assert context.company_of_ledger(austin.ledger_connection_id) == austin
    assert context.connection(austin.ledger_connection_id).kind == "xero"
    assert open_connection_secret(box, context.psa).private_key == "canary-private"
    assert "canary" not in repr(context)


async def test_a_service_of_another_account_sees_none(tenants, box, account_file, poster):
    await put(tenants, box, account_file())
    async with poster.account(account_id("someone else")) as unit:
        with pytest.raises(ConfigurationError, match="there is no account"):
            await account_for_service(unit)


async def test_a_callback_token_leads_to_the_account_for_as_long_as_it_exists(tenants, box, account_file, ingest):
    await put(tenants, box, account_file())
    async with ingest.account(account_id(NAME)) as unit:
        psa = (await account_for_service(unit)).psa
    token = open_connection_secret(box, psa).callback_token
    assert len(token) >= 43

    await put(tenants, box, account_file(("canary-private", "new-key")))
    async with ingest.system() as unit:
        found = await accounts_of_callbacks(unit, [token[:-1], token, token])
    assert found == [None, (account_id(NAME), psa.connection_id), (account_id(NAME), psa.connection_id)]


async def test_schedulers_see_every_account(tenants, box, account_file, ingest):
    await put(tenants, box, account_file())
    await put(tenants, box, account_file((NAME, "Second")))
    async with ingest.system() as unit:
        entries = await all_connections(unit)
    assert {(entry.account_name, entry.kind, entry.live) for entry in entries} == {
        (NAME, "connectwise", False),
        (NAME, "xero", False),
        ("Second", "connectwise", False),
        ("Second", "xero", False),
    }
    assert await accounts.list_accounts(tenants) == entries


# keys -------------------------------------------------------------------------------------------------------------------


async def test_secrets_are_sealed_again_with_a_new_key_and_the_old_one_can_go(tenants, account_file, poster):
    old, new = bytes(32), bytes([1]) * 32
    await put(tenants, SecretBox({"k1": old}), account_file())
    both = SecretBox({"k2": new, "k1": old})
    assert await accounts.reseal(tenants, both, NAME) == 2
    assert await accounts.reseal(tenants, both, NAME) == 0

    async with poster.account(account_id(NAME)) as unit:
        psa = (await account_for_service(unit)).psa
    assert open_connection_secret(SecretBox({"k2": new}), psa).private_key == "canary-private"
    with pytest.raises(SealBrokenError):
        open_connection_secret(SecretBox({"k1": old}), psa)


def test_the_mapping_of_a_file_is_one_the_mapper_reads(account_file):
    more = """rounding: {account: 0860, tax_type: BASEXCLUDED, policy: line, document_limit: 0.05}
  default_non_product_ids: {service: {enabled: true, item_code: S}}
  exclusions: [{name: internal, company_ids: [2], treatment: batch_without_posting}]"""
    changed = account_file(("rounding: {account: 0860, tax_type: BASEXCLUDED}", more))
    mapping = from_canonical(changed.mapping_body(), mapper_settings.MappingSettings)
    assert mapping.tax.untaxed_type == "EXEMPTOUTPUT"
    assert mapping.rounding.policy is mapper_settings.RoundingPolicy.LINE
    assert mapping.default_non_product_ids.service.item_code == "S"
    assert mapping.exclusions[0].company_ids == (2,)
    assert from_canonical(
        account_file().mapping_body(), mapper_settings.MappingSettings
    ) == mapper_settings.MappingSettings(
        tax=mapper_settings.TaxSettings("EXEMPTOUTPUT"),
        rounding=mapper_settings.RoundingSettings("0860", "BASEXCLUDED"),
    )
