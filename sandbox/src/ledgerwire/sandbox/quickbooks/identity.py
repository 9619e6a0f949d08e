"""Intuit's identity server: apps, consents and tokens.

An access token lives 3,600 seconds. The refresh value changes once a day: a refresh within 24 hours answers the present
value again, a later one answers a new value and the old one is dead. Each refresh starts the 101 days anew.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledgerwire.sandbox.quickbooks.wire import Json

ACCESS_LIFE = timedelta(seconds=3_600)
REFRESH_LIFE = timedelta(seconds=8_726_400)
ROTATES_AFTER = timedelta(hours=24)
HARD_LIFE = timedelta(days=5 * 365)
CODE_LIFE = timedelta(minutes=10)
DEAD = "Incorrect or invalid refresh token"


class OAuthError(Exception):
    """A refusal of the token endpoint: RFC 6749 error code, optional description, HTTP status."""

    def __init__(self, code: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class App:
    """A registered app."""

    client_id: str
    client_secret: str


@dataclass(slots=True)
class Consent:
    """What one user granted to one app for one company (`realm_id`; None: any), with its present refresh value."""

    client_id: str
    given: datetime
    refresh_value: str
    value_since: datetime
    expires: datetime
    alive: bool = True
    realm_id: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for."""

    consent: Consent
    expires: datetime


@dataclass(frozen=True, slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    expires: datetime


class Identity:
    """The identity server's memory. Every method takes the present virtual moment."""

    def __init__(self, apps: Iterable[App] = ()) -> None:
        self.apps = {app.client_id: app for app in apps}
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, Consent] = {}
        self._rotated: dict[str, datetime] = {}
        self._codes: dict[str, _Code] = {}

    def authenticate(self, client_id: str, client_secret: str) -> App:
        """The app of these credentials. Raises OAuthError invalid_client."""
        app = self.apps.get(client_id)
        if app is None or not hmac.compare_digest(app.client_secret.encode(), client_secret.encode()):
            raise OAuthError("invalid_client", status=401)
        return app

    def consent(self, client_id: str, now: datetime, realm_id: str | None = None) -> Json:
        """What a user's agreement in the browser ends in: a new consent with its first token set."""
        consent = Consent(client_id, now, _refresh_value(), now, now + REFRESH_LIFE, realm_id=realm_id)
        self._refresh[consent.refresh_value] = consent
        return self._token_set(consent, now)

    def authorize(self, client_id: str, redirect_uri: str, now: datetime) -> str:
        """A single-use code. Raises OAuthError for an unknown app."""
        if client_id not in self.apps:
            raise OAuthError("invalid_client")
        code = f"AB{secrets.token_urlsafe(24)}"
        self._codes[code] = _Code(client_id, redirect_uri, now + CODE_LIFE)
        return code

    def exchange(self, app: App, code: str, redirect_uri: str, now: datetime) -> Json:
        """Turn a code into tokens. Raises OAuthError invalid_grant."""
        known = self._codes.pop(code, None)
        if (
            known is None
            or known.expires <= now
            or (known.client_id, known.redirect_uri)
            != (
                app.client_id,
                redirect_uri,
            )
        ):
            raise OAuthError("invalid_grant", "Invalid authorization code")
        return self.consent(app.client_id, now)

    def refresh(self, app: App, value: str, now: datetime, overlap: timedelta) -> Json:
        """A fresh token set; a rotated value works for `overlap` longer. Raises OAuthError invalid_grant."""
        consent = self._refresh.get(value)
        rotated = self._rotated.get(value)
        if (
            consent is None
            or consent.client_id != app.client_id
            or not consent.alive
            or consent.expires <= now
            or (rotated is not None and now - rotated >= overlap)
        ):
            raise OAuthError("invalid_grant", DEAD)
        if rotated is None and now - consent.value_since >= ROTATES_AFTER:
            self._rotated[value] = now
            consent.refresh_value, consent.value_since = _refresh_value(), now
            self._refresh[consent.refresh_value] = consent
        consent.expires = now + REFRESH_LIFE
        return self._token_set(consent, now)

    def revoke(self, app: App, token: str) -> None:
        """End the consent of an access or refresh token. Raises OAuthError for a token never issued to the app."""
        access = self._access.get(token)
        consent = access.consent if access else self._refresh.get(token)
        if consent is None or consent.client_id != app.client_id:
            raise OAuthError("invalid_request")
        consent.alive = False

    def revoke_all(self) -> int:
        """What a user does in QuickBooks under Apps: end every consent; returns how many ended."""
        alive = {id(consent): consent for consent in self._refresh.values() if consent.alive}
        for consent in alive.values():
            consent.alive = False
        return len(alive)

    def access(self, token: str) -> Access | None:
        """What an access token stands for, expired or not; None for one never issued."""
        return self._access.get(token)

    def hard_expiry_seconds(self, value: str, now: datetime) -> int:
        """Seconds until the consent ends for good, however often it is refreshed."""
        return int((self._refresh[value].given + HARD_LIFE - now).total_seconds())

    def _token_set(self, consent: Consent, now: datetime) -> Json:
        token = f"eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..{secrets.token_urlsafe(96)}"
        self._access[token] = Access(consent, now + ACCESS_LIFE)
        return {
            "x_refresh_token_expires_in": int((consent.expires - now).total_seconds()),
            "refresh_token": consent.refresh_value,
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(ACCESS_LIFE.total_seconds()),
        }


def _refresh_value() -> str:
    return f"RT1-{secrets.token_hex(24)}"
