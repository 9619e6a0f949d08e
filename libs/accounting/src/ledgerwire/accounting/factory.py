"""From a connection's settings to its ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from ledgerwire.accounting.gate import CallGate
from ledgerwire.accounting.oauth import TokenEndpoint
from ledgerwire.accounting.port import Ledger
from ledgerwire.accounting.tokens import RefreshTurn, TokenSource, TokenStore
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.clock import Clock
from ledgerwire.common.errors import ConfigurationError

XERO = "xero"


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
    _known(kind)
    return TokenSource(
        store, TokenEndpoint(http_client, XeroConfig.of(config).token_url), turn=turn, clock=clock, ledger="Xero"
    )


def build_ledger(
    kind: str,
    config: Mapping[str, Any],
    http_client: httpx.AsyncClient,
    tokens: TokenSource,
    gate: CallGate,
    tenant_id: str,
) -> Ledger:
    """The ledger of one connection; keep one instance per connection in a process (caches, concurrency).

    Raises:
        ConfigurationError: an unknown kind or a wrong setting.
    """
    _known(kind)
    return XeroLedger(XeroConfig.of(config), http_client, tokens, gate, tenant_id)


def _known(kind: str) -> None:
    if kind != XERO:
        raise ConfigurationError(f"connection kind is {kind!r}; known ledgers: {XERO}")
