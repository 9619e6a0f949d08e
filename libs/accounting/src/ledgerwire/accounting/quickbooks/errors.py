"""What an HTTP answer of QuickBooks means for the work, before anything in it is believed.

Refusals carry numbers: `Fault.Error[].code` in validation answers, `fault.error[].code` in those of the gateway, and now
and then either of them as XML whatever was asked for. HTTP 200 may hold a Fault as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any, NoReturn

from ledgerwire.accounting.gate import LimitReport
from ledgerwire.accounting.wire import Json, decode
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous, Stopped, Transient, Waiting

LEDGER = "QuickBooks"
THROTTLED_FOR = timedelta(seconds=60)
"""How long a refusal by the rate limit is respected; Intuit's answers name no time."""

_OFFLINE = timedelta(minutes=5)
_RECHECK_RIGHTS = timedelta(hours=1)
_TEXT_LIMIT = 1000
_THROTTLED = {"3001", "003001"}
_EXPIRED = {"3200", "003200"}
_NO_RIGHT = {"100", "110", "120", "3100", "003100", "5020", "5030", "6190"}
_MAINTENANCE = {"130", "140", "150", "10000", "10100", "10200"}
_UNKNOWN_OUTCOME = {"600"}
# A 6000 that does not say what is wrong; documents were found saved behind such an answer.
_PASSING = re.compile(r"wait a few minutes|unexpected error|contact support", re.IGNORECASE)
_XML_ERROR = re.compile(r"<Error\b(?P<attributes>[^>]*)>(?P<inner>.*?)</Error>", re.DOTALL)
_XML_CODE = re.compile(r"\bcode=\"(?P<code>\d+)\"")


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a fault. Message and detail come in the company's language, so only the code is relied on."""

    code: str
    message: str = ""
    detail: str = ""
    element: str = ""

    @property
    def told(self) -> str:
        """QuickBooks' own words."""
        return (self.detail or self.message or f"error {self.code}")[:_TEXT_LIMIT]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it came; `trace` is Intuit's own id of the call."""

    status: int
    body: bytes
    trace: str = ""
    retry_after: timedelta | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every error the answer tells."""
        decoded = decode(self.body)
        return problems_of(decoded) if decoded is not None else _xml_problems(self.body)

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(problem.code for problem in self.problems)

    @property
    def throttled(self) -> bool:
        return self.status == 429 or bool(self.codes & _THROTTLED)

    @property
    def token_expired(self) -> bool:
        return self.status == 401 and bool(self.codes & _EXPIRED)

    @property
    def limits(self) -> LimitReport:
        """What it says about the rate limit."""
        if not self.throttled:
            return LimitReport()
        return LimitReport(problem="unknown", retry_after=self.retry_after or THROTTLED_FOR)


def problems_of(body: Json) -> tuple[Problem, ...]:
    """The errors of a decoded answer, in either envelope."""
    for envelope, errors, keys in (
        ("Fault", "Error", ("code", "Message", "Detail", "element")),
        ("fault", "error", ("code", "message", "detail", "element")),
    ):
        fault = body.get(envelope)
        listed = fault.get(errors) if isinstance(fault, dict) else None
        if isinstance(listed, list):
            return tuple(Problem(*(_said(row.get(key)) for key in keys)) for row in listed if isinstance(row, dict))
        if isinstance(fault, dict):
            return (Problem("", detail="a fault without errors"),)
    return ()


def refuse(answer: Answer, *, write: bool) -> None:
    """Raise what this answer means; a write's validation errors pass, for its caller judges them.

    Raises:
        Waiting: rate limit, or the connection may not do this.
        Transient: safe to repeat.
        Ambiguous: a write whose outcome this answer does not tell.
        Stopped: refused for good.
    """
    problems = answer.problems
    codes = {problem.code for problem in problems}
    if answer.status == 200 and not problems:
        return
    if answer.throttled:
        raise Waiting("QuickBooks' rate limit is reached", code="RATE_LIMITED", after=answer.limits.retry_after)
    if answer.status in {401, 403} or codes & _NO_RIGHT:
        raise not_allowed(answer)
    if answer.status >= 500 or codes & _MAINTENANCE or _is_passing(problems) or codes & _UNKNOWN_OUTCOME:
        _unsettled(answer, write=write)
    if write and problems:
        return
    raise Stopped([refused_finding(problem.told, "the request") for problem in problems] or [_bare(answer)])


def not_allowed(answer: Answer) -> Waiting:
    """The connection as a whole may not do this; every record of it waits."""
    if answer.token_expired:
        return Waiting("QuickBooks calls a fresh token expired", code="TOKEN_EXPIRED", after=_OFFLINE)
    told = "; ".join(problem.told for problem in answer.problems) or f"HTTP {answer.status}"
    return Waiting(
        f"QuickBooks does not allow this connection what it needs: {told}",
        code="LEDGER_PERMISSION_MISSING",
        after=_RECHECK_RIGHTS,
    )


def unreadable(what: str, *, write: bool) -> NoReturn:
    """Raise for a 200 whose body is no JSON, or not the JSON it should be."""
    message = f"QuickBooks' answer could not be read: {what}"
    if write:
        raise Ambiguous(message)
    raise Transient(message)


def refused_finding(told: str, number: str) -> Finding:
    """A refusal in QuickBooks' own words."""
    return Finding("LEDGER_REFUSED", {"number": number, "ledger": LEDGER, "text": told[:_TEXT_LIMIT]})


def _is_passing(problems: Sequence[Problem]) -> bool:
    return any(problem.code == "6000" and _PASSING.search(problem.told) for problem in problems)


def _unsettled(answer: Answer, *, write: bool) -> NoReturn:
    told = "; ".join(problem.told for problem in answer.problems)
    message = f"QuickBooks answered HTTP {answer.status}{f': {told}' if told else ''}"
    if write:
        raise Ambiguous(message)
    raise Transient(message, retry_after=answer.retry_after)


def _bare(answer: Answer) -> Finding:
    return refused_finding(f"HTTP {answer.status}", "the request")


def _said(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def _xml_problems(body: bytes) -> tuple[Problem, ...]:
    spelled = body[:20_000].decode("utf-8", "replace")
    found: list[Problem] = []
    for matched in _XML_ERROR.finditer(spelled):
        code = _XML_CODE.search(matched["attributes"])
        found.append(
            Problem(
                code["code"] if code else "", _inner(matched["inner"], "Message"), _inner(matched["inner"], "Detail")
            )
        )
    return tuple(found)


def _inner(xml: str, name: str) -> str:
    matched = re.search(rf"<{name}>(.*?)</{name}>", xml, re.DOTALL)
    return unescape(matched[1]).strip() if matched else ""
