"""From a connection's settings to its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from ledgerwire.accounting.gate import CallGate
from ledgerwire.accounting.oauth import TokenEndpoint
from ledgerwire.accounting.port import Ledger
from ledgerwire.accounting.quickbooks.config import QuickBooksConfig
from ledgerwire.accounting.quickbooks.ledger import QuickBooksLedger
from ledgerwire.accounting.tokens import RefreshTurn, TokenSource, TokenStore
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.clock import Clock
from ledgerwire.common.errors import ConfigurationError

XERO, QUICKBOOKS = "xero", "quickbooks"
NAMES = {XERO: "Xero", QUICKBOOKS: "QuickBooks"}
"""What people call each kind of ledger."""


def build_token_source(
    kind: str,
    config: Mapping[str, Any],
    http_client: httpx.AsyncClient,
    store: TokenStore,
    *,
    turn: RefreshTurn | None = None,
    clock: Clock | None = None,
) -> TokenSource:
    """The tokens of one consent; share one instance among the connections of that consent within a process.

    Raises:
        ConfigurationError: an unknown kind or a wrong setting.
    """
    token_url = _known(kind, config).token_url
    return TokenSource(store, TokenEndpoint(http_client, token_url), turn=turn, clock=clock, ledger=NAMES[kind])


def build_ledger(
    kind: str,
    config: Mapping[str, Any],
    http_client: httpx.AsyncClient,
    tokens: TokenSource,
    gate: CallGate,
    tenant_id: str | None = None,
) -> Ledger:
    """The ledger of one connection; keep one instance per connection in a process (caches, concurrency).

    `tenant_id` is the ledger's own id of the company: Xero's tenant, QuickBooks' realm; by default what `config` says.

    Raises:
        ConfigurationError: an unknown kind or a wrong setting.
    """
    known = _known(kind, config)
    company = tenant_id or ledger_company(kind, config)
    if isinstance(known, QuickBooksConfig):
        return QuickBooksLedger(known, http_client, tokens, gate, company)
    return XeroLedger(known, http_client, tokens, gate, company)


def ledger_company(kind: str, config: Mapping[str, Any]) -> str:
    """The ledger's own id of the company a connection reaches. Raises ConfigurationError when the settings lack it."""
    name = "realm_id" if kind == QUICKBOOKS else "tenant_id"
    value = config.get(name)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name} is {value!r}; the ledger's own id of the company is needed")
    return value


def ledger_addresses(kind: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Every address a connection calls, for the list of hosts it may reach. Raises ConfigurationError."""
    known = _known(kind, config)
    if isinstance(known, QuickBooksConfig):
        return (known.base_url, known.token_url)
    return (known.base_url, known.token_url, known.connections_url)


def _known(kind: str, config: Mapping[str, Any]) -> XeroConfig | QuickBooksConfig:
    if kind == QUICKBOOKS:
        return QuickBooksConfig.of(config)
    if kind != XERO:
        raise ConfigurationError(f"connection kind is {kind!r}; known ledgers: {XERO}, {QUICKBOOKS}")
    return XeroConfig.of(config)
