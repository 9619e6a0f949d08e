"""What goes wrong in the month was planted, with a cause from the catalogue and a fix on the side where it belongs."""

from collections import Counter

import pytest

from ledgerwire.sandbox.seed import build, close_request


@pytest.fixture
def scenario():
    return build(7)


def test_about_47_clean_6_warned_7_stopped_two_of_them_by_one_cause(scenario):
    assert Counter(planned.expected_first for planned in scenario.plan) == {
        "posted": 45, "no_effect": 2, "posted_warned": 6, "stopped": 7,
    }  # fmt: skip
    stopped = Counter(planned.fix.name for planned in scenario.plan if planned.fix)
    assert sorted(stopped.values()) == [1, 1, 1, 1, 1, 2]


def test_stops_and_warnings_have_codes_and_only_stops_have_fixes(scenario):
    for planned in scenario.plan:
        assert bool(planned.codes) == (planned.expected_first in {"posted_warned", "stopped"})
        assert (planned.fix is not None) == (planned.expected_first == "stopped")


@pytest.mark.requirement("M2")
def test_fixes_lie_on_three_sides_and_gl_table_fixes_reload_and_close(scenario):
    fixes = {planned.fix.name: planned.fix for planned in scenario.plan if planned.fix}
    assert Counter(fix.side for fix in fixes.values()) == {"connectwise": 3, "ledgerwire": 2, "ledger": 1}
    for fix in fixes.values():
        assert bool(fix.requests) == (fix.side == "connectwise")
        assert bool(fix.account_patch) == (fix.side == "ledgerwire")
        assert bool(fix.xero) == (fix.side == "ledger")
        if fix.after == "closes_again":
            _, reload, close = fix.requests
            assert reload["body"][0]["value"] == {"id": 3}
            assert close["body"][0]["value"] == {"id": 2}


def test_an_account_patch_names_settings_that_the_account_has(scenario):
    for planned in scenario.plan:
        patch, settings = (planned.fix.account_patch if planned.fix else {}), scenario.account
        while patch:
            name, patch = next(iter(patch.items()))
            assert name in settings or settings == {}
            settings = settings.get(name, {})
            patch = patch if isinstance(patch, dict) else {}


def test_the_planted_states_are_in_the_tables(scenario):
    tables, xero = scenario.connectwise_tables, scenario.xero
    without_contact = [row["name"] for row in tables["company/companies"] if "billingContact" not in row]
    assert without_contact == ["Kookaburra Childcare Centres Pty Ltd"]
    archived = {row["Code"] for row in xero["accounts"] if row["Status"] == "ARCHIVED"}
    assert [row["segment1"] for row in tables["finance/glAccounts"] if row.get("segment1") in archived] == ["291"]
    expense = [row for row in tables["finance/glAccounts"] if row["glType"] == "RE" and "segment1" in row]
    assert all("productId" not in row for row in expense)
    rates = {row["Name"] for row in xero["tax_rates"]}
    unknown = [
        row["identifier"] for row in tables["finance/taxCodes"] if not {row["identifier"], row["description"]} & rates
    ]
    assert unknown == ["GST10"]
    assert [row["Name"] for row in xero["contacts"] if row["ContactStatus"] == "ARCHIVED"] == [
        "Illawarra Tyres Pty Ltd"
    ]


def test_one_invoice_is_dated_in_the_closed_period_until_the_lock_moves(scenario):
    lock = scenario.xero["organisation"]["PeriodLockDate"]
    locked = [planned for planned in scenario.plan if planned.day.isoformat() <= lock]
    assert [planned.codes for planned in locked] == [("PERIOD_LOCKED",)]
    assert locked[0].fix.xero["organisation"]["PeriodLockDate"] < locked[0].day.isoformat()


def test_closing_is_a_patch_of_the_status(scenario):
    assert close_request(39001) == {
        "method": "PATCH",
        "path": "/finance/invoices/39001",
        "body": [{"op": "replace", "path": "status", "value": {"id": 2}}],
    }
