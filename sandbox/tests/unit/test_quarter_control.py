"""The quarter through the control API: waves close, causes are put right on their side, customers pay, books are checked."""

import asyncio
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from ledgerwire.sandbox.control import create_control
from ledgerwire.sandbox.world import create_world

OFF = {"limits_enabled": False}


class Person:
    """Somebody with the control API of a quarter in hand."""

    def __init__(self):
        self.world = create_world(7, "quarter", switches={"xero": OFF, "quickbooks": OFF})
        self.world.clock.set(datetime(2026, 6, 1, 9, tzinfo=UTC))
        self.app = create_control(self.world, dict)

    def ask(self, method, path, body=None, *, status=200):
        async def call():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://control.test") as client:
                return await client.request(method, path, json=body)

        answer = asyncio.run(call())
        assert answer.status_code == status, answer.text
        return json.loads(answer.content, parse_float=Decimal)


@pytest.fixture
def person():
    return Person()


@pytest.fixture
def closed(person):
    waves = person.ask("GET", "/quarter")["waves"]
    person.ask("POST", "/quarter/close", {"wave": 0, "part": "burst"})
    person.ask("POST", "/quarter/close", {"wave": 0, "part": "later"})
    for number in (1, 2):
        person.ask("POST", "/quarter/close", {"wave": number})
    return waves


def test_everything_closes_in_its_wave(person, closed):
    state = person.world.connectwise.state
    assert sum(len(wave["burst"]) + len(wave["later"]) for wave in closed) == len(state.closed_at)
    person.ask("POST", "/quarter/close", {"wave": 3}, status=400)


def test_nothing_posted_is_all_missing_and_nothing_else(person, closed):
    for ledger in ("xero", "quickbooks"):
        report = person.ask("GET", f"/quarter/audit?ledger={ledger}&payments=true")
        assert set(report["codes"]) == {"MISSING", "NOT_BATCHED", "CONTROL_DIFFERS"}
        counts = report["counts"]
        assert counts["records"] == sum(counts["expected"].values())
        assert counts["missing"] == counts["expected"]["posted"]
        assert counts["expected"]["stopped"] == (25 if ledger == "xero" else 26)
    person.ask("GET", "/quarter/audit?ledger=sage", status=400)


@pytest.mark.parametrize("ledger", ["xero", "quickbooks"])
def test_every_cause_is_put_right_where_it_belongs(person, closed, ledger):
    planted = person.ask("GET", "/quarter")["planted"]
    names = {one["fix"]["name"] for one in planted if one["fix"]}
    before = dict(person.world.connectwise.state.closed_at)
    for name in sorted(names):
        told = person.ask("POST", f"/fixes/{name}?ledger={ledger}")
        assert bool(told["account_patch"]) == (told["side"] == "ledgerwire")
        if name == "tax_code":
            links = told["account_patch"]["mapping"]["companies"]["Harbourline IT Pty Ltd"]["tax"]["links"]
            assert links == {"GST10": "OUTPUT" if ledger == "xero" else "GST on Income"}
    assert set(person.world.connectwise.state.closed_at) == set(before)
    world, sydney = person.world, "Harbourline IT Pty Ltd"
    back = "Illawarra Tyres Pty Ltd"
    if ledger == "xero":
        assert world.organisations.named(sydney).organisation["PeriodLockDate"] == date(2025, 12, 31)
        assert world.organisations.named(sydney).contacts.by_key(back)[0]["ContactStatus"] == "ACTIVE"
    else:
        realm = world.realms.named(sydney)
        assert realm.book_close_date == date(2025, 12, 31)
        assert next(row for row in realm.all("Customer") if row["DisplayName"] == back)["Active"] is True
    assert world.organisations.named("Harbourline IT LLC").organisation["PeriodLockDate"] == date(2026, 1, 31)
    assert names <= set(world.applied_fixes)
    report = person.ask("GET", f"/quarter/audit?ledger={ledger}")
    assert report["counts"]["expected"]["stopped"] < 16, "what was put right must post then"


def test_nobody_pays_what_is_not_in_the_ledger(person):
    for ledger in ("xero", "quickbooks"):
        told = person.ask("POST", "/quarter/payments", {"ledger": ledger, "until": "2026-02-20"}, status=409)
        assert told["error"]


def test_the_account_of_either_package_is_told(person):
    for ledger, category in (("xero", "Business Line"), ("quickbooks", "Class")):
        account = person.ask("GET", f"/account?ledger={ledger}")
        assert account["package"] == ledger
        assert account["mapping"]["tracking"]["category_1"] == category
    assert len(person.ask("GET", "/expected")["expected"]) > 1600


def test_without_the_quarter_there_is_none():
    person = Person()
    person.world.seed(1)
    person.ask("GET", "/quarter", status=409)
    person.ask("GET", "/account?ledger=quickbooks", status=400)
