"""Apps, consents and tokens of Xero's identity server.

Access tokens live 30 minutes; refresh tokens 60 days and are replaced at each use, the replaced one staying usable for
30 minutes in case the answer was lost (developer documentation "OAuth 2.0: token types").
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

ACCESS_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(minutes=30)
CODE_LIFE = timedelta(minutes=5)

_JWT_HEADER = b'{"alg":"HS256","typ":"JWT"}'

DEFAULT_SCOPES = (
    "offline_access accounting.invoices accounting.payments accounting.manualjournals accounting.contacts "
    "accounting.settings.read"
)


class OAuthError(Exception):
    """A refusal of the token endpoint: RFC 6749 error code, optional description, HTTP status."""

    def __init__(self, code: str, description: str | None = None, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class App:
    """A registered app; a custom connection authenticates as itself and has no refresh token."""

    client_id: str
    client_secret: str
    scopes: str = DEFAULT_SCOPES
    custom_connection: bool = False


@dataclass(slots=True)
class Consent:
    """What one user granted to one app; dead once revoked or disconnected. `left`: tenants taken away from it again."""

    client_id: str
    scopes: str
    given: datetime
    event_id: str = field(default_factory=lambda: str(uuid4()))
    connection_id: str = field(default_factory=lambda: str(uuid4()))
    alive: bool = True
    connected: bool = True
    left: set[str] = field(default_factory=set)

    def reaches(self, tenant_id: str) -> bool:
        """Whether its tokens open this tenant."""
        return self.connected and tenant_id not in self.left

    def connection_to(self, tenant_id: str, *, first: bool) -> str:
        """Id of the connection to a tenant; the first one's is the consent's own."""
        return self.connection_id if first else str(uuid5(UUID(self.connection_id), tenant_id))


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for."""

    consent: Consent
    expires: datetime


@dataclass(slots=True)
class _Refresh:
    consent: Consent
    expires: datetime
    replaced: datetime | None = None
    successor: "_Refresh | None" = None


@dataclass(frozen=True, slots=True)
class _Code:
    consent: Consent
    redirect_uri: str
    challenge: str | None
    expires: datetime


class Identity:
    """The identity server's memory. Every method takes the present virtual moment."""

    def __init__(self, apps: Iterable[App] = ()) -> None:
        self.apps = {app.client_id: app for app in apps}
        self.consents: list[Consent] = []
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}
        self._signing_key = secrets.token_bytes(32)

    def authenticate(self, client_id: str, client_secret: str | None) -> App:
        """The app of these credentials. Raises OAuthError invalid_client."""
        app = self.apps.get(client_id)
        if (
            app is None
            or client_secret is None
            or not hmac.compare_digest(app.client_secret.encode(), client_secret.encode())
        ):
            raise OAuthError("invalid_client", status=401 if app is None else 400)
        return app

    def consent(self, client_id: str, now: datetime, scopes: str | None = None) -> dict[str, Any]:
        """What a user's agreement in the browser ends in: a new consent with its first token set."""
        return self._token_set(self._new_consent(client_id, now, scopes), now)

    def authorize(
        self, client_id: str, redirect_uri: str, scopes: str | None, challenge: str | None, now: datetime
    ) -> str:
        """A single-use code, good for five minutes. Raises OAuthError for an unknown app."""
        if client_id not in self.apps:
            raise OAuthError("unauthorized_client")
        code = secrets.token_urlsafe(32)
        consent = self._new_consent(client_id, now, scopes)
        self._codes[code] = _Code(consent, redirect_uri, challenge, now + CODE_LIFE)
        return code

    def exchange(self, app: App, code: str, redirect_uri: str, verifier: str | None, now: datetime) -> dict[str, Any]:
        """Turn a code into tokens. Raises OAuthError invalid_grant."""
        known = self._codes.pop(code, None)
        if (
            known is None
            or known.expires <= now
            or known.consent.client_id != app.client_id
            or known.redirect_uri != redirect_uri
            or not _proves(known.challenge, verifier)
        ):
            raise OAuthError("invalid_grant")
        return self._token_set(known.consent, now)

    def refresh(self, app: App, token: str, now: datetime) -> dict[str, Any]:
        """Replace a refresh token. Raises OAuthError invalid_grant when it is dead, expired or replaced too long ago."""
        known = self._refresh.get(token)
        if (
            known is None
            or known.consent.client_id != app.client_id
            or not known.consent.alive
            or known.expires <= now
            or (known.replaced is not None and now - known.replaced > GRACE)
        ):
            raise OAuthError("invalid_grant")
        body = self._token_set(known.consent, now)
        if "refresh_token" in body:
            self._replace(known, self._refresh[body["refresh_token"]], now)
        return body

    def client_credentials(self, app: App, scopes: str | None, now: datetime) -> dict[str, Any]:
        """Token of a custom connection. Raises OAuthError unauthorized_client or invalid_scope."""
        if not app.custom_connection:
            raise OAuthError("unauthorized_client")
        asked = set((scopes or app.scopes).split())
        if not asked <= set(app.scopes.split()):
            raise OAuthError("invalid_scope", "Client credentials scope validation failed")
        granted = " ".join(sorted(asked - {"offline_access"}))
        return self._token_set(self._new_consent(app.client_id, now, granted), now)

    def revoke(self, app: App, token: str) -> None:
        """Drop a refresh token with every connection of its user; an unknown token is no error (RFC 7009)."""
        known = self._refresh.get(token)
        if known is not None and known.consent.client_id == app.client_id:
            known.consent.alive = known.consent.connected = False

    def revoke_all(self, client_id: str | None = None) -> int:
        """What a user does in Xero under Connected apps: end every consent (of one app); returns how many ended."""
        ended = [consent for consent in self.consents if consent.alive and client_id in {None, consent.client_id}]
        for consent in ended:
            consent.alive = consent.connected = False
        return len(ended)

    def expire_access(self, now: datetime) -> int:
        """Let every access token have come to its end, as half an hour does; returns how many still lived."""
        living = [token for token, access in self._access.items() if access.expires > now]
        for token in living:
            self._access[token] = replace(self._access[token], expires=now)
        return len(living)

    def access(self, token: str) -> Access | None:
        """What an access token stands for, expired or not; None for one never issued."""
        return self._access.get(token)

    def _new_consent(self, client_id: str, now: datetime, scopes: str | None) -> Consent:
        consent = Consent(client_id, scopes or self.apps[client_id].scopes, now)
        self.consents.append(consent)
        return consent

    def _replace(self, used: _Refresh, fresh: _Refresh, now: datetime) -> None:
        """Only the newest token has its full life; one used again within its grace retires its unseen successor."""
        if used.successor is not None and used.successor.replaced is None:
            used.successor.replaced = now
        used.replaced = used.replaced or now
        used.successor = fresh

    def _token_set(self, consent: Consent, now: datetime) -> dict[str, Any]:
        scopes = consent.scopes.split()
        token = self._jwt(
            {
                "aud": "https://identity.xero.com/resources",
                "client_id": consent.client_id,
                "authentication_event_id": consent.event_id,
                "xero_userid": consent.connection_id,
                "jti": secrets.token_hex(16),
                "nbf": int(now.timestamp()),
                "exp": int((now + ACCESS_LIFE).timestamp()),
                "scope": scopes,
            }
        )
        self._access[token] = Access(consent, now + ACCESS_LIFE)
        body: dict[str, Any] = {}
        if "openid" in scopes:
            body["id_token"] = self._jwt({"aud": consent.client_id, "sub": consent.connection_id})
        body |= {"access_token": token, "expires_in": int(ACCESS_LIFE.total_seconds()), "token_type": "Bearer"}
        if "offline_access" in scopes:
            body["refresh_token"] = secrets.token_urlsafe(32)
            self._refresh[body["refresh_token"]] = _Refresh(consent, now + REFRESH_LIFE)
        return body | {"scope": consent.scopes}

    def _jwt(self, claims: dict[str, Any]) -> str:
        signed = f"{_b64(_JWT_HEADER)}.{_b64(json.dumps(claims).encode())}"
        return f"{signed}.{_b64(hmac.digest(self._signing_key, signed.encode(), 'sha256'))}"


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _proves(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return True
    return verifier is not None and _b64(hashlib.sha256(verifier.encode()).digest()) == challenge
