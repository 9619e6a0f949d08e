"""What the ledgers' books hold now, as exchanges for an audit to read after the journal's last.

A document that crossed the wire may stand otherwise in the books: its answer was lost, or it was changed since. Who would vouch
for the books reads them once more at the end.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ledgerwire.sandbox.core.journal import Entry
from ledgerwire.sandbox.quickbooks import wire as quickbooks_wire
from ledgerwire.sandbox.quickbooks.present import Presenter as QuickBooksPresenter
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.world import World
from ledgerwire.sandbox.xero import wire as xero_wire
from ledgerwire.sandbox.xero.books.kinds import CREDIT_NOTE, INVOICE
from ledgerwire.sandbox.xero.present import Presenter as XeroPresenter
from ledgerwire.sandbox.xero.state import XeroState

_UNIT_PLACES = 4
_PAGED = "page=1"
"""Xero shows lines where pages are asked for: a document that is shown without any has none."""
_QUICKBOOKS = ("Customer", "Vendor", "Item", "Invoice", "CreditMemo", "Bill", "VendorCredit", "JournalEntry", "Payment")


def last_look(world: World) -> list[Entry]:
    """One read of all documents of each organisation and company, voided ones included; nothing is written to the journal."""
    reads = [
        *(("xero", "/api.xro/2.0/Invoices", _PAGED, headers, body) for headers, body in _xero(world.organisations.all)),
        *(("quickbooks", path, "", {}, body) for path, body in _quickbooks(world.realms.all)),
    ]
    return [
        Entry(
            seq=len(world.journal) + number,
            at=world.clock.now(),
            system=system,
            kind="http",
            method="GET",
            path=path,
            query=query,
            request_headers=headers,
            status=200,
            decided=200,
            response_body=body,
        )
        for number, (system, path, query, headers, body) in enumerate(reads, start=1)
    ]


def _xero(states: tuple[XeroState, ...]) -> Iterator[tuple[Mapping[str, str], bytes]]:
    for state in states:
        show = XeroPresenter(state, state.switches.rounding_rule(_UNIT_PLACES))
        listed: dict[str, Any] = {
            kind.plural: [show.document(kind, row) for row in kind.rows(state)] for kind in (INVOICE, CREDIT_NOTE)
        }
        listed["ManualJournals"] = [show.journal(row) for row in state.manual_journals]
        yield {"xero-tenant-id": state.tenant_id}, xero_wire.encode(listed)


def _quickbooks(states: tuple[QuickBooksState, ...]) -> Iterator[tuple[str, bytes]]:
    for state in states:
        show = QuickBooksPresenter(state)
        listed = {name: [show.show(name, row) for row in state.all(name)] for name in _QUICKBOOKS}
        yield f"/v3/company/{state.realm_id}/query", quickbooks_wire.encode({"QueryResponse": listed})
