from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from ledgerwire.accounting.oauth import Grant
from ledgerwire.accounting.tokens import TokenSet, TokenSource
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import ConfigurationError, Waiting
from ledgerwire.common.ids import account_id
from ledgerwire.common.work.urgency import serving
from ledgerwire.connectwise.client import build_connectwise
from ledgerwire.tenants import accounts
from ledgerwire.tenants import budget as budget_module
from ledgerwire.tenants import clients as clients_module
from ledgerwire.tenants.accounts import apply
from ledgerwire.tenants.budget import BudgetGate, PsaBudgetGate, Window, connectwise_windows
from ledgerwire.tenants.read import account_for_service
from ledgerwire.tenants.tokens import ConsentRefreshTurn, ConsentTokenStore

NAME = "Harbour IT"
ACCOUNT = account_id(NAME)
LATER = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Tokens:
    access_token: str | None
    refresh_token: str | None
    expires_at: datetime | None
    version: int
    client_id: str
    client_secret: str
    state: str = "ok"


@pytest.fixture
async def ledger(tenants, box, account_file, poster):
    """The ledger connection of an applied account."""
    await apply(tenants, box, account_file(), author="anna", reason="first")
    async with poster.account(ACCOUNT) as unit:
        context = await account_for_service(unit)
    return context.connection(context.companies[0].ledger_connection_id)


@pytest.fixture
def store(poster, box, ledger):
    return ConsentTokenStore(poster, box, ACCOUNT, ledger.consent_id, Tokens)


async def test_the_tokens_of_the_account_file_are_loaded_opened(store):
    assert await store.load() == Tokens(None, "canary-refresh", None, 1, "app", "canary-client", "ok")


async def test_a_rotated_set_is_what_the_next_load_gives(store):
    stored = await store.load()
    fresh = replace(stored, access_token="a1", refresh_token="r1", expires_at=LATER, version=2)
    assert await store.rotate(stored.version, fresh)
    assert await store.load() == fresh


async def test_a_rotation_over_a_version_that_is_gone_changes_nothing(store):
    stored = await store.load()
    assert await store.rotate(stored.version, replace(stored, access_token="a1", refresh_token="r1"))
    assert not await store.rotate(stored.version, replace(stored, access_token="a2", refresh_token="r2"))
    assert (await store.load()).refresh_token == "r1"


@pytest.mark.requirement("A130")
async def test_a_dead_consent_is_marked_with_its_cause(tenants, store):
    await store.load()
    await store.mark_revoked("invalid_grant")
    assert (await store.load()).state == "revoked"
    consent = (await accounts.show(tenants, NAME)).connections[1].consent
    assert consent is not None
    assert (consent.state, consent.state_detail) == ("revoked", "invalid_grant")


async def test_a_set_that_was_stored_meanwhile_is_not_called_dead(poster, box, ledger, store):
    other = ConsentTokenStore(poster, box, ACCOUNT, ledger.consent_id, Tokens)
    stored = await store.load()
    assert await other.rotate(1, replace(stored, access_token="a1", refresh_token="r1"))
    await store.mark_revoked("invalid_grant")
    assert (await store.load()).state == "ok"


async def test_a_consent_that_is_gone_is_said_to_be(poster, box):
    with pytest.raises(ConfigurationError, match="no consent"):
        await ConsentTokenStore(poster, box, ACCOUNT, ACCOUNT, Tokens).load()


@dataclass
class Provider:
    """Accepts each refresh token once, as a rotating provider does."""

    refresh_token: str = "canary-refresh"
    calls: list[str] = field(default_factory=list)

    async def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Grant:
        self.calls.append(refresh_token)
        await asyncio.sleep(0.05)  # lint: allow sleeping-test - a slow answer, so that the others arrive meanwhile
        assert refresh_token == self.refresh_token, "a spent refresh token was used again"
        self.refresh_token = f"r{len(self.calls)}"
        return Grant(f"access-{self.refresh_token}", self.refresh_token, timedelta(minutes=30))


def worker(database: Database, box, consent_id, provider: Provider) -> TokenSource:
    """What each of several processes has of its own: the token source over the same rows."""
    store = ConsentTokenStore(database, box, ACCOUNT, consent_id, TokenSet)
    return TokenSource(store, provider, turn=ConsentRefreshTurn(database, ACCOUNT, consent_id))


@pytest.mark.requirement("D18")
async def test_twenty_workers_make_one_refresh(poster, box, ledger):
    provider = Provider()
    tokens = await asyncio.gather(*(worker(poster, box, ledger.consent_id, provider).token() for _ in range(20)))
    assert provider.calls == ["canary-refresh"]
    assert set(tokens) == {"access-r1"}


async def test_the_turn_of_a_worker_that_died_passes_on(poster, ledger):
    dead = ConsentRefreshTurn(poster, ACCOUNT, ledger.consent_id, claim=timedelta(milliseconds=200))
    heir = ConsentRefreshTurn(poster, ACCOUNT, ledger.consent_id)
    assert await dead.take()
    assert not await heir.take()
    async with asyncio.timeout(10):
        while not await heir.take():  # noqa: ASYNC110 - the database's clock ends the claim
            await asyncio.sleep(0.05)
    await dead.give_back()
    assert not await ConsentRefreshTurn(poster, ACCOUNT, ledger.consent_id).take()


# budgets ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    minute_remaining: int | None = None
    day_remaining: int | None = None
    problem: str | None = None
    retry_after: timedelta | None = None


def gate(poster: Database, ledger, minute: int = 5, day: int = 100) -> BudgetGate:
    windows = (Window("minute", 60, minute), Window("day", 86_400, day))
    return BudgetGate(poster, ACCOUNT, ledger.connection_id, windows)


async def test_calls_pass_until_the_window_is_full_and_then_wait_with_a_time(poster, ledger):
    budget = gate(poster, ledger)
    await budget.take(5)
    with pytest.raises(Waiting) as caught:
        await budget.take()
    assert caught.value.code == "RATE_LIMITED"
    assert caught.value.after is not None
    assert timedelta(seconds=50) < caught.value.after < timedelta(seconds=64)
    assert str(caught.value) == "Xero allows no more calls for now"


async def test_a_refused_call_takes_nothing_from_any_window(poster, ledger):
    narrow = gate(poster, ledger, minute=100, day=3)
    await narrow.take(3)
    for _ in range(5):
        with pytest.raises(Waiting):
            await narrow.take()
    await gate(poster, ledger, minute=4, day=100).take(1)


async def test_many_workers_together_never_take_more_than_the_ceiling(poster, ledger):
    budget = gate(poster, ledger, minute=10)

    async def tries() -> bool:
        try:
            await budget.take()
        except Waiting:
            return False
        return True

    assert sum(await asyncio.gather(*(tries() for _ in range(30)))) == 10


@pytest.mark.parametrize(
    ("report", "least", "most"),
    [
        (Report(minute_remaining=0), 50, 64),
        (Report(day_remaining=0), 80_000, 91_000),
        (Report(problem="minute", retry_after=timedelta(seconds=30)), 29, 30),
        (Report(problem="day", retry_after=timedelta(hours=2)), 7_190, 7_200),
        (Report(problem="concurrent", retry_after=timedelta(seconds=5)), 4, 5),
    ],
)
async def test_the_gate_follows_what_the_provider_says(poster, ledger, report, least, most):
    budget = gate(poster, ledger)
    await budget.take()
    await budget.observe(report)
    with pytest.raises(Waiting) as caught:
        await budget.take()
    assert caught.value.after is not None
    assert least <= caught.value.after.total_seconds() <= most


async def test_an_answer_without_figures_changes_nothing(poster, ledger):
    budget = gate(poster, ledger)
    await budget.observe(Report())
    await budget.take(5)


# ConnectWise's budget ---------------------------------------------------------------------------------------------------


def psa_gate(poster: Database, ledger, per_minute: int, ahead: int = 1) -> PsaBudgetGate:
    # which connection it is does not matter to a budget
    return PsaBudgetGate(poster, ACCOUNT, ledger.connection_id, connectwise_windows(per_minute), ahead=ahead)


async def taken(budget, *, bulk: bool, tries: int) -> int:
    """How many of so many calls at once the budget lets through."""

    async def one() -> bool:
        try:
            await budget.take(1)
        except Waiting:
            return False
        return True

    with serving(bulk=bulk):
        return sum(await asyncio.gather(*(one() for _ in range(tries))))


@pytest.mark.requirement("D19")
async def test_replicas_share_connectwise_s_minute(poster, ledger):
    replicas = [psa_gate(poster, ledger, 20) for _ in range(3)]
    assert sum([await taken(one, bulk=False, tries=10) for one in replicas]) == 19


@pytest.mark.requirement("D19")
async def test_bulk_work_goes_at_a_pace_and_what_is_urgent_passes_it(poster, ledger):
    budget = psa_gate(poster, ledger, 100)
    assert await taken(budget, bulk=True, tries=20) == 15
    with serving(bulk=True), pytest.raises(Waiting) as caught:
        await budget.take(1)
    assert caught.value.after is not None
    assert caught.value.after < timedelta(seconds=10.2)
    assert caught.value.code == "CONNECTWISE_RATE_LIMITED"
    assert str(caught.value) == "ConnectWise allows no more calls for now"
    assert await taken(budget, bulk=False, tries=5) == 5


@pytest.mark.requirement("D19")
async def test_bulk_work_leaves_ledger_calls_for_what_is_urgent(poster, ledger):
    budget = BudgetGate(poster, ACCOUNT, ledger.connection_id)
    with serving(bulk=True):
        await budget.take(57)
        with pytest.raises(Waiting):
            await budget.take(1)
    await budget.take(3)
    with pytest.raises(Waiting):
        await budget.take(1)


@pytest.mark.requirement("D19")
@pytest.mark.parametrize(("advice", "closed"), [(timedelta(seconds=12), 12), (None, 30)])
async def test_a_refusal_by_connectwise_closes_the_budget_for_all_for_as_long_as_it_asks(
    poster, ledger, advice, closed
):
    await psa_gate(poster, ledger, 100).observe(429, advice)
    for bulk in (False, True):
        with serving(bulk=bulk), pytest.raises(Waiting) as caught:
            await psa_gate(poster, ledger, 100).take(1)
        assert caught.value.after is not None
        assert closed - 5 < caught.value.after.total_seconds() <= closed


async def test_an_answer_that_refuses_nothing_leaves_connectwise_s_budget_as_it_is(poster, ledger):
    budget = psa_gate(poster, ledger, 100)
    await budget.observe(500, timedelta(seconds=12))
    assert await taken(budget, bulk=False, tries=3) == 3


@pytest.mark.requirement("D19")
async def test_calls_taken_ahead_are_counted_for_all_before_one_of_them_is_made(poster, ledger):
    ahead, other = psa_gate(poster, ledger, 100, ahead=10), psa_gate(poster, ledger, 100)
    with serving(bulk=True):
        for _ in range(10):
            await ahead.take(1)
    assert await taken(other, bulk=True, tries=20) == 5


@pytest.mark.requirement("D19")
async def test_urgent_calls_in_a_row_are_taken_ahead_and_the_last_of_the_minute_is_made_all_the_same(
    poster, ledger, monkeypatch
):
    monkeypatch.setattr(budget_module, "AHEAD_SECONDS", 60.0)  # a slow machine must not lose what was taken ahead
    assert await taken(psa_gate(poster, ledger, 20, ahead=4), bulk=False, tries=30) == 19


@pytest.mark.requirement("D19")
async def test_an_urgent_call_now_and_then_takes_no_more_than_itself(poster, ledger):
    for _ in range(19):
        await psa_gate(poster, ledger, 20, ahead=4).take(1)
    with pytest.raises(Waiting):
        await psa_gate(poster, ledger, 20, ahead=4).take(1)


@pytest.mark.requirement("D19")
@pytest.mark.parametrize("for_seats", [False, True])
async def test_every_client_of_a_connectwise_is_built_with_its_budget_and_the_time_a_call_may_take(
    tenants, poster, settings, box, account_file, monkeypatch, for_seats
):
    await apply(tenants, box, account_file(), author="anna", reason="first set-up")
    [connection, *_] = (await accounts.show(tenants, NAME)).connections
    windows = connectwise_windows()
    await PsaBudgetGate(poster, ACCOUNT, connection.connection_id, windows).observe(429, timedelta(minutes=1))
    gates, limits = [], []

    def build(config, gate=None, **hooks):
        gates.append(gate)
        limits.append((config.call_seconds, config.policy().total_seconds))
        return build_connectwise(config, gate, **hooks)

    monkeypatch.setattr(clients_module, "build_connectwise", build)
    key = SecretStr("k1:" + b64encode(bytes(range(32))).decode())
    chosen = settings.model_copy(update={"encryption_keys": key, "connectwise_timeout_seconds": 7.0})
    clients = clients_module.ConnectionClients(poster, chosen)
    await clients.connectwise(ACCOUNT, connection.connection_id, for_seats=for_seats)
    await clients.close()
    assert limits == [(7.0, 7.0)]
    with pytest.raises(Waiting) as caught:
        await gates[0].take(1)
    assert caught.value.code == "CONNECTWISE_RATE_LIMITED"
