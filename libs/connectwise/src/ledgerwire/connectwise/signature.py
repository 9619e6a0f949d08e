"""The signature of a callback, and the rules an address of a signing key must pass before it is fetched. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.http.guard import authority

HEADER = "x-content-signature"
_PATH = re.compile(r"/[A-Za-z0-9_.]{1,40}/{1,2}system/callbackkey/index\.rails")
_PLAIN = re.compile(r"[\x21-\x7e]{1,2000}")


class KeyUrlRefused(LedgerwireError):  # noqa: N818 - what happened, as the other refusals
    """The signing key's address is not one of this tenant's; it was not fetched."""

    code = "CALLBACK_KEY_HOST_REFUSED"


def check_key_url(url: str | None, *, hosts: Collection[str], company_id: str) -> str:
    """The address, if it may be fetched; KeyUrlRefused names the rule it breaks.

    The address comes from a body nobody has vouched for yet. It must be https on exactly one of `hosts` (`host:port`), the
    key endpoint itself, and name the tenant's own company: a key of another company on the same cloud is known to its
    owner, who could sign anything with it.
    """
    if not url or not _PLAIN.fullmatch(url) or "\\" in url or "%" in url.partition("?")[0]:
        raise KeyUrlRefused("the key address is missing or malformed")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise KeyUrlRefused("the key address is malformed") from error
    if parts.scheme != "https":
        raise KeyUrlRefused("the key address is not https")
    if "@" in parts.netloc or "#" in url:
        raise KeyUrlRefused("the key address carries credentials or a fragment")
    place = authority(parts.hostname or "", 443 if port is None else port)
    if place not in hosts or port == 443:  # the vendor never spells out the usual port
        raise KeyUrlRefused(f"the key address is on {place}, which is not this account's ConnectWise")
    if not _PATH.fullmatch(parts.path):
        raise KeyUrlRefused("the key address is not the key endpoint")
    _check_query(parts.query, company_id)
    return url


def _check_query(query: str, company_id: str) -> None:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=8)
    except ValueError as error:
        raise KeyUrlRefused("the key address has a malformed query") from error
    names = [name.lower() for name, _ in pairs]
    if len(set(names)) != len(names):
        raise KeyUrlRefused("the key address repeats a parameter")
    values = dict(zip(names, (value for _, value in pairs), strict=True))
    if values.get("companyname", "").casefold() != company_id.casefold():
        raise KeyUrlRefused("the key address is another company's")


def parse_signing_key(body: bytes) -> str | None:
    """The key in a key answer: a JSON object, or a JSON string that holds one. None if there is none or it is empty."""
    try:
        found = msgspec.json.decode(body)
        if isinstance(found, str):
            found = msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    key = found.get("signing_key") if isinstance(found, dict) else None
    return key if isinstance(key, str) and key.strip() else None


def sign(raw: bytes, signing_key: str) -> str:
    """base64(HMAC-SHA256(SHA256(key), raw bytes)), as ConnectWise sends it."""
    return base64.b64encode(_digest(raw, signing_key)).decode()


def verify(raw: bytes, signature: str | None, signing_key: str | None) -> bool:
    """Whether `signature` is that of exactly these bytes. An empty key or signature never verifies. Constant time."""
    if not signature or not signing_key or not signing_key.strip():
        return False
    try:
        given = base64.b64decode(signature.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return False
    return hmac.compare_digest(given, _digest(raw, signing_key))


def _digest(raw: bytes, signing_key: str) -> bytes:
    return hmac.digest(hashlib.sha256(signing_key.encode()).digest(), raw, "sha256")
