"""Where a consent's tokens are kept, and whose turn it is to refresh them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Row

from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.security import SecretBox
from ledgerwire.tenants.repository import functions, services
from ledgerwire.tenants.secrets import open_token, seal_token

CLAIM = timedelta(seconds=30)
"""How long one refresh may take; after that another worker may try, with whatever token is stored then."""


class Tokens(Protocol):
    """A token set, as the ledger's client knows it."""

    @property
    def access_token(self) -> str | None: ...
    @property
    def refresh_token(self) -> str | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def state(self) -> str: ...


TokensT = TypeVar("TokensT", bound=Tokens)


class ConsentTokenStore(Generic[TokensT]):
    """The tokens of one consent, in the database, sealed. Each call is a short transaction of its own."""

    def __init__(
        self,
        database: Database,
        box: SecretBox,
        account_id: UUID,
        consent_id: UUID,
        make: Callable[..., TokensT],
        *,
        read: Callable[[Unit, UUID], Awaitable[Row[Any] | None]] = services.consent,
    ) -> None:
        """`make` builds the client's token set from: access_token, refresh_token, expires_at, version, client_id, client_secret, state.

        `read` is the view of consents that the service may see.
        """
        self._read = read
        self._database = database
        self._box = box
        self._account_id = account_id
        self._consent_id = consent_id
        self._make = make
        self._seen = 0

    async def load(self) -> TokensT:
        """The stored set, never a cached one; ConfigurationError if the consent is gone."""
        async with self._database.account(self._account_id) as unit:
            row = await self._read(unit, self._consent_id)
        if row is None:
            raise ConfigurationError(f"there is no consent {self._consent_id}")
        self._seen = row.version
        return self._make(
            access_token=open_token(self._box, self._consent_id, "access_token", row.access_token),
            refresh_token=open_token(self._box, self._consent_id, "refresh_token", row.refresh_token),
            expires_at=row.expires_at,
            version=row.version,
            client_id=row.client_id,
            client_secret=open_token(self._box, self._consent_id, "client_secret", row.client_secret),
            state=row.state,
        )

    async def rotate(self, expected_version: int, fresh: TokensT) -> bool:
        """Store `fresh` if the stored version is still `expected_version`; False if another rotated first."""
        access, refresh = (
            seal_token(self._box, self._consent_id, column, token)
            for column, token in (("access_token", fresh.access_token), ("refresh_token", fresh.refresh_token))
        )
        async with self._database.account(self._account_id) as unit:
            version = await functions.token_rotate(
                unit,
                self._consent_id,
                expected_version,
                access=access,
                refresh=refresh,
                expires_at=fresh.expires_at,
                state=fresh.state,
                detail=None,
            )
        return version is not None

    async def mark_revoked(self, detail: str) -> None:
        """Record that the set loaded last is dead; a set that was stored since stays as it is."""
        async with self._database.account(self._account_id) as unit:
            await functions.token_rotate(
                unit,
                self._consent_id,
                self._seen,
                access=None,
                refresh=None,
                expires_at=None,
                state="revoked",
                detail=detail,
            )


class ConsentRefreshTurn:
    """Whose turn it is to refresh one consent, over all processes. One instance per worker; a claim, not a lock."""

    def __init__(self, database: Database, account_id: UUID, consent_id: UUID, *, claim: timedelta = CLAIM) -> None:
        self._database = database
        self._account_id = account_id
        self._consent_id = consent_id
        self._claim = claim
        self._holder = uuid4().hex

    async def take(self) -> bool:
        """Take the turn; False while another has it and its claim has not run out."""
        async with self._database.account(self._account_id) as unit:
            return await functions.token_claim(unit, self._consent_id, self._holder, self._claim)

    async def give_back(self) -> None:
        """End the turn early."""
        async with self._database.account(self._account_id) as unit:
            await functions.token_release(unit, self._consent_id, self._holder)
