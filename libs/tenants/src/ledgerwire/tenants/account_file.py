"""The account file: everything about one subscriber, checked before anything of it is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.tenants import yaml_text
from ledgerwire.tenants.hosts import REGIONS, connectwise_host, quickbooks_url, xero_url
from ledgerwire.tenants.mapping_file import Code, MappingSection, Section
from ledgerwire.tenants.seat_sources import SOURCE_KINDS
from ledgerwire.tenants.seats_file import SeatsSection

AccountName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$")]
_SECRETS = frozenset({"private_key", "client_secret", "refresh_token", "access_token"})
_FILE = "file:"
_PATHS = frozenset({"ca_file", "folder"})
_PACKAGES, _PACKAGE_PLACE = frozenset({"xero", "quickbooks"}), 2
_SOURCE_PLACE = 3


class SeatsKeySection(Section):
    """The API member of billing sync: one whose role holds no more than billing sync needs (A167)."""

    public_key: Code
    private_key: SecretStr = Field(min_length=1)


class ConnectWiseSection(Section):
    """The PSA connection. `region` fills the site; a site that is written out wins (A044).

    `seats` is the key that billing sync works with; without one it works with the posting key.
    """

    region: Literal["na", "eu", "au", "staging"] | None = None
    on_premise: bool = False
    site: str = ""
    company_id: Code
    public_key: Code
    private_key: SecretStr = Field(min_length=1)
    client_id: Code
    codebase: Code | None = None
    api_version: Code | None = None
    ca_file: Path | None = None
    key_hosts: tuple[str, ...] = ()
    seats: SeatsKeySection | None = None

    @field_validator("site")
    @classmethod
    def _site(cls, value: str, info: ValidationInfo) -> str:
        return connectwise_host(value, on_premise=bool(info.data.get("on_premise"))) if value else value

    @field_validator("key_hosts")
    @classmethod
    def _key_hosts(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(connectwise_host(host, on_premise=bool(info.data.get("on_premise"))) for host in value)

    @model_validator(mode="after")
    def _somewhere(self) -> ConnectWiseSection:
        if not self.site and self.region is None:
            raise ValueError("a site or a region is needed")
        return self

    @property
    def host(self) -> str:
        """The site, or the region's."""
        return self.site or REGIONS[self.region or ""]


class XeroSection(Section):
    """One Xero organisation and the consent that reaches it. Addresses are Xero's own unless the server is on premise."""

    on_premise: bool = False
    base_url: str | None = None
    token_url: str | None = None
    connections_url: str | None = None
    tenant_id: Code
    client_id: Code
    client_secret: SecretStr = Field(min_length=1)
    refresh_token: SecretStr = Field(min_length=1)
    access_token: SecretStr | None = None
    ca_file: Path | None = None
    concurrency: Annotated[int, Field(ge=1, le=5)] | None = None

    @field_validator("base_url", "token_url", "connections_url")
    @classmethod
    def _url(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else xero_url(value, on_premise=bool(info.data.get("on_premise")))


class QuickBooksSection(Section):
    """One QuickBooks Online company and its consent. Addresses are Intuit's own unless the server is on premise.

    `tax_override` off: the printed tax is not sent (a company whose tax engine refuses it); a document whose tax might
    differ then stops.
    """

    on_premise: bool = False
    base_url: str | None = None
    token_url: str | None = None
    realm_id: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9]{1,30}$")]
    client_id: Code
    client_secret: SecretStr = Field(min_length=1)
    refresh_token: SecretStr = Field(min_length=1)
    access_token: SecretStr | None = None
    ca_file: Path | None = None
    concurrency: Annotated[int, Field(ge=1, le=10)] | None = None
    minor_version: Annotated[int, Field(ge=75, le=999)] | None = None
    tax_override: bool = True

    @field_validator("realm_id", mode="before")
    @classmethod
    def _written_as_a_number(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("base_url", "token_url")
    @classmethod
    def _url(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else quickbooks_url(value, on_premise=bool(info.data.get("on_premise")))


class _Company(Section):
    name: AccountName
    locations: tuple[int, ...] = ()


class XeroCompanySection(_Company):
    """One Xero organisation and the PSA locations that post to it; none listed = all."""

    package: Literal["xero"]
    connection: XeroSection


class QuickBooksCompanySection(_Company):
    """One QuickBooks company and the PSA locations that post to it; none listed = all."""

    package: Literal["quickbooks"]
    connection: QuickBooksSection


CompanySection = Annotated[XeroCompanySection | QuickBooksCompanySection, Field(discriminator="package")]
"""One ledger company: what its connection needs depends on the package."""


class CallbackSection(Section):
    """Whether ConnectWise is asked to call us (A062)."""

    register_it: bool = Field(default=True, alias="register")


class PaymentsSection(Section):
    """Payments and credits between ledger and ConnectWise (M18).

    `credit_type` is ConnectWise's code of a payment row that applies a credit memo, which it does not publish.
    `on_connectwise_payment` says what to do about money that only ConnectWise shows: ask, or do as the ledger says.
    """

    enabled: bool = True
    interval_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    credit_type: Code = "C"
    on_connectwise_payment: Literal["ask", "ledger"] = "ask"


class SyncSection(Section):
    """When records are looked for. `real_time` off: a close posts nothing by itself (A064)."""

    real_time: bool = True
    sweep_interval_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    sweep_min_age_seconds: Annotated[int, Field(ge=0, le=86_400)] = 120
    callback: CallbackSection = CallbackSection()
    payments: PaymentsSection = PaymentsSection()


class AccountFile(Section):
    """One account, as its file says it."""

    account: AccountName
    connectwise: ConnectWiseSection
    companies: Annotated[tuple[CompanySection, ...], Field(min_length=1)]
    mapping: MappingSection
    sync: SyncSection = SyncSection()
    seats: SeatsSection | None = None

    @field_validator("companies")
    @classmethod
    def _apart(cls, value: tuple[CompanySection, ...]) -> tuple[CompanySection, ...]:
        names = [company.name for company in value]
        if len(set(names)) != len(names):
            raise ValueError("each company needs a name of its own")
        owners: dict[int, str] = {}
        for company in value:
            if not company.locations and len(value) > 1:
                raise ValueError(f"{company.name!r} lists no locations: with several companies each lists its own")
            for location in company.locations:
                if owners.setdefault(location, company.name) != company.name:
                    raise ValueError(f"location {location} is in both {owners[location]!r} and {company.name!r}")
        _own_consents(value)
        return value

    @model_validator(mode="after")
    def _companies_of_the_mapping(self) -> AccountFile:
        unknown = sorted(set(self.mapping.companies) - {company.name for company in self.companies})
        if unknown:
            raise ValueError(f"mapping.companies names {', '.join(map(repr, unknown))}, which is none of the companies")
        return self

    @model_validator(mode="after")
    def _signed_in(self) -> AccountFile:
        for source in self.seats.sign_ins if self.seats else ():
            for name in ("client_secret", "refresh_token"):
                secret: SecretStr | None = getattr(source, name)
                if secret is None or not secret.get_secret_value():
                    raise ValueError(f"seats.sources: {source.name!r} needs a {name}")
        return self

    def mapping_body(self) -> bytes:
        """The canonical bytes of the mapping: the same settings give the same bytes, however the file is written."""
        return mapping_bytes(self.mapping)


def _own_consents(companies: tuple[CompanySection, ...]) -> None:
    """An Intuit consent reaches one company only; a Xero consent may reach several."""
    realms: dict[str, str] = {}
    tokens: dict[str, str] = {}
    for company in companies:
        if not isinstance(company, QuickBooksCompanySection):
            continue
        connection = company.connection
        for owners, key, what in (
            (realms, connection.realm_id, "realm"),
            (tokens, connection.refresh_token.get_secret_value(), "refresh token"),
        ):
            if owners.setdefault(key, company.name) != company.name:
                raise ValueError(
                    f"{owners[key]!r} and {company.name!r} name the same {what}: each needs its own consent"
                )


def mapping_bytes(mapping: MappingSection) -> bytes:
    """A mapping as it is stored, hashed and decoded by the mapper."""
    return canonical_bytes(mapping.model_dump())


def read_account_file(path: Path) -> AccountFile:
    """Read and check a file. `file:PATH` in place of a secret reads it from there, relative to the account file.

    Raises:
        ConfigurationError: every wrong field with its path, its value (secrets excepted) and what is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return parse_account_file(text, source=str(path), directory=path.parent)


def parse_account_file(text: str, *, source: str = "account file", directory: Path | None = None) -> AccountFile:
    """Check the text of an account file; see `read_account_file`."""
    content = _resolved(yaml_text.load(text, source), directory or Path.cwd(), source)
    try:
        return AccountFile.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(_problem(item) for item in error.errors(include_url=False, include_context=False))
        raise ConfigurationError(f"{source}: {problems}") from None


def _resolved(value: Any, directory: Path, source: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _resolved(item, directory, source, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, directory, source, name) for item in value]
    if name in _SECRETS and isinstance(value, str) and value.startswith(_FILE):
        return _secret_from(directory / value.removeprefix(_FILE), source, name)
    if name in _PATHS and isinstance(value, str):
        return str((directory / value).absolute())
    return value


def _secret_from(path: Path, source: str, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{source}: {name}: {error}") from None


def _problem(item: Any) -> str:
    location = item["loc"]
    # Package and kind decide which fields a company or a source has; they are no part of the path that people wrote.
    chosen = {_PACKAGE_PLACE: _PACKAGES} if location[:1] == ("companies",) else {_SOURCE_PLACE: SOURCE_KINDS}
    written = [part for place, part in enumerate(location) if part not in chosen.get(place, ())]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in written).lstrip(".")
    if item["type"].startswith("union_tag"):
        package = item["input"].get("package") if isinstance(item["input"], dict) else None
        known = " or ".join(sorted(_PACKAGES))
        return f"{path}.package: {package!r}: one of {known} is needed"
    message = str(item["msg"]).removeprefix("Value error, ")
    shown = isinstance(item["input"], str) and item["type"] != "extra_forbidden" and not _SECRETS.intersection(location)
    where = f"{path}: " if path else ""
    return f"{where}{item['input']!r}: {message}" if shown else f"{where}{message}"
