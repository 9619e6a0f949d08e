"""Where Partner Center is, and how patient its client is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PartnerCenterConfig:
    """One partner tenant.

    Attributes:
        base_url: host of REST v1, without the version.
        graph_url: host of Graph, without the version.
        token_url: token endpoint of the partner's tenant.
        resource, graph_resource: audiences of the tokens for the two hosts.
        currency: the partner's billing currency, ISO 4217.
        page_size: customers asked for at a time (500 is customary).
        request_timeout: for one call.
        blob_timeout: for one part of an export, loaded whole.
        patience: the longest advised wait that is waited out; a longer one is left to whoever asked.
        polls: how often an export is asked whether it is done.
    """

    currency: str
    base_url: str = "https://api.partnercenter.microsoft.com"
    graph_url: str = "https://graph.microsoft.com"
    token_url: str = "https://login.microsoftonline.com/organizations/oauth2/token"  # noqa: S105 - an address
    resource: str = "https://api.partnercenter.microsoft.com"
    graph_resource: str = "https://graph.microsoft.com"
    page_size: int = 500
    request_timeout: timedelta = timedelta(seconds=20)
    blob_timeout: timedelta = timedelta(seconds=120)
    patience: timedelta = timedelta(seconds=60)
    polls: int = 60
