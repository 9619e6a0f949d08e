"""`/batch`: up to thirty independent operations in one call, each with its own outcome."""

from datetime import datetime
from typing import Any

from ledgerwire.sandbox.quickbooks.kinds import KINDS, Kind
from ledgerwire.sandbox.quickbooks.operations import Played, Reply, desk_for, write
from ledgerwire.sandbox.quickbooks.query import run_query
from ledgerwire.sandbox.quickbooks.refusals import Problem, RefusedError, refuse, required
from ledgerwire.sandbox.quickbooks.replay import BATCH_ID_LENGTH, ITEM_ID_LENGTH
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import Json

MOST_ITEMS = 30


def run_batch(state: QuickBooksState, sent: Any, query: dict[str, str], now: datetime, played: Played) -> Reply:
    """Carry out every item; 200 even where items fail. Raises RefusedError for the batch as a whole."""
    items = sent.get("BatchItemRequest") if isinstance(sent, dict) else None
    if not isinstance(items, list):
        raise required("BatchItemRequest")
    if len(items) > MOST_ITEMS:
        raise refuse("1040", f"A batch takes at most {MOST_ITEMS} items. Supplied:{len(items)}")
    request_id = query.get("requestid")
    if request_id is not None and len(request_id) > BATCH_ID_LENGTH:
        raise refuse("2130", f"requestid of a batch takes at most {BATCH_ID_LENGTH} characters", "requestid")
    reach = len(items) // 2 if played.midway else len(items)
    answers = [_once(state, item, request_id, now, played) for item in items[:reach]]
    if played.midway:
        problem = Problem("6000", "An unexpected error occurred while processing the batch")
        raise RefusedError(problem, status=500, kind="SystemFault")
    if state.switches.batch_reversed:
        answers.reverse()
    return Reply(200, {"BatchItemResponse": answers})


def _once(state: QuickBooksState, item: Any, request_id: str | None, now: datetime, played: Played) -> Json:
    """An item's answer; with a request id and the same bId the first one again."""
    named = item if isinstance(item, dict) else {}
    item_id = str(named.get("bId") or "")
    key = f"{request_id}/{item_id}" if request_id is not None else None
    kept = state.replays.find(key, now) if key else None
    if kept is not None:
        return kept.body
    try:
        if key and len(item_id) > ITEM_ID_LENGTH:
            raise refuse("2130", f"bId takes at most {ITEM_ID_LENGTH} characters with a requestid", "bId")
        answer = {**_run(state, named, now, played), "bId": item_id}
    except RefusedError as refused:
        answer = {"Fault": refused.fault(), "bId": item_id}
    if key:
        state.replays.keep(key, now, 200, answer)
    return answer


def _run(state: QuickBooksState, item: Json, now: datetime, played: Played) -> Json:
    if "Query" in item:
        return {"QueryResponse": run_query(state, str(item["Query"]))}
    kind = _kind_of(item)
    operation, options = str(item.get("operation", "")), str(item.get("optionsData", ""))
    if operation == "update" and options == "void":
        operation = "void"
    desk = desk_for(state, now, options, played)
    return {kind.name: write(desk, kind, operation, item[kind.name])}


def _kind_of(item: Json) -> Kind:
    found = [KINDS[name] for name in item if name in KINDS]
    if len(found) != 1:
        raise refuse("2010", "A batch item holds one entity or one Query")
    return found[0]
