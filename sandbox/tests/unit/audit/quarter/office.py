"""Somebody who types the expected ledger of the quarter into either package by hand, over its HTTP API, and batches it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import httpx

from ledgerwire.sandbox.audit.quarter import Books, audit_quarter
from ledgerwire.sandbox.connectwise.batches import create_batch
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.seed.quarter.books import quickbooks_tax_type
from ledgerwire.sandbox.seed.quarter.houses import HOUSES
from ledgerwire.sandbox.seed.tax import share
from ledgerwire.sandbox.world import create_world

KINDS = {
    "sales_invoice": ("Invoices", "ACCREC", "InvoiceNumber"),
    "bill": ("Invoices", "ACCPAY", "InvoiceNumber"),
    "credit_note": ("CreditNotes", "ACCRECCREDIT", "CreditNoteNumber"),
    "supplier_credit": ("CreditNotes", "ACCPAYCREDIT", "CreditNoteNumber"),
    "journal": ("ManualJournals", "", "Narration"),
}
ENTITIES = {"sales_invoice": "Invoice", "credit_note": "CreditMemo", "bill": "Bill", "supplier_credit": "VendorCredit"}
PERSON = 152


def taxes_of(document):
    """The document's tax shared over the lines that bear it."""
    return share(
        document.tax, [line.net if line.tax_type == document.tax_type else Decimal(0) for line in document.lines]
    )


def number_of(entry, document):
    return document.number or f"{entry.record_type}-{entry.source_id}"


class Office:
    """A world with somebody at every desk. `spoil` may change a document's body before it is sent."""

    def __init__(self, package):
        self.package = package
        self.world = create_world(
            7, "quarter", switches={name: {"limits_enabled": False} for name in ("xero", "quickbooks")}
        )
        self.world.clock.set(datetime(2026, 6, 1, 9, tzinfo=UTC))
        self.quarter = self.world.scenario.quarter
        self.spoil = lambda entry, document, body: body
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.world.xero_asgi if package == "xero" else self.world.quickbooks_asgi),
            base_url="http://ledger.test",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
        )
        self.leave_out = {}
        self.other_kind = {}

    def sample(self, *, every=9):
        """Some records of each type, none with a fault."""
        return [entry for entry in self.quarter.entries if entry.fault is None][::every]

    def close(self, entries):
        for entry in entries:
            if entry.record_type == "invoice":
                self.world.connectwise.desk.set_status(int(entry.source_id), {"name": "Closed"}, PERSON)

    async def post(self, entries):
        for entry in entries:
            for expected in entry.documents:
                document = replace(expected, kind=self.other_kind.get((entry.number, expected.kind), expected.kind))
                await (self._to_xero if self.package == "xero" else self._to_quickbooks)(entry, document)

    async def _to_xero(self, entry, document):
        state = self.world.organisations.named(entry.company)
        name, kind, number_field = KINDS[document.kind]
        lines = [
            {
                "Description": "x", "AccountCode": line.account, "TaxType": line.tax_type, "LineAmount": line.net,
                "Tracking": [{"Name": category, "Option": option} for category, option in line.tracking],
                **({"ItemCode": line.item, "Quantity": 1, "UnitAmount": line.net} if line.item else {}),
                **({} if document.kind == "journal" else {"TaxAmount": tax}),
            }
            for line, tax in zip(document.lines, taxes_of(document), strict=True)
        ]  # fmt: skip
        if document.kind == "journal":
            body = {"Narration": f"{number_of(entry, document)} stock", "Date": document.date.isoformat(), "Status": "POSTED",
                    "LineAmountTypes": "NoTax", "JournalLines": lines}  # fmt: skip
        else:
            body = {
                "Type": kind, number_field: number_of(entry, document), "Date": document.date.isoformat(),
                "Contact": {"ContactID": self._xero_contact(state, document.contact)}, "CurrencyCode": document.currency,
                "DueDate": (document.due_date or document.date).isoformat(), "LineAmountTypes": "Exclusive",
                "Status": "AUTHORISED", "LineItems": lines,
            }  # fmt: skip
        body = self.spoil(entry, document, body)
        headers = {"Authorization": f"Bearer {self.world.xero_app.access_token}", "xero-tenant-id": state.tenant_id}
        content = json.dumps({name: [body]}, default=str)
        answer = await self.http.put(f"/api.xro/2.0/{name}", params={"unitdp": 4}, content=content, headers=headers)
        assert answer.status_code == 200, (entry, answer.text[:1500])

    @staticmethod
    def _xero_contact(state, name):
        found = state.contacts.by_key(name)
        return (found[0] if found else state.add("contacts", {"Name": name}))["ContactID"]

    async def _to_quickbooks(self, entry, document):
        state = self.world.realms.named(entry.company)
        house = next(each for each in HOUSES if each.name == entry.company)
        entity = ENTITIES.get(document.kind, "JournalEntry")
        body = {"TxnDate": document.date.isoformat(), "DocNumber": number_of(entry, document)[:21]}
        if state.multi_currency:
            body["CurrencyRef"] = {"value": document.currency}
        if document.kind == "journal":
            body["Line"] = [self._journal_line(state, line) for line in document.lines]
        else:
            side = "Customer" if document.kind in {"sales_invoice", "credit_note"} else "Vendor"
            body[f"{side}Ref"] = {"value": self._name(state, side, document)}
            body["Line"] = [self._line(state, house, document, line) for line in document.lines]
            body |= {"DueDate": document.due_date.isoformat()} if document.due_date else {}
            body["TxnTaxDetail"] = self._tax(state, house, document)
            place = next(
                (option for line in document.lines for name, option in line.tracking if name == "Location"), None
            )
            body |= {"DepartmentRef": self._ref(state, "Department", place)} if place else {}
        body = self.spoil(entry, document, body)
        token = self.world.quickbooks_app.consents[state.realm_id]["access_token"]
        path = f"/v3/company/{state.realm_id}/{entity.lower()}"
        content = json.dumps(body, default=float)
        answer = await self.http.post(path, content=content, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, (entry, body, answer.text[:1500])
        assert "Fault" not in answer.json(), answer.text

    @staticmethod
    def _ref(state, entity, name):
        return {"value": next(row["Id"] for row in state.all(entity) if name in {row.get("Name"), row.get("AcctNum")})}

    @staticmethod
    def _name(state, side, document):
        wanted = (
            document.contact
            if document.currency == state.home_currency
            else f"{document.contact} ({document.currency})"
        )
        found = next((row for row in state.all(side) if row["DisplayName"] == wanted), None)
        return (found or state.add(side, {"DisplayName": wanted, "CurrencyRef": {"value": document.currency}}))["Id"]

    def _dimensions(self, state, line):
        name = next((option for category, option in line.tracking if category == "Business Line"), None)
        return {"ClassRef": self._ref(state, "Class", name)} if name else {}

    def _line(self, state, house, document, line):
        code = quickbooks_tax_type(house, line.tax_type)
        if house.country == "US":
            reference = {"value": "NON" if code == "NON" else "TAX"}
        else:
            reference = self._ref(state, "TaxCode", code)
        detail = {"TaxCodeRef": reference, **self._dimensions(state, line)}
        if document.kind in {"bill", "supplier_credit"}:
            if house.country == "US":
                detail.pop("TaxCodeRef")
            detail["AccountRef"] = self._ref(state, "Account", line.account)
            return {
                "Amount": line.net,
                "DetailType": "AccountBasedExpenseLineDetail",
                "AccountBasedExpenseLineDetail": detail,
            }
        detail |= {"ItemRef": self._ref(state, "Item", line.item or "ROUNDING"), "Qty": 1, "UnitPrice": line.net}
        return {"Amount": line.net, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}

    def _journal_line(self, state, line):
        detail = {
            "PostingType": "Debit" if line.net > 0 else "Credit", "AccountRef": self._ref(state, "Account", line.account),
            **self._dimensions(state, line),
        }  # fmt: skip
        place = next((option for name, option in line.tracking if name == "Location"), None)
        detail |= {"DepartmentRef": self._ref(state, "Department", place)} if place else {}
        return {"Amount": abs(line.net), "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}

    @staticmethod
    def _tax(state, house, document):
        """The printed tax over the rates of the tax code, whatever the package would make of it."""
        code = next(
            (row for row in state.all("TaxCode") if row["Name"] == quickbooks_tax_type(house, document.tax_type)), None
        )
        if code is None:
            return {"TotalTax": 0}
        side = "SalesTaxRateList" if document.kind in {"sales_invoice", "credit_note"} else "PurchaseTaxRateList"
        rates = [detail["TaxRateRef"]["value"] for detail in code[side]["TaxRateDetail"]]
        percents = [state.rows["TaxRate"][rate]["RateValue"] for rate in rates]
        if not any(line.tax_type == document.tax_type for line in document.lines) or (
            house.country == "US" and side.startswith("P")
        ):
            return {"TotalTax": document.tax}
        lines = [
            {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}
            for rate, amount in zip(rates, share(document.tax, percents), strict=True)
        ]  # fmt: skip
        return {
            "TotalTax": document.tax,
            "TaxLine": lines,
            **({"TxnTaxCodeRef": {"value": code["Id"]}} if house.country == "US" else {}),
        }

    def batch(self, entries):
        """One batch a record; `leave_out` names the GL type that a record's batch forgets."""
        state = self.world.connectwise.state
        for entry in entries:
            number = int(entry.source_id) if entry.record_type != "procurement" else entry.source_id
            forgotten = self.leave_out.get(entry.number)
            given = [e.id for e in state.entries_of(RecordKey(entry.record_type, number)) if e.gl_type != forgotten]
            body = {"batchIdentifier": f"B-{entry.record_type}-{entry.source_id}", "processedRecordIds": given}
            create_batch(state, body, PERSON)

    def marked(self):
        state = self.world.connectwise.state
        invoices = {("invoice", str(row["id"])) for row in state.tables["invoices"].values() if row.get("glBatch")}
        return invoices | {(key.kind, str(key.id)) for key, record in state.interface.items() if record.batch}

    def audit(self, entries, *, payments=None, fixed=(), last=()):
        companies = self.world.scenario.companies
        books = Books(
            self.package, {each.name: each.xero for each in companies}, {each.name: each.quickbooks for each in companies},
            self.marked(), payments,
        )  # fmt: skip
        journal = [*self.world.journal.entries(since_seq=self.world.seeded_at), *last]
        return audit_quarter(entries, journal, books, fixed)
