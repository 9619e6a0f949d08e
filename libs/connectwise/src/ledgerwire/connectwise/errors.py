"""ConnectWise's answers as the errors that decide where the work goes."""

from __future__ import annotations

import datetime as dt
import email.utils
import re
from dataclasses import dataclass

import httpx
import msgspec

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.connectwise.rights import ROLE_SCREEN, needed

LOOK_AGAIN = dt.timedelta(minutes=5)
_UNSTATED_PAUSE = dt.timedelta(seconds=30)
_NO_ROUTE = "cannot route"


class FieldError(msgspec.Struct, frozen=True):
    """One entry of a validation answer."""

    code: str | None = None
    message: str | None = None
    resource: str | None = None
    field: str | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    """The JSON error shape; rate-limit answers use `error` in place of `code`, and `errors` may be missing."""

    code: str | None = None
    message: str | None = None
    errors: tuple[FieldError, ...] | None = None
    error: str | None = None

    @property
    def is_error(self) -> bool:
        return bool(self.errors or self.error or (self.code and self.message))


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def error(self) -> ErrorBody | None:
        """The error object in the body, None if the body is no JSON object."""
        try:
            return msgspec.json.decode(self.body, type=ErrorBody, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    @property
    def text(self) -> str:
        """The first words of a body that is not JSON, on one line, for a message to a person."""
        return re.sub(r"\s+", " ", self.body[:400].decode("utf-8", "replace")).strip()[:200]

    @property
    def misrouted(self) -> bool:
        """Whether the server did not know the code base or route (as opposed to not knowing the record)."""
        if self.text.lower().startswith(_NO_ROUTE):
            return True
        return self.status == 404 and (self.error is None or self.error.code != "NotFound")


class Refused(Stopped):
    """ConnectWise understood the request and said no (400, 405, 409): nothing was done, repeating it changes nothing."""

    def __init__(self, what: str, answer: Answer) -> None:
        error = answer.error
        self.status = answer.status
        self.field_errors: tuple[FieldError, ...] = (error.errors or ()) if error else ()
        said = "; ".join(item.message or item.code or "?" for item in self.field_errors)
        said = said or (error.message if error else None) or answer.text or f"HTTP {answer.status}"
        super().__init__([Finding("CONNECTWISE_REFUSED", {"what": what, "said": said[:300]})])

    def has(self, code: str) -> bool:
        """Whether one of the validation entries carries this code."""
        return any(item.code == code for item in self.field_errors)


class RecordMissing(Stopped):
    """The record asked for by id is not there (any more)."""

    def __init__(self, what: str) -> None:
        super().__init__([Finding("CONNECTWISE_RECORD_MISSING", {"what": what})])


def retry_after(headers: httpx.Headers, now: dt.datetime | None = None) -> dt.timedelta | None:
    """The server's own advice when to come again (seconds or an HTTP date), never negative; None without advice."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return dt.timedelta(seconds=min(int(text), 24 * 3600))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(dt.timedelta(0), moment - (now or dt.datetime.now(dt.UTC)))


def failure(answer: Answer, *, method: str, path: str, is_write: bool) -> LedgerwireError:
    """The error of an answer that is no success."""
    what = f"{method} {path}"
    connection = _connection_failure(answer, method, path)
    if connection is not None:
        return connection
    if answer.status == 404:
        return RecordMissing(what)
    if answer.status == 414:
        return LedgerwireError(f"{what}: the address was too long", code="CONNECTWISE_ADDRESS_TOO_LONG")
    if 400 <= answer.status < 500 and answer.status != 408:
        return Refused(what, answer)
    return _server_failure(answer, what, is_write=is_write)


def _connection_failure(answer: Answer, method: str, path: str) -> LedgerwireError | None:
    """What is wrong with the connection rather than with the request; nothing was done in any of these cases."""
    if answer.status == 429:
        given = retry_after(answer.headers)
        advice = _UNSTATED_PAUSE if given is None else given
        slow_down = "ConnectWise asks to slow down"
        return Transient(slow_down, code="CONNECTWISE_RATE_LIMITED", retry_after=advice, counts=False)
    if answer.status == 401:
        return Waiting("ConnectWise refuses the API keys", code="CONNECTWISE_UNAUTHORISED", after=LOOK_AGAIN)
    if answer.status == 403:
        return _permission_missing(method, path)
    if answer.misrouted:
        message = f"ConnectWise does not know this address or company ({answer.text})"
        return Waiting(message, code="CONNECTWISE_ROUTE_UNKNOWN", after=LOOK_AGAIN)
    if 300 <= answer.status < 400:
        message = f"ConnectWise redirects (HTTP {answer.status}), which is not followed"
        return Waiting(message, code="CONNECTWISE_REDIRECTED", after=LOOK_AGAIN)
    return None


def _permission_missing(method: str, path: str) -> Waiting:
    """The error of a 403: ConnectWise does not say which right is missing, so all that the call needs are named."""
    rights = needed(method, path)
    wanted = " and ".join(str(right) for right in rights)
    message = f"The API member's role lacks {wanted} ({method} {path}; {ROLE_SCREEN})"
    lacking = Waiting(message, code="PERMISSION_MISSING", after=LOOK_AGAIN)
    lacking.detail = {
        "area": wanted,
        "module": rights[0].module,
        "right": f"{rights[0].action} All",
        "table": rights[0].table,
        "where": ROLE_SCREEN,
        "path": path,
    }
    return lacking


def _server_failure(answer: Answer, what: str, *, is_write: bool) -> LedgerwireError:
    detail = {"status": answer.status, "said": answer.text}
    if is_write:
        return Ambiguous(f"{what}: HTTP {answer.status}, outcome unknown", detail=detail)
    return Transient(f"{what}: HTTP {answer.status}", code="CONNECTWISE_FAILED", detail=detail)


def unreadable(answer: Answer, *, method: str, path: str, is_write: bool) -> LedgerwireError:
    """The error of a success whose body is not what was asked for (HTML, half a body, an error object)."""
    message = f"{method} {path}: the answer could not be read ({answer.text[:80]})"
    if is_write:
        return Ambiguous(message)
    return Transient(message, code="CONNECTWISE_ANSWER_UNREADABLE")
