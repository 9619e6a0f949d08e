"""Every option of an account is told with its default and who changed it last; the hold option leads to its page."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.ids import account_id
from ledgerwire.tenants import accounts, mapping_versions
from ledgerwire.tenants.mapping_file import CogsSection
from ledgerwire.tenants.options import BILLING_STATUSES, options

NAME = "Harbour IT"
SYNC = "\nsync: {real_time: false, sweep_interval_seconds: 60}"
ROOT = Path(__file__).parents[4]


async def shown(tenants):
    return {item.name: item for item in await options(tenants, NAME)}


@pytest.mark.requirement("A058", "D16")
async def test_each_option_shows_its_default_and_who_changed_it_last(tenants, box, account_file):
    await accounts.apply(tenants, box, account_file(), author="anna", reason="first set-up")
    first = await shown(tenants)
    validated = first["mapping.cogs.validate_accounts"]
    assert (validated.value, validated.default, validated.author, validated.is_default) == (True, True, None, True)
    required = first["mapping.rounding.account"]
    assert (required.value, required.default, required.required, required.author) == ("0860", None, True, "anna")
    assert (first["sync.real_time"].value, first["sync.callback.register"].author) == (True, None)

    off = account_file().mapping.model_copy(update={"cogs": CogsSection(validate_accounts=False)})
    await mapping_versions.change(tenants, NAME, off, author="ben", reason="no stock")
    await accounts.apply(tenants, box, account_file(("0860, tax_type: BASEXCLUDED}", f"0860, tax_type: BASEXCLUDED}}{SYNC}")),
                         author="cleo", reason="by hand")  # fmt: skip
    second = await shown(tenants)
    validated = second["mapping.cogs.validate_accounts"]
    assert (validated.value, validated.author, validated.reason) == (True, "cleo", "by hand"), "the file put it back"
    synced = second["sync.real_time"]
    assert (synced.value, synced.default, synced.author, synced.reason) == (False, True, "cleo", "by hand")
    assert synced.changed_at is not None
    assert second["mapping.rounding.account"].author == "anna", "only what a version changed is its author's"
    assert second["sync.sweep_min_age_seconds"].author is None


@pytest.mark.requirement("A058")
async def test_every_switch_of_the_account_file_is_listed(tenants, box, account_file):
    await accounts.apply(tenants, box, account_file(), author="anna", reason="first set-up")
    names = set(await shown(tenants))
    switches = {
        "mapping.cogs.validate_accounts",
        "mapping.procurement.enabled",
        "mapping.expenses.enabled",
        "mapping.tracking.on_missing",
        "mapping.default_non_product_ids.service.enabled",
        "mapping.lock_policy",
        "mapping.post_as",
        "sync.real_time",
        "sync.payments.enabled",
    }
    assert switches < names
    with pytest.raises(ConfigurationError):
        await options(tenants, "nobody")


@pytest.mark.requirement("A115")
async def test_the_hold_option_leads_to_the_page_on_billing_statuses(tenants, box, account_file):
    await accounts.apply(tenants, box, account_file(), author="anna", reason="first set-up")
    hold = (await shown(tenants))["hold.billing_status"]
    assert hold.help == BILLING_STATUSES
    assert "Closed" in (ROOT / hold.help).read_text()


@pytest.mark.requirement("D16")
async def test_what_was_set_before_changes_were_recorded_says_so(tenants, box, account_file):
    await accounts.apply(tenants, box, account_file(), author="anna", reason="first set-up")
    async with tenants.account(account_id(NAME)) as unit:
        await unit.execute(
            text("UPDATE tenants.account SET settings = jsonb_set(settings, '{sync,sweep_interval_seconds}', '90')")
        )
    assert (await shown(tenants))["sync.sweep_interval_seconds"].author is None
    changed = account_file(("BASEXCLUDED}", "BASEXCLUDED}\nsync: {real_time: false, sweep_interval_seconds: 90}"))
    await accounts.apply(tenants, box, changed, author="cleo", reason="by hand")
    found = await shown(tenants)
    assert found["sync.sweep_interval_seconds"].author == "not recorded"
    assert found["sync.real_time"].author == "cleo"
