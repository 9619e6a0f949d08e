"""The plain tables: path, entity and methods, served by one set of handlers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.listing import candidates
from ledgerwire.sandbox.connectwise.replies import Replies, json_body
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import timestamp
from ledgerwire.sandbox.connectwise.writing import accepted_fields, patched_fields

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Resource:
    """One table under one path. `methods` are letters: C post, R get, U put and patch, D delete."""

    path: str
    table: str
    entity: str
    methods: str = "R"
    required: tuple[str, ...] = ()
    unique: str | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """How error messages call a record."""
        return self.label or self.entity


RESOURCES = (
    Resource("/company/companies/types", "company_types", "CompanyType", "CRUD", ("name",)),
    Resource("/company/companies/statuses", "company_statuses", "CompanyStatus", "CRUD", ("name",)),
    Resource("/company/companies/{parent_id:int}/sites", "sites", "CompanySite", "CRUD", ("name",), label="Site"),
    Resource("/company/companies", "companies", "Company", "CRUD", ("identifier", "name"), "identifier"),
    Resource("/company/contacts", "contacts", "Contact", "CRUD", ("firstName",)),
    Resource("/finance/billingStatuses", "billing_statuses", "BillingStatus", "CRUD", ("name",)),
    Resource("/finance/billingTerms", "billing_terms", "BillingTerm", "CRUD", ("name", "dueDays")),
    Resource("/finance/taxCodes/{parent_id:int}/taxCodeLevels", "tax_code_levels", "TaxCodeLevel", "CRUD"),
    Resource("/finance/taxCodes/{parent_id:int}/taxCodeXRefs", "tax_code_xrefs", "TaxCodeXRef", "CRUD"),
    Resource(
        "/finance/taxCodes/{code_id:int}/taxCodeXRefs/{parent_id:int}/taxableXRefLevels",
        "tax_xref_levels",
        "TaxableXRefLevel",
        "CRUD",
    ),
    Resource("/finance/taxIntegrations", "tax_integrations", "TaxIntegration", "RU"),
    Resource("/finance/taxCodes", "tax_codes", "TaxCode", "CRUD", ("identifier",), "identifier"),
    Resource("/finance/glAccounts/mappedTypes", "gl_mapped_types", "MappedType"),
    Resource("/finance/glAccounts", "gl_accounts", "GLAccount", "CRUD", ("glType", "mappedType", "mappedRecord")),
    Resource("/finance/glCaptions", "gl_captions", "GLCaption", "RU"),
    Resource("/finance/currencies", "currencies", "Currency"),
    Resource("/finance/accountingPackages", "accounting_packages", "AccountingPackage"),
    Resource("/finance/accountingPackageSetup", "accounting_package_setup", "AccountingPackageSetup", "RU"),
    Resource("/finance/billingCycles", "billing_cycles", "BillingCycle", "CRUD", ("identifier", "name")),
    Resource(
        "/procurement/catalog",
        "catalog",
        "CatalogItem",
        "CRU",
        ("identifier", "description", "subcategory", "type", "customerDescription"),
        "identifier",
    ),
    Resource(
        "/procurement/categories/{parent_id:int}/subcategories", "subcategories", "SubCategory", "CRUD", ("name",)
    ),
    Resource("/procurement/categories", "categories", "Category", "CRUD", ("name",)),
    Resource("/procurement/subcategories", "subcategories", "SubCategory", "CRUD", ("name", "category")),
    Resource("/procurement/types", "product_types", "ProductType", "CRUD", ("name",)),
    Resource("/procurement/unitOfMeasures", "units_of_measure", "UnitOfMeasure", "CRUD", ("name",)),
    Resource("/procurement/products", "products", "ProductItem", "CRUD", ("catalogItem", "billableOption")),
    Resource("/procurement/warehouses", "warehouses", "Warehouse", "CRUD", ("name",)),
    Resource("/procurement/warehouseBins", "warehouse_bins", "WarehouseBin", "CRUD", ("name", "warehouse")),
    Resource("/procurement/purchaseorderstatuses", "purchase_order_statuses", "PurchaseOrderStatus", "CRUD", ("name",)),
    Resource("/procurement/adjustments/types", "adjustment_types", "AdjustmentType", "CRUD", ("identifier",)),
    Resource("/expense/types", "expense_types", "ExpenseType", "CRUD", ("name",)),
    Resource("/expense/paymentTypes", "payment_types", "PaymentType", "CRUD", ("name", "classification")),
    Resource("/expense/classifications", "classifications", "Classification"),
    Resource("/expense/reports", "expense_reports", "ExpenseReport"),
    Resource("/system/members", "members", "Member"),
    Resource("/system/apiMembers", "api_members", "ApiMember"),
    Resource("/system/locations", "locations", "Location"),
    Resource("/system/departments", "departments", "Department"),
)


def is_child_of(row: Row, parent_id: int) -> bool:
    """Whether a child row belongs to a parent: by its parent link, else by its company or category."""
    parent = row.get("parentId", (row.get("company") or row.get("category") or {}).get("id"))
    return bool(parent == parent_id)


class TableRoutes:
    """List, count, read, create, replace, patch and delete for one resource."""

    def __init__(self, state: ConnectWiseState, replies: Replies, resource: Resource) -> None:
        self._state = state
        self._replies = replies
        self._resource = resource

    def register(self, app: FastAPI) -> None:
        """Add the routes that the resource allows."""
        resource, path = self._resource, self._resource.path
        self._add(app, path, "GET", self.listing)
        self._add(app, f"{path}/", "GET", self.listing)
        self._add(app, f"{path}/count", "GET", self.count)
        self._add(app, f"{path}/{{record_id:int}}", "GET", self.read)
        if "C" in resource.methods:
            self._add(app, path, "POST", self.create)
        if "U" in resource.methods:
            self._add(app, f"{path}/{{record_id:int}}", "PUT", self.replace)
            self._add(app, f"{path}/{{record_id:int}}", "PATCH", self.patch)
        if "D" in resource.methods:
            self._add(app, f"{path}/{{record_id:int}}", "DELETE", self.delete)

    @staticmethod
    def _add(app: FastAPI, path: str, method: str, handler: Handler) -> None:
        app.router.add_route(path, handler, methods=[method])

    def _rows(self, request: Request) -> list[Row]:
        rows = candidates(self._state.tables[self._resource.table], request.query_params)
        parent = request.path_params.get("parent_id")
        return rows if parent is None else [row for row in rows if is_child_of(row, int(parent))]

    def _row(self, request: Request) -> Row:
        record_id = int(request.path_params["record_id"])
        row = self._state.tables[self._resource.table].get(record_id)
        parent = request.path_params.get("parent_id")
        if row is None or (parent is not None and not is_child_of(row, int(parent))):
            raise record_not_found(self._resource.name, record_id)
        return row

    async def listing(self, request: Request) -> Response:
        return self._replies.listing(request, self._resource.entity, self._rows(request))

    async def count(self, request: Request) -> Response:
        return self._replies.count(request, self._resource.entity, self._rows(request))

    async def read(self, request: Request) -> Response:
        return self._replies.record(request, self._row(request))

    def _checked(self, fields: Row, record_id: int | None) -> Row:
        for name in self._resource.required:
            if not fields.get(name) and fields.get(name) != 0:
                message = f"The {name} field is required."
                raise invalid_field(self._resource.name, name, message, "MissingRequiredField")
        unique = self._resource.unique
        for number, row in self._state.tables[self._resource.table].items():
            if unique and number != record_id and row.get(unique) == fields.get(unique):
                raise invalid_field(self._resource.name, unique, f"The {unique} must be unique.", "ObjectExists")
        return fields

    async def create(self, request: Request) -> Response:
        resource = self._resource
        fields = accepted_fields(self._state, resource.table, resource.entity, await json_body(request))
        row = {name: value for name, value in self._checked(fields, None).items() if value is not None}
        if "parent_id" in request.path_params:
            row["parentId"] = int(request.path_params["parent_id"])
        row = self._before_save({}, row)
        self._state.insert(resource.table, row, self._state.actor())
        self._after_save(row, {})
        return self._replies.record(request, row, 201)

    async def replace(self, request: Request) -> Response:
        """PUT resets every field that the body leaves out."""
        row, resource = self._row(request), self._resource
        fields = accepted_fields(self._state, resource.table, resource.entity, await json_body(request))
        kept: Row = {name: row[name] for name in ("id", "_info", "parentId") if name in row}
        return self._save(request, row, {**kept, **self._checked(fields, int(row["id"]))})

    async def patch(self, request: Request) -> Response:
        row, resource = self._row(request), self._resource
        changes = patched_fields(self._state, resource.table, resource.entity, row, await json_body(request))
        return self._save(request, row, self._checked({**row, **changes}, int(row["id"])))

    def _before_save(self, row: Row, fields: Row) -> Row:  # noqa: ARG002 - subclasses look at it
        """What a subclass makes of a change before it is saved; `row` is the record as it was."""
        return fields

    def _after_save(self, row: Row, before: Row) -> None:
        """What else a save does."""

    def _save(self, request: Request, row: Row, fields: Row) -> Response:
        before = dict(row)
        fields = self._before_save(before, fields)
        row.clear()
        row.update({name: value for name, value in fields.items() if value is not None})
        self._state.saved(self._resource.table, int(row["id"]), self._state.actor())
        self._after_save(row, before)
        return self._replies.record(request, row)

    async def delete(self, request: Request) -> Response:
        """Companies are only marked deleted; everything else goes."""
        row, member = self._row(request), self._state.actor()
        if self._resource.table == "companies":
            row["deletedFlag"] = True
            row["dateDeleted"] = timestamp(self._state.clock.now())
            row["deletedBy"] = self._state.member_identifier(member)
            self._state.notify("companies", int(row["id"]), "deleted", member)
        else:
            self._state.delete(self._resource.table, int(row["id"]), member)
        return Response(status_code=204)


def add_table_routes(app: FastAPI, state: ConnectWiseState, replies: Replies) -> None:
    """Register every plain table."""
    for resource in RESOURCES:
        TableRoutes(state, replies, resource).register(app)
