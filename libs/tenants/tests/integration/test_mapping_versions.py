"""Mapping versions begin on a day, carry author and reason, and can be taken back; none is ever changed (D16)."""

from __future__ import annotations

from datetime import date

import pytest

from ledgerwire.common.errors import ConfigurationError, Stopped
from ledgerwire.common.ids import account_id
from ledgerwire.tenants import accounts, mapping_versions
from ledgerwire.tenants.mapping_file import CompanyMappingSection
from ledgerwire.tenants.read import account_for_service

NAME = "Harbour IT"
APRIL = date(2026, 4, 1)


async def prepared(tenants, box, account_file):
    file = account_file()
    await accounts.apply(tenants, box, file, author="anna", reason="first set-up")
    changed = account_file(("account: 0860", "account: 0870")).mapping
    return file.mapping, changed


@pytest.mark.requirement("D16")
async def test_a_version_decides_documents_from_its_first_day_on(tenants, box, account_file, poster):
    _, changed = await prepared(tenants, box, account_file)
    view, made = await mapping_versions.change(
        tenants, NAME, changed, author="ben", reason="new year", effective_from=APRIL
    )
    assert made
    assert (view.version, view.author, view.reason, view.effective_from) == (2, "ben", "new year", APRIL)

    async with poster.account(account_id(NAME)) as unit:
        context = await account_for_service(unit)
    assert [context.mapping_on(day).version for day in (date(2026, 3, 31), APRIL, date(2027, 1, 1))] == [1, 2, 2]


@pytest.mark.requirement("D16")
async def test_a_later_version_for_every_day_replaces_all_before_it(tenants, box, account_file, poster):
    first, changed = await prepared(tenants, box, account_file)
    await mapping_versions.change(tenants, NAME, changed, author="ben", reason="new year", effective_from=APRIL)
    await mapping_versions.change(tenants, NAME, first, author="ben", reason="as it was")
    async with poster.account(account_id(NAME)) as unit:
        context = await account_for_service(unit)
    assert [item.version for item in context.mappings] == [3]
    assert context.mapping_on(date(2020, 1, 1)).version == 3


@pytest.mark.requirement("D16")
async def test_a_roll_back_is_a_new_version_that_says_what_the_old_one_said(tenants, box, account_file):
    first, changed = await prepared(tenants, box, account_file)
    await mapping_versions.change(tenants, NAME, changed, author="ben", reason="try")
    view, made = await mapping_versions.roll_back(tenants, NAME, 1, author="anna", reason="wrong account")
    assert made
    assert (view.version, view.reason) == (3, "wrong account (as version 1)")
    assert (await mapping_versions.content(tenants, NAME))[1] == first
    assert (await mapping_versions.content(tenants, NAME, 2))[1] == changed
    assert [item.version for item in await mapping_versions.versions(tenants, NAME)] == [3, 2, 1]


async def test_saying_the_same_again_makes_no_version(tenants, box, account_file):
    first, _ = await prepared(tenants, box, account_file)
    view, made = await mapping_versions.change(tenants, NAME, first, author="ben", reason="again")
    assert (view.version, made) == (1, False)


async def test_what_cannot_be_done_is_said_and_nothing_is_stored(tenants, box, account_file):
    _, changed = await prepared(tenants, box, account_file)
    with pytest.raises(ConfigurationError, match="needs a reason"):
        await mapping_versions.change(tenants, NAME, changed, author="ben", reason=" ")
    with pytest.raises(ConfigurationError, match="no mapping version 7"):
        await mapping_versions.roll_back(tenants, NAME, 7, author="ben", reason="back")
    with pytest.raises(ConfigurationError, match="there is no account"):
        await mapping_versions.versions(tenants, "Nobody")
    assert len(await mapping_versions.versions(tenants, NAME)) == 1


@pytest.mark.requirement("D16")
async def test_a_version_that_is_scheduled_begins_whatever_is_put_right_before(tenants, box, account_file, poster):
    first, changed = await prepared(tenants, box, account_file)
    far = date(2999, 7, 1)
    await mapping_versions.change(tenants, NAME, changed, author="ben", reason="from July", effective_from=far)
    fixed = account_file(("account: 0860", "account: 0861")).mapping
    await mapping_versions.change(tenants, NAME, fixed, author="anna", reason="a fix meanwhile")
    async with poster.account(account_id(NAME)) as unit:
        context = await account_for_service(unit)
    assert [context.mapping_on(day).version for day in (date(2998, 1, 1), far)] == [3, 2]
    assert context.mapping.version == 3

    await mapping_versions.change(tenants, NAME, first, author="anna", reason="not in July", effective_from=far)
    async with poster.account(account_id(NAME)) as unit:
        assert (await account_for_service(unit)).mapping_on(far).version == 4


async def test_sections_of_a_company_that_is_none_are_refused(tenants, box, account_file):
    first, _ = await prepared(tenants, box, account_file)
    astray = first.model_copy(update={"companies": {"Sidney": CompanyMappingSection()}})
    with pytest.raises(Stopped) as caught:
        await mapping_versions.change(tenants, NAME, astray, author="ben", reason="typing error")
    assert [item.code for item in caught.value.findings] == ["MAPPING_VALUE_WRONG"]
    assert "Sydney" in caught.value.findings[0].message
