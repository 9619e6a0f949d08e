"""The billing run: invoices of agreements, month after month, that close and export like any other."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.agreements.charges import (
    ZERO,
    Billed,
    Charge,
    Run,
    base_amount,
    cents,
    charge_of,
    next_run,
)
from ledgerwire.sandbox.connectwise.agreements.periods import following_date
from ledgerwire.sandbox.connectwise.errors import invalid_field, record_not_found
from ledgerwire.sandbox.connectwise.invoices import InvoiceDesk
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.resources import is_child_of
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.tax import TaxLevel, levels_of
from ledgerwire.sandbox.connectwise.wire import midnight

_CENT = Decimal("0.01")
_PRICE = Decimal("0.00001")


class AgreementBilling:
    """Makes the invoices of agreements; each leaves a note on its additions of what it billed."""

    def __init__(self, state: ConnectWiseState, desk: InvoiceDesk) -> None:
        self._state = state
        self._desk = desk

    def invoice_until(self, until: date, member_id: int, agreement_ids: Collection[int] | None = None) -> list[Row]:
        """Make every invoice whose date has come by `until`, oldest first; agreements all, or those named."""
        made: list[Row] = []
        while due := self._due(until, agreement_ids):
            for run in due:
                made += self._bill(run, member_id)
        return made

    def invoice(self, agreement_id: int, member_id: int) -> Row:
        """Make the next invoice of one agreement now. Raises ApiError 404, or 400 when there is nothing to invoice."""
        agreement = self._state.tables["agreements"].get(agreement_id)
        if agreement is None:
            raise record_not_found("Agreement", agreement_id)
        run = next_run(self._state, agreement)
        made = self._bill(run, member_id) if run else []
        if not made:
            raise invalid_field("AgreementInvoice", "id", "There is nothing to invoice.")
        return made[0]

    def _due(self, until: date, agreement_ids: Collection[int] | None) -> list[Run]:
        """The next run of each agreement that is due; a One-Time one only while it has something to bill."""
        runs = []
        for number, agreement in self._state.tables["agreements"].items():
            if agreement_ids is not None and number not in agreement_ids:
                continue
            run = next_run(self._state, agreement)
            if run and run.dated <= until and (not run.is_one_time or self._has_content(run)):
                runs.append(run)
        return sorted(runs, key=lambda run: (run.dated, int(run.agreement["id"])))

    def _charges(self, run: Run) -> list[tuple[Row, Charge]]:
        number = int(run.agreement["id"])
        rows = [row for row in self._state.tables["additions"].values() if is_child_of(row, number)]
        found = ((row, charge_of(self._state, run, row)) for row in rows)
        return [(row, charge) for row, charge in found if charge is not None]

    def _has_content(self, run: Run) -> bool:
        return bool(run.agreement.get("billZeroAmountFlag") or base_amount(run) or self._charges(run))

    def _bill(self, run: Run, member_id: int) -> list[Row]:
        charges = self._charges(run)
        lines = [*self._base_line(run), *(self._line(run, row, charge) for row, charge in charges)]
        if run.is_one_time and not self._has_content(run):
            return []
        self._move_on(run, member_id)
        if not any(line.total for line in lines) and not run.agreement.get("billZeroAmountFlag"):
            return []
        invoice = self._desk.create(self._header(run), member_id)
        number = int(invoice["id"])
        self._finish(invoice, lines)
        for _, charge in charges:
            noted = Billed(number, int(run.agreement["id"]), charge)
            self._state.billed.setdefault(charge.addition_id, []).append(noted)
        return [invoice]

    def _move_on(self, run: Run, member_id: int) -> None:
        agreement = run.agreement
        if run.is_one_time:
            agreement.pop("nextInvoiceDate", None)
        else:
            agreement["nextInvoiceDate"] = midnight(following_date(run.dated, run.option))
        self._state.saved("agreements", int(agreement["id"]), member_id)

    def _base_line(self, run: Run) -> list[InvoiceLine]:
        amount = base_amount(run)
        if not amount:
            return []
        said = run.agreement.get("invoiceDescription") or run.agreement["name"]
        shown = f"{said}, {_days(run.period.first, run.period.last)}"
        line = InvoiceLine(kind="RA", description=shown, quantity=Decimal(1), price=amount, total=amount)
        return [replace(line, taxable=self._is_taxed(run), **_place(run.agreement))]

    def _line(self, run: Run, row: Row, charge: Charge) -> InvoiceLine:
        product = self._state.tables["catalog"].get(int(row["product"]["id"]), {})
        price = ZERO if row.get("billCustomer") == "NoCharge" else Decimal(row.get("unitPrice") or 0)
        said = row.get("invoiceDescription") or row.get("description") or product.get("description") or ""
        return InvoiceLine(
            kind="AP",
            description=f"{said}, {_days(charge.stretch.first, charge.stretch.last)}",
            quantity=charge.quantity,
            price=(price * charge.factor).quantize(_PRICE) if charge.factor != 1 else price,
            total=charge.amount,
            cost=charge.cost,
            taxable=bool(row.get("taxableFlag")) and self._is_taxed(run),
            item_identifier=product.get("identifier"),
            item_id=int(row["product"]["id"]),
            product_class=product.get("productClass"),
            category_id=_id(product, "category"),
            subcategory_id=_id(product, "subcategory"),
            **_place(run.agreement),
        )

    def _payer(self, agreement: Row) -> Row:
        company = self._state.tables["companies"].get(int(agreement["company"]["id"]), {})
        payer = agreement.get("billToCompany") or company.get("billToCompany") or agreement["company"]
        return self._state.tables["companies"].get(int(payer["id"]), company)

    def _tax_code(self, agreement: Row) -> Row | None:
        return agreement.get("taxCode") or self._payer(agreement).get("taxCode")

    def _is_taxed(self, run: Run) -> bool:
        return run.agreement.get("taxable") is not False and self._tax_code(run.agreement) is not None

    def _header(self, run: Run) -> Row:
        agreement, payer = run.agreement, self._payer(run.agreement)
        terms = agreement.get("billingTerms") or payer.get("billingTerms")
        days = int(self._state.tables["billing_terms"].get((terms or {}).get("id", 0), {}).get("dueDays") or 0)
        number = self._state.next_id("invoices")
        reference = {"id": payer.get("id"), "identifier": payer.get("identifier"), "name": payer.get("name")}
        return {
            "invoiceNumber": f"AGR-{number}",
            "type": "Agreement",
            "company": agreement["company"],
            "billToCompany": reference,
            "shipToCompany": agreement["company"],
            "accountNumber": payer.get("accountNumber"),
            "billingSite": payer.get("billingSite"),
            "applyToType": "Agreement",
            "applyToId": int(agreement["id"]),
            "agreement": {"id": int(agreement["id"]), "name": agreement["name"]},
            "billingTerms": terms,
            "date": midnight(run.dated),
            "dueDate": midnight(run.dated + timedelta(days=days)),
            "locationId": _id(agreement, "location") or _id(payer, "territory"),
            "location": agreement.get("location") or payer.get("territory"),
            "departmentId": _id(agreement, "department"),
            "department": agreement.get("department"),
            "taxableFlag": self._is_taxed(run),
            "taxCode": self._tax_code(agreement) if self._is_taxed(run) else None,
            "currency": agreement.get("currency") or payer.get("currency"),
        }

    def _finish(self, invoice: Row, lines: Sequence[InvoiceLine]) -> None:
        """Tax, totals and lines of a new invoice."""
        taxed = taxed_lines(lines, levels_of(self._state, invoice.get("taxCode")))
        net = sum((line.total for line in taxed), ZERO)
        tax = sum((share for line in taxed for share in line.tax_by_level), ZERO)
        products = sum((line.total for line in taxed if line.kind == "AP"), ZERO)
        invoice.update(
            productTotal=products,
            agreementAmount=net - products,
            subtotal=net,
            salesTax=tax,
            total=net + tax,
            payments=Decimal("0.00"),
            credits=Decimal("0.00"),
            balance=net + tax,
        )
        self._state.invoice_lines[int(invoice["id"])] = taxed


def taxed_lines(lines: Sequence[InvoiceLine], levels: Sequence[TaxLevel]) -> list[InvoiceLine]:
    """The lines with their shares of each level's tax, which is worked out on the document as a whole."""
    shares: list[list[Decimal]] = []
    for level in levels:
        bases = [line.total if line.taxable and _takes(level, line) else ZERO for line in lines]
        shares.append(_shared(cents(sum(bases, ZERO) * level.rate / 100), bases))
    return [
        replace(line, tax_by_level=tuple(share[index] for share in shares)) if line.taxable else line
        for index, line in enumerate(lines)
    ]


def _takes(level: TaxLevel, line: InvoiceLine) -> bool:
    return level.services if line.kind == "RA" else level.products


def _shared(tax: Decimal, bases: Sequence[Decimal]) -> list[Decimal]:
    """A level's tax over its lines to the cent; the cents left over go to the largest remainders."""
    whole = sum(bases, ZERO)
    if not whole:
        return [Decimal("0.00") for _ in bases]
    exact = [tax * base / whole for base in bases]
    shares = [amount.quantize(_CENT, ROUND_FLOOR) for amount in exact]
    left = int((tax - sum(shares, ZERO)) / _CENT)
    for index in sorted(range(len(bases)), key=lambda number: (shares[number] - exact[number], number))[:left]:
        shares[index] += _CENT
    return shares


def _days(first: date, last: date) -> str:
    return f"{first:%d %b %Y} to {last:%d %b %Y}"


def _id(row: Row, name: str) -> int | None:
    reference = row.get(name)
    return int(reference["id"]) if reference and reference.get("id") is not None else None


def _place(agreement: Row) -> dict[str, Any]:
    return {
        "agreement_id": int(agreement["id"]),
        "agreement_type_id": _id(agreement, "type"),
        "location_id": _id(agreement, "location"),
        "department_id": _id(agreement, "department"),
    }
