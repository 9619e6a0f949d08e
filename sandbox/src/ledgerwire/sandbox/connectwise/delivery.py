"""Callbacks out of the PSA: signed, delivered, retried, given up, and switched off after three bad days."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ssl
import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row, Saved
from ledgerwire.sandbox.connectwise.wire import encode, timestamp, without_nulls
from ledgerwire.sandbox.core.faults import CALLBACK_FAULTS, Fault, Faults

CALLBACK_TYPES = {
    "invoices": "invoice",
    "companies": "company",
    "agreements": "agreement",
    "catalog": "productcatalog",
    "contacts": "contact",
    "expense_entries": "expense",
    "purchase_orders": "purchaseorder",
}
"""Tables whose saves are announced, and the callback type that announces them."""

RETRIED_STATUSES = frozenset({404, 409, 419, 429})
RETRY_DELAYS = (2.0, 4.0)
RECEIVER_TIMEOUT = 5.0
_BAD_DAYS = 3
_SUMMARY = (
    "id", "invoiceNumber", "identifier", "name", "type", "status", "company", "billToCompany", "billingTerms", "date",
    "dueDate", "taxCode", "currency", "subtotal", "total", "salesTax", "balance", "closedBy", "glBatch", "agreement",
    "poNumber", "vendorCompany", "vendorInvoiceNumber", "member", "amount", "description",
    "_info",
)  # fmt: skip


def sign(signing_key: str, body: bytes) -> str:
    """The `x-content-signature` of a raw body: base64 of HMAC-SHA256 under the key's SHA-256."""
    key = hashlib.sha256(signing_key.encode()).digest()
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class _Message:
    callback_id: int
    url: str
    record_id: int
    action: str
    body: bytes
    signature: str
    message_id: str
    payload: Row


class CallbackDispatcher:
    """Delivers a message to every registered callback whenever a record is saved.

    `verify` is how receivers' certificates are checked: a context, or False for none.
    `retry_delays` are seconds of real time before the first and second retry.
    """

    def __init__(
        self,
        state: ConnectWiseState,
        faults: Faults,
        *,
        verify: ssl.SSLContext | bool = False,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
        concurrency: int = 20,
    ) -> None:
        self._state = state
        self._faults = faults
        self._verify = verify
        self.retry_delays = retry_delays
        self._slots = asyncio.Semaphore(concurrency)
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[_Message] = []
        self._bad_days: dict[int, tuple[date, int]] = {}
        state.listeners.append(self.on_saved)

    def on_saved(self, event: Saved) -> None:
        """Queue the messages that one save causes."""
        kind = CALLBACK_TYPES.get(event.table)
        if kind is None:
            return
        for callback in list(self._state.tables["callbacks"].values()):
            if self._wants(callback, kind, event):
                self._launch(self._message(callback, kind, event))

    @staticmethod
    def _wants(callback: Row, kind: str, event: Saved) -> bool:
        if callback.get("type") != kind or callback.get("inactiveFlag"):
            return False
        if callback.get("isSelfSuppressedFlag") and callback.get("memberId") == event.member_id:
            return False
        if callback["level"] == "owner" or event.row is None:
            return True
        watched = event.row if callback["level"] == kind else event.row.get(callback["level"]) or {}
        return bool(watched.get("id") == callback["objectId"])

    def _message(self, callback: Row, kind: str, event: Saved) -> _Message:
        site, credentials = self._state.site, self._state.credentials
        entity = None
        if event.row is not None:
            summary = {name: event.row[name] for name in _SUMMARY if name in event.row}
            entity = encode(without_nulls(summary)).decode()
        key_query = urlencode({"companyName": credentials.company_id, "id": site.signing_key_id})
        payload = {
            "Action": event.action,
            "CallbackObjectRecId": callback["id"],
            "CompanyId": credentials.company_id,
            "Entity": entity,
            "FromUrl": urlsplit(site.base_url).netloc,
            "ID": event.record_id,
            "MemberId": self._state.member_identifier(event.member_id),
            "MessageId": str(uuid.uuid4()),
            "Metadata": {"key_url": f"{site.base_url}/{site.codebase}//system/callbackkey/index.rails?{key_query}"},
            "PartnerId": None,
            "ProductInstanceId": None,
            "Type": kind,
        }
        return self._signed(int(callback["id"]), str(callback["url"]), payload)

    def _signed(self, callback_id: int, url: str, payload: Row) -> _Message:
        body = encode(payload)
        return _Message(
            callback_id,
            self._target(url, payload["ID"], payload["Action"]),
            payload["ID"],
            payload["Action"],
            body,
            sign(self._state.site.signing_key, body),
            payload["MessageId"],
            payload,
        )

    def _target(self, url: str, record_id: int, action: str) -> str:
        """The registered URL text with the record appended to it."""
        if self._state.switches.callback_suffix == "glued":
            return f"{url}{record_id}&action={action}"
        return f"{url}{'&' if '?' in url else '?'}recordId={record_id}&action={action}"

    def _launch(self, message: _Message) -> None:
        path = f"/{message.payload['Type']}/{message.record_id}"
        fault = self._faults.take("connectwise", message.action, path, CALLBACK_FAULTS)
        if fault and fault.name == "lost_callback":
            self._event("callback_lost", message, reason="fault")
        elif fault and fault.name == "reordered_callback":
            self._held.append(message)
            self._start(self._release_later(message, fault))
        else:
            copies = 2 if fault and fault.name == "duplicate_callback" else 1
            held, self._held = self._held, []
            self._start(self._deliver_in_order([message] * copies + held))

    async def _release_later(self, message: _Message, fault: Fault) -> None:
        """A held message leaves behind the next one, or alone after the fault's `seconds`."""
        await asyncio.sleep(float(fault.params.get("seconds", 2)))
        if message in self._held:
            self._held.remove(message)
            await self._deliver(message)

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_in_order(self, messages: list[_Message]) -> None:
        for message in messages:
            await self._deliver(message)

    async def _deliver(self, message: _Message) -> None:
        async with self._slots:
            for attempt, delay in enumerate((0.0, *self.retry_delays), start=1):
                if delay:
                    await asyncio.sleep(delay)
                if attempt > 1 and not self._state.switches.retry_keeps_message_id:
                    message = self._renamed(message)
                status = await self._post(message)
                self._event("callback", message, attempt=attempt, status=status)
                if status is not None and 200 <= status < 300:
                    self._bad_days.pop(message.callback_id, None)
                    return
                if not self._is_retried(status):
                    break
        self._failed(message)

    def _renamed(self, message: _Message) -> _Message:
        payload = {**message.payload, "MessageId": str(uuid.uuid4())}
        renamed = self._signed(message.callback_id, "", payload)
        return replace(renamed, url=message.url)

    def _is_retried(self, status: int | None) -> bool:
        if status is None:
            return self._state.switches.retry_after_timeout
        return status in RETRIED_STATUSES

    async def _post(self, message: _Message) -> int | None:
        if self._client is None:
            self._client = httpx.AsyncClient(verify=self._verify, timeout=RECEIVER_TIMEOUT, trust_env=False)
        headers = {"content-type": "application/json", "x-content-signature": message.signature}
        try:
            answer = await self._client.post(message.url, content=message.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return None
        return answer.status_code

    def _failed(self, message: _Message) -> None:
        """Count the day against the callback; the third bad day in a row switches it off."""
        self._event("callback_dropped", message, reason="not accepted")
        today = self._state.clock.today()
        last, streak = self._bad_days.get(message.callback_id, (today, 0))
        if streak == 0 or today - last > timedelta(days=1):
            streak = 1
        elif today != last:
            streak += 1
        self._bad_days[message.callback_id] = (today, streak)
        callback = self._state.tables["callbacks"].get(message.callback_id)
        if streak >= _BAD_DAYS and callback is not None:
            callback["inactiveFlag"] = True
            self._state.journal.event("connectwise", "callback_deactivated", {"callback": message.callback_id})

    def _event(self, kind: str, message: _Message, **more: Any) -> None:
        self._state.journal.event(
            "connectwise",
            kind,
            {
                "callback": message.callback_id,
                "url": message.url,
                "type": message.payload["Type"],
                "record_id": message.record_id,
                "action": message.action,
                "message_id": message.message_id,
                "sent_at": timestamp(self._state.clock.now()),
                **more,
            },
        )

    async def drain(self) -> None:
        """Wait until every message under way is delivered or given up."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        """Stop; messages under way are dropped."""
        if self.on_saved in self._state.listeners:
            self._state.listeners.remove(self.on_saved)
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._client is not None:
            await self._client.aclose()
