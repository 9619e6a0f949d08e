"""Which code base serves the tenant: asked once, and again when a cloud upgrade has changed it."""

from __future__ import annotations

import asyncio
import re
import time
from urllib.parse import quote

import httpx
import msgspec

from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.http.client import classify_transport_error
from ledgerwire.connectwise.config import ConnectWiseConfig
from ledgerwire.connectwise.errors import LOOK_AGAIN, retry_after
from ledgerwire.connectwise.models import CompanyInfo

_NAME = re.compile(r"[A-Za-z0-9_.]{1,40}")
_REFRESH_SECONDS = 60.0


async def read_company_info(http: httpx.AsyncClient, config: ConnectWiseConfig) -> CompanyInfo:
    """Look the company up (no credentials needed).

    Raises Waiting CONNECTWISE_COMPANY_NOT_FOUND for an unknown company (the server answers `null`, some answer 404) and
    Transient for everything that may pass.
    """
    try:
        answer = await http.get(f"https://{config.host}/login/companyinfo/{quote(config.company_id, safe='')}")
    except httpx.HTTPError as error:
        raise classify_transport_error(error, method_is_write=False) from error
    if answer.status_code == 404 or (answer.status_code == 200 and answer.content.strip() == b"null"):
        raise Waiting(
            f"ConnectWise does not know the company {config.company_id!r}",
            code="CONNECTWISE_COMPANY_NOT_FOUND",
            after=LOOK_AGAIN,
        )
    if answer.status_code != 200:
        raise Transient(
            f"The company look-up answered HTTP {answer.status_code}",
            code="CONNECTWISE_FAILED",
            retry_after=retry_after(answer.headers),
        )
    try:
        return msgspec.json.decode(answer.content, type=CompanyInfo, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Transient("The company look-up could not be read", code="CONNECTWISE_ANSWER_UNREADABLE") from error


def codebase_of(info: CompanyInfo) -> str:
    """The code base as a path segment; Transient if the answer names none that could be one."""
    name = (info.codebase or "").strip().strip("/")
    if not _NAME.fullmatch(name):
        raise Transient("The company look-up names no code base", code="CONNECTWISE_ANSWER_UNREADABLE")
    return name


class Codebase:
    """The current code base of one tenant. Concurrent callers share one look-up."""

    def __init__(self, http: httpx.AsyncClient, config: ConnectWiseConfig) -> None:
        self._http = http
        self._config = config
        self._name = config.codebase.strip("/") if config.codebase else None
        self._lock = asyncio.Lock()
        self._confirmed_at = -_REFRESH_SECONDS

    async def current(self) -> str:
        """The code base to call; asks the server the first time if the configuration names none."""
        if self._name is None:
            async with self._lock:
                if self._name is None:
                    self._name = await self._ask()
        return self._name

    async def changed_since(self, used: str) -> bool:
        """Whether the code base is another one than `used`; asks the server, after a `no` not again for a minute."""
        async with self._lock:
            if self._name == used and time.monotonic() - self._confirmed_at >= _REFRESH_SECONDS:
                self._name = await self._ask()
                if self._name == used:
                    self._confirmed_at = time.monotonic()
            return self._name != used

    async def _ask(self) -> str:
        return codebase_of(await read_company_info(self._http, self._config))
