"""Both ways ConnectWise pages a list."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx

PAGE_SIZE = 1000
"""The largest page the server gives; its default of 25 would cut lists silently."""

_LINK = re.compile(r"<([^>]*)>\s*;\s*rel=\"?([a-z]+)\"?", re.IGNORECASE)


def links(headers: httpx.Headers) -> dict[str, str]:
    """Rel -> address of the Link header; empty if it is missing or empty."""
    return {rel.lower(): target for target, rel in _LINK.findall(headers.get("link", ""))}


def next_number(headers: httpx.Headers, name: str) -> int | None:
    """Parameter `name` of the next page's link. Only the number is taken: where to call is never read from an answer."""
    target = links(headers).get("next")
    if target is None:
        return None
    query = {key.lower(): values for key, values in parse_qs(urlsplit(target).query).items()}
    found = query.get(name.lower(), [""])[-1]
    return int(found) if found.isdigit() else None


def next_page(headers: httpx.Headers, page: int, rows: int, page_size: int) -> int | None:
    """The page after `page` in navigable paging, None at the end; a server without links is asked until a page is short."""
    if "link" in headers:
        following = next_number(headers, "page")
        return following if following is not None and following > page else None
    return page + 1 if rows >= page_size else None


def at_end(headers: httpx.Headers, rows: int, page_size: int) -> bool:
    """Whether forward-only paging has reached the end: a short or empty page, or a link header that is there but empty."""
    return rows < page_size or ("link" in headers and not links(headers))
