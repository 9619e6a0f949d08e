"""Which hosts an account file may name: the vendors' own, or one server that its owner declares to be on premise."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# regional sites of the PSA's cloud, with or without the API's prefix, and its staging site
_CONNECTWISE_CLOUD = re.compile(r"(?:[a-z0-9-]+\.)*(?:myconnectwise\.net|connectwisedev\.com)")
_XERO = frozenset({"api.xero.com", "identity.xero.com"})
_INTUIT = frozenset({"quickbooks.api.intuit.com", "sandbox-quickbooks.api.intuit.com", "oauth.platform.intuit.com"})
_MICROSOFT = frozenset(
    {
        "api.partnercenter.microsoft.com",
        "graph.microsoft.com",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
    }
)
_AZURE_BLOBS = re.compile(r"[a-z0-9]{3,24}\.blob\.core\.windows\.net")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?|\[[0-9a-f:]+\](?::[0-9]{1,5})?")

REGIONS = {
    "na": "na.myconnectwise.net",
    "eu": "eu.myconnectwise.net",
    "au": "au.myconnectwise.net",
    "staging": "staging.connectwisedev.com",
}
"""The PSA's site by the account's region."""


def connectwise_host(site: str, *, on_premise: bool) -> str:
    """A PSA site as `host` or `host:port`; ValueError for another scheme, a path, or a host that is not the vendor's.

    A server of one's own is named with `on_premise: true`, which lets exactly this host have a private address.
    """
    text = site.strip().lower()
    scheme, separator, rest = text.rpartition("://")
    if separator and scheme != "https":
        raise ValueError("only https is called")
    host = rest.rstrip("/")
    if not _HOST.fullmatch(host):
        raise ValueError("this is not a host name")
    if not on_premise and not _CONNECTWISE_CLOUD.fullmatch(host):
        raise ValueError("this is no host of ConnectWise's cloud; a server of your own needs on_premise: true")
    return host


def xero_url(url: str, *, on_premise: bool) -> str:
    """A Xero address without a trailing slash; ValueError for another scheme or a host that is not Xero's."""
    return _vendor_url(url, _XERO, on_premise=on_premise)


def quickbooks_url(url: str, *, on_premise: bool) -> str:
    """An Intuit address without a trailing slash; ValueError for another scheme or a host that is not Intuit's."""
    return _vendor_url(url, _INTUIT, on_premise=on_premise)


def microsoft_url(url: str, *, on_premise: bool) -> str:
    """A Microsoft address without a trailing slash; ValueError for another scheme or a host that is not Microsoft's."""
    return _vendor_url(url, _MICROSOFT, on_premise=on_premise)


def is_azure_blob_host(host: str) -> bool:
    """Whether a host is a storage account of Azure's blob storage, by its name alone."""
    return bool(_AZURE_BLOBS.fullmatch(host.lower()))


def blob_host(host: str, *, on_premise: bool) -> str:
    """A host that exports may be loaded from; ValueError for one that is not Azure's blob storage."""
    text = host.strip().lower()
    if not _HOST.fullmatch(text):
        raise ValueError("this is not a host name")
    if not on_premise and not is_azure_blob_host(text):
        raise ValueError("this is no host of Azure's blob storage; a server of your own needs on_premise: true")
    return text


def _vendor_url(url: str, vendor: frozenset[str], *, on_premise: bool) -> str:
    text = url.strip().rstrip("/")
    parts = urlsplit(text)
    if parts.scheme != "https":
        raise ValueError("only https is called")
    if parts.username or parts.query or parts.fragment or not _HOST.fullmatch(parts.netloc.lower()):
        raise ValueError("this is not an address of a host and path only")
    if not on_premise and parts.netloc.lower() not in vendor:
        raise ValueError(f"only {' and '.join(sorted(vendor))} are called; another server needs on_premise: true")
    return text
