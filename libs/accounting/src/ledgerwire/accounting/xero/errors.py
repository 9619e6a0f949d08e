"""What an HTTP answer of Xero means for the work, before anything in it is believed.

Developer documentation "HTTP response codes and errors": only 200 and 400 carry the documented JSON; 404, 412, 429, 5xx
come as text, HTML or nothing, so their bodies are never read as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from ledgerwire.accounting.gate import LimitReport
from ledgerwire.accounting.tokens import RECONNECTED_YET
from ledgerwire.accounting.wire import Json, decode, rows, text
from ledgerwire.accounting.xero.refusals import LEDGER, findings, is_idempotency_mismatch, sentences
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous, Stopped, Transient, Waiting

_OFFLINE = timedelta(minutes=5)
_RECHECK_RIGHTS = timedelta(hours=1)
_WHOLE_CALL = "the request"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it came, with what its headers say about limits."""

    status: int
    body: bytes
    limits: LimitReport
    retry_after: timedelta | None = None

    @property
    def token_expired(self) -> bool:
        """401 because the access token has ended, as opposed to one that may not do this."""
        return self.status == 401 and "TokenExpired" in self.detail

    @property
    def detail(self) -> str:
        """The `Detail` of a 401 or 403 problem body."""
        body = decode(self.body) or {}
        return text(body, "Detail") or ""


def refuse(answer: Answer, *, write: bool) -> None:
    """Raise what this answer means; 200 and 400 of a write pass, for its elements decide.

    Raises:
        Waiting: rate limit, or the connection may not do this.
        Transient: safe to repeat.
        Ambiguous: a write whose outcome this answer does not tell.
        Stopped: refused for good (404, 412, 413, 501, 400 of a read).
    """
    status = answer.status
    if status == 200 or (write and status == 400):
        return
    if status == 429:
        raise rate_limited(answer)
    if status in {401, 403}:
        raise not_allowed(answer)
    if status == 503:
        raise Transient("Xero is offline (HTTP 503)", retry_after=answer.retry_after or _OFFLINE)
    if status == 400:
        raise_call_refused(decode(answer.body) or {}, status)
    if 400 <= status < 500 or status == 501:
        raise_call_refused({}, status)
    message = f"Xero answered HTTP {status}"
    if write:
        raise Ambiguous(message)
    raise Transient(message, retry_after=answer.retry_after)


def rate_limited(answer: Answer) -> Waiting:
    """A limit refused the call; nothing was done."""
    problem = answer.limits.problem or "unknown"
    return Waiting(f"Xero's {problem} limit is reached", code="RATE_LIMITED", after=answer.limits.retry_after)


def not_allowed(answer: Answer) -> Waiting:
    """The connection as a whole may not do this; every record of it waits."""
    if answer.token_expired:
        return Waiting("Xero calls a fresh token expired", code="TOKEN_EXPIRED", after=_OFFLINE)
    if answer.status == 403:
        return Waiting("Xero is disconnected", code="TOKEN_REVOKED", after=RECONNECTED_YET)
    return permission_missing(answer)


def permission_missing(answer: Answer) -> Waiting:
    """The token lives but lacks a scope, or its user a right."""
    reason = answer.detail or f"HTTP {answer.status}"
    return Waiting(
        f"Xero does not allow this connection what it needs: {reason}",
        code="LEDGER_PERMISSION_MISSING",
        after=_RECHECK_RIGHTS,
    )


def unreadable(what: str, *, write: bool) -> NoReturn:
    """Raise for a 200 whose body is no JSON, or not the JSON it should be."""
    message = f"Xero's answer could not be read: {what}"
    if write:
        raise Ambiguous(message)
    raise Transient(message)


def listed(answer: Json, collection: str) -> list[Json]:
    """The rows of a read. An answer of Xero always has its list, an empty one too, so one without it says nothing.

    Raises:
        Transient: there is no such list in it.
    """
    if not isinstance(answer.get(collection), list):
        unreadable(f"no {collection} in it", write=False)
    return rows(answer, collection)


def raise_call_refused(body: Json, status: int, number: str = _WHOLE_CALL) -> NoReturn:
    """Raise Stopped for a call refused as a whole, in Xero's words where it has any."""
    told = call_sentences(body)
    if any(is_idempotency_mismatch(sentence) for sentence in told):
        raise Ambiguous("Xero knows the idempotency key from another request")
    found = findings(told, number)
    raise Stopped(found or (Finding("LEDGER_REFUSED", _refused(f"HTTP {status}", number)),))


def saved(answer: Answer, collection: str, number: str, about: Mapping[str, str] | None = None) -> list[Json]:
    """The rows that a write's answer calls saved, for a write of one thing.

    Raises:
        Ambiguous: the answer does not tell what was saved.
        Stopped: Xero refused it; `about` are params its sentence may lack.
    """
    body = decode(answer.body)
    if body is None:
        if answer.status == 400:
            raise_call_refused({}, answer.status, number)
        unreadable("no JSON object", write=True)
    made = rows(body, collection)
    told = [*call_sentences(body), *(sentence for row in made for sentence in sentences(row))]
    if any(is_idempotency_mismatch(sentence) for sentence in told):
        raise Ambiguous("Xero knows the idempotency key from another request")
    if told:
        raise Stopped(findings(told, number, about))
    if answer.status == 400:
        raise_call_refused(body, answer.status, number)
    return made


def call_sentences(body: Json) -> tuple[str, ...]:
    """All that a refusal says, the elements' errors first, the general message only where there are none."""
    told = [sentence for element in rows(body, "Elements") for sentence in sentences(element)]
    told += sentences(body)
    general = text(body, "Message") or text(body, "Detail")
    if general is not None and (not told or is_idempotency_mismatch(general)):
        told.append(general)
    return tuple(dict.fromkeys(told))


def _refused(told: str, number: str) -> dict[str, str]:
    return {"number": number, "ledger": LEDGER, "text": told}
