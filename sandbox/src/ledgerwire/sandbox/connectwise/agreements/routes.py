"""Agreements, their additions and adjustments over HTTP."""

import copy
from decimal import Decimal
from typing import Any

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.agreements.billing import AgreementBilling
from ledgerwire.sandbox.connectwise.agreements.charges import columns
from ledgerwire.sandbox.connectwise.agreements.periods import (
    billing_option,
    day_of,
    first_invoice_date,
    status_of,
)
from ledgerwire.sandbox.connectwise.agreements.roles import allowed_types
from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.replies import Replies, json_body
from ledgerwire.sandbox.connectwise.resources import Resource, TableRoutes, is_child_of
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import midnight
from ledgerwire.sandbox.connectwise.writing import accepted_fields

_PATH = "/finance/agreements"
_AGREEMENTS = Resource(_PATH, "agreements", "Agreement", "CRUD", ("name", "type", "company"))
_TYPES = Resource(f"{_PATH}/types", "agreement_types", "AgreementType", "CRUD", ("name",))
_ADDITIONS = Resource(
    f"{_PATH}/{{parent_id:int}}/additions", "additions", "Addition", "CRUD", ("product", "billCustomer")
)
_ADJUSTMENTS = Resource(f"{_PATH}/{{parent_id:int}}/adjustments", "agreement_adjustments", "Adjustment", "CRUD")
_OF_TYPE = (
    "billingCycle", "billOneTimeFlag", "invoicingCycle", "prorateFlag", "invoiceProratedAdditionsFlag",
    "billZeroAmountFlag", "autoInvoiceFlag", "oneTimeFlag", "location", "department",
)  # fmt: skip
"""What a new agreement takes over from its type."""
_BILL_CUSTOMER = frozenset({"Billable", "DoNotBill", "NoCharge"})
_NOT_COPIED = frozenset({"id", "_info", "nextInvoiceDate", "startDate", "billStartDate", "endDate", "agreementStatus"})


class AgreementTypeRoutes(TableRoutes):
    """`/finance/agreements/types`; a role customized by type sees its own types only."""

    def __init__(self, state: ConnectWiseState, replies: Replies) -> None:
        super().__init__(state, replies, _TYPES)

    def _rows(self, request: Request) -> list[Row]:
        allowed = allowed_types(self._state)
        return [row for row in super()._rows(request) if allowed is None or row["name"] in allowed]


class AgreementRoutes(TableRoutes):
    """`/finance/agreements` with copy and invoice."""

    def __init__(self, state: ConnectWiseState, replies: Replies, billing: AgreementBilling) -> None:
        super().__init__(state, replies, _AGREEMENTS)
        self._billing = billing

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        super().register(app)
        app.router.add_route(f"{_PATH}/{{record_id:int}}/copy", self.copy, methods=["POST"])
        app.router.add_route(f"{_PATH}/{{record_id:int}}/invoice", self.invoice, methods=["POST"])

    def _rows(self, request: Request) -> list[Row]:
        rows = [row for row in super()._rows(request) if is_visible(self._state, row)]
        for row in rows:
            row["agreementStatus"] = status_of(row, self._state.clock.today())
        return rows

    def _row(self, request: Request) -> Row:
        row = visible_agreement(self._state, int(request.path_params["record_id"]))
        row["agreementStatus"] = status_of(row, self._state.clock.today())
        return row

    def _before_save(self, row: Row, fields: Row) -> Row:
        kind = self._state.tables["agreement_types"].get(int(fields["type"]["id"]), {})
        defaults: Row = {"startDate": midnight(self._state.clock.today()), "cancelledFlag": False}
        defaults |= {"noEndingDateFlag": not fields.get("endDate"), "periodType": "Future"}
        defaults |= {"prorateFlag": False, "invoiceProratedAdditionsFlag": True, "invoicingCycle": "CalendarYear"}
        defaults |= {name: kind[name] for name in _OF_TYPE if kind.get(name) is not None}
        full = {**defaults, **fields} if not row else dict(fields)
        option = billing_option(full, self._state.tables["billing_cycles"])
        full["billOneTimeFlag"] = option == "NotRecurring"
        self._check(full)
        if self._takes_first_date(row, full):
            first = first_invoice_date(full, option, self._state.switches.advance_period_types)
            full["nextInvoiceDate"] = midnight(first)
        full["agreementStatus"] = status_of(full, self._state.clock.today())
        return full

    def _takes_first_date(self, row: Row, full: Row) -> bool:
        """A new agreement gets its first date unless it names one; one not yet invoiced gets another with new dates."""
        if not row:
            return not full.get("nextInvoiceDate")
        if full.get("nextInvoiceDate") != row.get("nextInvoiceDate") or self._was_invoiced(int(row["id"])):
            return False
        names = ("startDate", "billStartDate", "billingCycle", "billOneTimeFlag", "invoicingCycle", "periodType")
        return bool(row.get("nextInvoiceDate")) and any(full.get(name) != row.get(name) for name in names)

    def _was_invoiced(self, number: int) -> bool:
        rows = self._state.tables["invoices"].values()
        return any((row.get("agreement") or {}).get("id") == number for row in rows)

    @staticmethod
    def _check(fields: Row) -> None:
        start, end = day_of(fields, "startDate"), day_of(fields, "endDate")
        if start and end and end < start:
            raise invalid_field("Agreement", "endDate", "The end date must not be before the start date.")

    async def copy(self, request: Request) -> Response:
        """A new agreement like this one from today on; its additions come along only where the switch says so."""
        source = self._row(request)
        body = accepted_fields(self._state, "agreements", "Agreement", await json_body(request) or {})
        kept = {name: copy.deepcopy(value) for name, value in source.items() if name not in _NOT_COPIED}
        fields = self._before_save({}, {**kept, **{name: value for name, value in body.items() if value is not None}})
        made = self._state.insert("agreements", fields, self._state.actor())
        if self._state.switches.copy_takes_additions:
            self._copy_additions(int(source["id"]), int(made["id"]))
        return self._replies.record(request, made, 201)

    def _copy_additions(self, source: int, target: int) -> None:
        for row in [row for row in self._state.tables["additions"].values() if is_child_of(row, source)]:
            fields = {name: copy.deepcopy(value) for name, value in row.items() if name not in {"id", "_info"}}
            self._state.insert("additions", {**fields, "parentId": target, "agreementId": target}, self._state.actor())

    async def invoice(self, request: Request) -> Response:
        """Answers the id of the new invoice as a plain number."""
        made = self._billing.invoice(int(self._row(request)["id"]), self._state.actor())
        return self._replies.json(request, int(made["id"]), 201)

    async def delete(self, request: Request) -> Response:
        if self._was_invoiced(int(self._row(request)["id"])):
            raise invalid_field("Agreement", "id", "An agreement that was invoiced cannot be deleted.")
        return await super().delete(request)


class AdditionRoutes(TableRoutes):
    """`…/additions`: what they come to is worked out on every reading."""

    def __init__(self, state: ConnectWiseState, replies: Replies) -> None:
        super().__init__(state, replies, _ADDITIONS)

    def _rows(self, request: Request) -> list[Row]:
        agreement = visible_agreement(self._state, int(request.path_params["parent_id"]))
        rows = super()._rows(request)
        for row in rows:
            row.update(self._computed(agreement, row))
        return rows

    def _row(self, request: Request) -> Row:
        agreement = visible_agreement(self._state, int(request.path_params["parent_id"]))
        row = super()._row(request)
        row.update(self._computed(agreement, row))
        return row

    def _computed(self, agreement: Row, row: Row) -> Row:
        status = status_of(agreement, self._state.clock.today())
        return {
            **columns(self._state, agreement, row),
            "agreementId": int(agreement["id"]),
            "agreementStatus": status,
        }

    def _before_save(self, row: Row, fields: Row) -> Row:
        agreement = visible_agreement(self._state, int(fields["parentId"]))
        product = self._state.tables["catalog"].get(int(fields["product"]["id"]), {})
        full = {name: value for name, value in fields.items() if value is not None}
        if not row:
            full = {**self._defaults(product), **full}
        self._check(row, full, product)
        return {**full, **self._computed(agreement, full)}

    def _defaults(self, product: Row) -> Row:
        """What a new addition takes over from its product."""
        return {
            "quantity": Decimal(1),
            "lessIncluded": Decimal(0),
            "unitPrice": product.get("price") or Decimal(0),
            "unitCost": product.get("cost") or Decimal(0),
            "effectiveDate": midnight(self._state.clock.today()),
            "taxableFlag": bool(product.get("taxableFlag")),
            "description": product.get("description"),
            "invoiceDescription": product.get("customerDescription"),
            "uom": (product.get("unitOfMeasure") or {}).get("name"),
            "purchaseItemFlag": False,
            "specialOrderFlag": False,
            "prorateCurrentPeriodFlag": False,
        }

    @staticmethod
    def _check(row: Row, fields: Row, product: Row) -> None:
        if fields["billCustomer"] not in _BILL_CUSTOMER:
            raise invalid_field("Addition", "billCustomer", "billCustomer is Billable, DoNotBill or NoCharge.")
        if product.get("inactiveFlag") and (not row or row["product"]["id"] != fields["product"]["id"]):
            raise invalid_field("Addition", "product", "The product is inactive.")
        effective, cancelled = day_of(fields, "effectiveDate"), day_of(fields, "cancelledDate")
        if effective and cancelled and cancelled < effective:
            message = "The cancelled date must not be before the effective date."
            raise invalid_field("Addition", "cancelledDate", message)

    async def create(self, request: Request) -> Response:
        visible_agreement(self._state, int(request.path_params["parent_id"]))
        answer = await super().create(request)
        self._tell(request)
        return answer

    def _after_save(self, row: Row, before: Row) -> None:
        if before:
            self._state.notify("agreements", int(row["parentId"]), "updated", self._state.actor())

    def _tell(self, request: Request) -> None:
        self._state.notify("agreements", int(request.path_params["parent_id"]), "updated", self._state.actor())

    async def delete(self, request: Request) -> Response:
        if self._state.billed.get(int(self._row(request)["id"])):
            raise invalid_field("Addition", "id", "An addition that was invoiced cannot be deleted.")
        answer = await super().delete(request)
        self._tell(request)
        return answer


def is_visible(state: ConnectWiseState, agreement: Row) -> bool:
    """Whether the calling member's role, where it is customized by agreement type, shows an agreement."""
    allowed = allowed_types(state)
    return allowed is None or (agreement.get("type") or {}).get("name") in allowed


def visible_agreement(state: ConnectWiseState, agreement_id: int) -> Row:
    """The agreement. Raises ApiError 404 for one that is not there or hidden."""
    row = state.tables["agreements"].get(agreement_id)
    if row is None or not is_visible(state, row):
        raise record_not_found("Agreement", agreement_id)
    return row


def add_agreement_routes(app: FastAPI, state: ConnectWiseState, replies: Replies, billing: AgreementBilling) -> None:
    """Register agreements and everything below them."""
    groups: tuple[Any, ...] = (
        AgreementTypeRoutes(state, replies),
        AdditionRoutes(state, replies),
        TableRoutes(state, replies, _ADJUSTMENTS),
        AgreementRoutes(state, replies, billing),
    )
    for routes in groups:
        routes.register(app)
