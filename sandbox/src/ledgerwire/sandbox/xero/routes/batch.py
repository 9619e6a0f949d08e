"""Calls that write one or many elements: all or nothing, or each judged on its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledgerwire.sandbox.xero.books.desk import Desk, Outcome
from ledgerwire.sandbox.xero.call import Answer, Call, RefusedError, exception, server_error
from ledgerwire.sandbox.xero.rules.lines import NotANumberError
from ledgerwire.sandbox.xero.rules.shape import misshapen
from ledgerwire.sandbox.xero.wire import ZERO_GUID, Json, NotAJsonBodyError, iso_midnight, parse_date

MAX_BODY = 3_500_000
_WITH_LINES = frozenset({"InvoiceID", "CreditNoteID"})
HIDDEN = "A validation exception occurred that the status of this answer does not show."


@dataclass(frozen=True, slots=True)
class BatchRules:
    """What one endpoint writes: the name of its array, its id, its writer, its faults."""

    plural: str
    id_field: str
    write: Callable[[Desk, Json], Outcome]
    show: Callable[[Json], Json]
    faults: tuple[str, ...] = ()
    at_most: int = 50


@dataclass(slots=True)
class _Judged:
    outcome: Outcome
    shown: Json


def elements_of(call: Call, plural: str, at_most: int) -> list[Json]:
    """The elements of a body: an array under its name, a bare array, or one bare object.

    Raises:
        RefusedError: no JSON, no elements, too many, or something that is no object.
    """
    if len(call.body) > MAX_BODY:
        raise RefusedError(Answer(413, b"Request entity too large", "text/html; charset=utf-8"))
    try:
        body = call.json()
    except NotAJsonBodyError as error:
        raise RefusedError(_bad_post("JSON for post data was invalid")) from error
    found: Any = body.get(plural, body) if isinstance(body, dict) else body
    rows = found if isinstance(found, list) else [found]
    if not rows or not all(isinstance(row, dict) and row for row in rows):
        raise RefusedError(_bad_post(f"Invalid Json data: {plural} expected"))
    if wrong := next((name for row in rows if (name := misshapen(row))), None):
        raise RefusedError(_bad_post(f"Invalid Json data: the value of {wrong} cannot be read"))
    if len(rows) > at_most:
        raise RefusedError(_bad_post(f"At most {at_most} {plural} can be sent in one request"))
    return rows


def write_batch(call: Call, rules: BatchRules) -> Answer:
    """Write every element of the body, by summarizeErrors all or nothing (400) or each for itself (200)."""
    rows = elements_of(call, rules.plural, rules.at_most)
    summarize = call.flag("summarizeerrors", default=call.state.switches.summarize_errors_default)
    broken = call.take_fault("500_midway")
    rows_done = rows[: len(rows) // 2] if broken else rows
    start = call.state.undo.mark()
    try:
        judged = _write_all(call, rules, rows_done)
    except RefusedError:
        call.state.undo.back_to(start)
        raise
    failed = [one for one in judged if one.outcome.problems]
    if broken:
        call.state.undo.forget()
        return server_error()
    if failed and summarize:
        call.state.undo.back_to(start)
        return exception(10, "ValidationException", "A validation exception occurred", [one.shown for one in failed])
    answer = call.envelope(rules.plural, [_marked(one, summarize=summarize) for one in judged])
    call.state.undo.forget()
    return answer


def _write_all(call: Call, rules: BatchRules, rows: list[Json]) -> list[_Judged]:
    fired = frozenset(name for name in rules.faults if name != "wrong_total" and call.take_fault(name))
    hidden = call.take_fault("hidden_error")
    outcomes: list[Outcome] = []
    for position, row in enumerate(rows):
        is_hidden = hidden is not None and position == len(rows) - 1
        outcomes.append(Outcome(row) if is_hidden else _write_one(call, rules, row, fired))
    # Shown only now: a later element may have changed what an earlier one shows.
    judged = [_Judged(outcome, _echo(outcome, rules.id_field) if outcome.problems else {}) for outcome in outcomes]
    for one in judged:
        if not one.outcome.problems and rules.id_field in one.outcome.row:
            one.shown = rules.show(one.outcome.row)
    if hidden is not None:
        judged[-1].shown = _hidden_echo(rows[-1], rules.id_field, nested=hidden.params.get("where") == "line")
    return judged


def _write_one(call: Call, rules: BatchRules, row: Json, fired: frozenset[str]) -> Outcome:
    """One element; a refused one leaves no trace, not even a contact it would have made."""
    mark = call.state.undo.mark()
    if "wrong_total" in rules.faults and call.take_fault("wrong_total"):
        fired |= {"wrong_total"}
    try:
        outcome = rules.write(call.desk(fired), row)
    except NotANumberError as error:
        raise RefusedError(_bad_post(f"Could not convert string to decimal: {error}")) from error
    if outcome.problems:
        call.state.undo.back_to(mark)
    return outcome


def _echo(outcome: Outcome, id_field: str) -> Json:
    """What was sent, with every problem; a zero id tells that nothing was saved."""
    sent = outcome.row
    echo: Json = {id_field: sent.get(id_field) or ZERO_GUID, **_dates(sent, id_field)}
    echo["ValidationErrors"] = [{"Message": problem} for problem in outcome.problems]
    if outcome.warnings:
        echo["Warnings"] = [{"Message": warning} for warning in outcome.warnings]
    return {**echo, **_flagged(id_field), "StatusAttributeString": "ERROR"}


def _hidden_echo(sent: Json, id_field: str, *, nested: bool) -> Json:
    """An element that was not saved inside an answer that says 200, its error at the top or on the first line."""
    problem = [{"Message": HIDDEN}]
    echo: Json = {id_field: ZERO_GUID, **_dates(sent, id_field), "StatusAttributeString": "ERROR", **_flagged(id_field)}
    lines = sent.get("LineItems")
    if nested and isinstance(lines, list) and lines:
        return {**echo, "LineItems": [{**lines[0], "ValidationErrors": problem}, *lines[1:]]}
    return {**echo, "ValidationErrors": problem}


def _flagged(id_field: str) -> Json:
    """Only invoices and credit notes have a member that says whether there are errors."""
    return {"HasErrors": True} if id_field in _WITH_LINES else {}


def _dates(sent: Json, id_field: str) -> Json:
    """Xero repeats dates in its own form, not in the client's; of invoices and credit notes spelled out as well."""
    shown = dict(sent)
    for name in ("Date", "DueDate"):
        try:
            day = parse_date(sent.get(name))
        except (ValueError, OverflowError):
            shown.pop(name, None)
        else:
            shown |= {f"{name}String": iso_midnight(day), name: day} if id_field in _WITH_LINES else {name: day}
    return shown


def _marked(one: _Judged, *, summarize: bool) -> Json:
    """An element of a 200: its own verdict when each is judged for itself; warnings always."""
    shown = dict(one.shown)
    if one.outcome.warnings:
        shown["Warnings"] = [{"Message": warning} for warning in one.outcome.warnings]
    if not summarize and "StatusAttributeString" not in shown:
        shown["StatusAttributeString"] = "WARNING" if one.outcome.warnings else "OK"
    return shown


def _bad_post(message: str) -> Answer:
    return exception(17, "PostDataInvalidException", message)
