"""From a checked account file to the rows it asks for (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.ids import AccountId, account_id, company_id, connection_id
from ledgerwire.tenants.account_file import AccountFile, CompanySection, ConnectWiseSection, QuickBooksCompanySection
from ledgerwire.tenants.seat_sources import PARTNER_CENTER

CONNECTWISE = "connectwise"


@dataclass(frozen=True, slots=True)
class WantedConnection:
    """One connection as the file describes it; `config` holds no secret."""

    connection_id: UUID
    name: str
    kind: str
    config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedConsent:
    """One consent as the file describes it. `given` tells whether the file's tokens are the ones it gave before."""

    consent_id: UUID
    provider: str
    client_id: str
    client_secret: str = field(repr=False)
    access_token: str | None = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def given(self) -> str:
        """A fingerprint of what the file says; the stored tokens rotate, so they cannot be compared with it."""
        parts = [self.client_id, self.client_secret, self.refresh_token, self.access_token]
        return hashlib.sha256(canonical_bytes(parts)).hexdigest()


@dataclass(frozen=True, slots=True)
class WantedCompany:
    """One ledger company."""

    company_id: UUID
    name: str
    connectwise_connection_id: UUID
    ledger_connection_id: UUID
    locations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """All rows of one account."""

    account_id: UUID
    name: str
    settings: dict[str, Any]
    psa: WantedConnection
    private_key: str = field(repr=False)
    seats_private_key: str = field(repr=False)
    ledgers: tuple[WantedConnection, ...]
    consents: tuple[WantedConsent, ...]
    companies: tuple[WantedCompany, ...]
    mapping: bytes

    @property
    def connections(self) -> tuple[WantedConnection, ...]:
        return (self.psa, *self.ledgers)


def wanted(file: AccountFile) -> Wanted:
    """The rows of an account file. Xero organisations that name the same refresh token share one consent, as Xero does."""
    account = account_id(file.account)
    psa = WantedConnection(connection_id(account, CONNECTWISE), CONNECTWISE, CONNECTWISE, _psa_config(file.connectwise))
    consents: dict[tuple[str, ...], WantedConsent] = {}
    for section in sorted(file.companies, key=lambda company: company.name):
        consents.setdefault(_token_key(section), _consent(account, section))
    ledgers: list[WantedConnection] = []
    companies: list[WantedCompany] = []
    for section in file.companies:
        consent = consents[_token_key(section)]
        ledger = _ledger(account, section, consent.consent_id)
        ledgers.append(ledger)
        companies.append(
            WantedCompany(
                company_id(account, section.name),
                section.name,
                psa.connection_id,
                ledger.connection_id,
                section.locations,
            )
        )
    return Wanted(
        account_id=account,
        name=file.account,
        settings=_settings(file),
        psa=psa,
        private_key=file.connectwise.private_key.get_secret_value(),
        seats_private_key=file.connectwise.seats.private_key.get_secret_value() if file.connectwise.seats else "",
        ledgers=tuple(ledgers),
        consents=(*consents.values(), *_sign_ins(account, file)),
        companies=tuple(companies),
        mapping=file.mapping_body(),
    )


def _settings(file: AccountFile) -> dict[str, Any]:
    settings = {"sync": file.sync.model_dump(mode="json", by_alias=True)}
    if file.seats is None:
        return settings
    return settings | {"seats": file.seats.model_dump(mode="json", exclude={"sources": {"__all__": _TOKENS}})}


def seat_consent_id(account: UUID, source: str) -> UUID:
    """The consent of a seat source that signs in."""
    return uuid5(account, f"consent:{PARTNER_CENTER}:{source}")


def _sign_ins(account: AccountId, file: AccountFile) -> Iterator[WantedConsent]:
    for source in file.seats.sign_ins if file.seats else ():
        if source.client_secret is not None and source.refresh_token is not None:
            yield WantedConsent(
                consent_id=seat_consent_id(account, source.name),
                provider=PARTNER_CENTER,
                client_id=source.client_id,
                client_secret=source.client_secret.get_secret_value(),
                access_token=None,
                refresh_token=source.refresh_token.get_secret_value(),
            )


def _token_key(section: CompanySection) -> tuple[str, ...]:
    """What makes two companies share a consent; an Intuit consent reaches one company only."""
    own = section.connection.realm_id if isinstance(section, QuickBooksCompanySection) else ""
    return section.package, section.connection.client_id, section.connection.refresh_token.get_secret_value(), own


def _psa_config(section: ConnectWiseSection) -> dict[str, Any]:
    config = section.model_dump(mode="json", exclude={"private_key", "region", "seats"}, exclude_none=True)
    if section.seats is not None:
        config["seats_public_key"] = section.seats.public_key
    return config | {"site": section.host}


def _ledger(account: AccountId, section: CompanySection, consent_id: UUID) -> WantedConnection:
    name = f"{section.package}:{section.name}"
    config = section.connection.model_dump(mode="json", exclude=_TOKENS, exclude_none=True)
    config["consent_id"] = str(consent_id)
    return WantedConnection(connection_id(account, name), name, section.package, config)


_TOKENS = {"client_secret", "refresh_token", "access_token"}


def _consent(account: UUID, section: CompanySection) -> WantedConsent:
    tokens = section.connection
    return WantedConsent(
        consent_id=uuid5(account, f"consent:{section.package}:{section.name}"),
        provider=section.package,
        client_id=tokens.client_id,
        client_secret=tokens.client_secret.get_secret_value(),
        access_token=tokens.access_token.get_secret_value() if tokens.access_token else None,
        refresh_token=tokens.refresh_token.get_secret_value(),
    )
