from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ledgerwire.sandbox.xero.collection import Collection, UndoLog
from ledgerwire.sandbox.xero.idempotency import IdempotencyStore, Stored
from ledgerwire.sandbox.xero.limits import Limits
from ledgerwire.sandbox.xero.state import XeroState
from ledgerwire.sandbox.xero.switches import Switches

NOW = datetime(2026, 3, 17, tzinfo=UTC)
SEED = {
    "accounts": [{"Code": "200", "Name": "Sales", "Type": "SALES"}],
    "tracking_categories": [{"Name": "Location", "Options": [{"Name": "Sydney"}]}],
    "contacts": [{"Name": "Acme"}, {"Name": "Acme", "ContactNumber": "2", "ContactID": "given"}],
    "tax_rates": [{"Name": "GST", "TaxType": "OUTPUT", "EffectiveRate": 12.5}],
}


def _state():
    state = XeroState()
    state.load(SEED)
    return state


def test_ids_left_out_are_the_same_for_the_same_seed():
    one, two = _state(), _state()
    for kind in ("accounts", "tracking_categories", "contacts"):
        assert list(one.collections[kind]) == list(two.collections[kind])
    assert one.new_id("invoices") == two.new_id("invoices")
    assert one.account("200")["Class"] == "REVENUE"
    assert one.contacts.get("GIVEN")["ContactStatus"] == "ACTIVE"
    assert one.tax_rates.get("output")["EffectiveRate"] == Decimal("12.5")


def test_the_tenant_is_the_organisation():
    state = XeroState()
    state.load({"organisation": {"OrganisationID": "dd2570c0-93dc-56ac-a01e-81ea2224c0e4"}})
    assert state.tenant_id == "dd2570c0-93dc-56ac-a01e-81ea2224c0e4"


def test_loading_again_forgets_everything_before():
    state = _state()
    state.load({})
    assert len(state.accounts) == 0
    assert [row["Code"] for row in state.currencies] == ["AUD"]


@pytest.mark.parametrize("seed", [{"acounts": []}, {"switches": {"ruonding": "x"}}, {"switches": {"rounding": "up"}}])
def test_a_misspelt_seed_is_refused(seed):
    with pytest.raises(ValueError, match=r"unknown|takes one of"):
        XeroState().load(seed)


@pytest.mark.parametrize("values", [{"adviser": 1}, {"day_limit": "many"}, {"day_limit": True}])
def test_switches_keep_their_kind(values):
    with pytest.raises(ValueError, match="Expected"):
        Switches.of({"minute_limit": 5, **values})


def test_what_a_person_changes_in_the_screens():
    state = _state()
    state.amend("accounts", "200", {"Status": "ARCHIVED"})
    assert state.account("200")["Status"] == "ARCHIVED"
    state.add("accounts", {"Code": "201", "Name": "Other", "Type": "REVENUE"})
    assert state.account("201")["AccountID"]
    state.set_lock_dates(date(2026, 2, 28), date(2025, 6, 30))
    assert state.locks.problem(date(2026, 2, 28))
    state.set_lock_dates(None)
    assert state.locks.problem(date(2026, 2, 28)) is None
    with pytest.raises(KeyError):
        state.amend("accounts", "999", {})


def test_undo_goes_back_to_the_mark_and_mends_the_keys():
    undo = UndoLog()
    rows = Collection("Id", undo, "Name")
    rows.put({"Id": "a", "Name": "One"})
    mark = undo.mark()
    rows.put({"Id": "a", "Name": "Two"})
    rows.put({"Id": "b", "Name": "One"})
    undo.back_to(mark)
    assert list(rows) == [{"Id": "a", "Name": "One"}]
    assert rows.by_key("one") == [{"Id": "a", "Name": "One"}]
    assert rows.by_key("two") == []


def test_the_minute_slides_and_refused_calls_do_not_count():
    limits = Limits(Switches(minute_limit=2))
    problems = [limits.count("app", "t", NOW + timedelta(seconds=at), entered=True).problem for at in (0, 30, 31, 59)]
    assert problems == [None, None, "minute", "minute"]
    refused = limits.count("app", "t", NOW + timedelta(seconds=45), entered=True)
    assert refused.headers["Retry-After"] == "15"
    assert limits.count("app", "t", NOW + timedelta(seconds=60), entered=True).problem is None
    assert limits.count("app", "other tenant", NOW, entered=True).problem is None


def test_keys_are_forgotten_after_six_minutes():
    store = IdempotencyStore()
    store.keep("app", "k", Stored(b"r", NOW, 200, b"", "text/plain"))
    assert store.find("app", "k", b"r", NOW + timedelta(minutes=5, seconds=59)) is not None
    assert store.find("app", "k", b"r", NOW + timedelta(minutes=6)) is None
    assert store.find("other", "k", b"r", NOW) is None


def test_the_key_store_does_not_grow_for_ever():
    store = IdempotencyStore()
    for number in range(5_002):
        store.keep("app", str(number), Stored(b"", NOW, 200, b"", ""))
    store.keep("app", "late", Stored(b"", NOW + timedelta(hours=1), 200, b"", ""))
    assert store.find("app", "5001", b"", NOW) is None
