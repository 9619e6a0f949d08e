"""The expected quarter can be typed into either package to the cent; every planted bug turns the books check red."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from ledgerwire.sandbox.bookkeeper import QuickBooksBookkeeper, XeroBookkeeper, by_company
from ledgerwire.sandbox.seed.quarter import goods


def rows_of(events):
    """The PSA's payment rows as they have to be."""
    return [
        {
            "invoice": {"identifier": number},
            "amount": -amount if event.kind == "refund" else amount,
            **({"credit": {"identifier": event.credit}} if event.credit else {}),
        }
        for event in events
        for number, amount in event.parts
    ]


@dataclass
class Afternoon:
    """What one package's office did, and what the books check says of it."""

    clean: object
    spoiled: object
    unpaid: object
    paid: object
    victims: dict = field(default_factory=dict)

    def codes(self, bug):
        numbers = {entry.number for entry in self.victims[bug]}
        return {finding.code for finding in self.spoiled.findings if finding.number in numbers}

    @property
    def controls(self):
        return {finding.number for finding in self.spoiled.findings if finding.code == "CONTROL_DIFFERS"}


def _lines(body):
    return body.get("LineItems") or body.get("JournalLines") or body["Line"]


def _detail(line):
    return line.get(line.get("DetailType"), line)


def sign_of_a_journal(entry, document, body):
    """Cost of sales reversed: what left the stock comes back."""
    for line in _lines(body):
        detail = _detail(line)
        if "PostingType" in detail:
            detail["PostingType"] = "Credit" if detail["PostingType"] == "Debit" else "Debit"
        else:
            line["LineAmount"] = -line["LineAmount"]
    return body


def rounding_mode(entry, document, body):
    """Half a cent rounded the other way: a cent of tax."""
    cent = Decimal("0.01")
    if "TxnTaxDetail" in body:
        detail = body["TxnTaxDetail"]
        detail["TotalTax"] -= cent
        detail["TaxLine"][0]["Amount"] -= cent
        return body
    line = next(line for line in _lines(body) if line["TaxAmount"] > 1)
    line["TaxAmount"] -= cent
    return body


def item(entry, document, body):
    """Another item of another account: where the item decides the account, the account goes with it."""
    line = next(line for line in _lines(body) if "ItemCode" in line or "ItemRef" in _detail(line))
    if "ItemCode" in line:
        line["ItemCode"] = "BACKUP"
    else:
        _detail(line)["ItemRef"] = {"value": "3"}
    return body


def tracking(entry, document, body):
    """A line without its business line."""
    for line in _lines(body):
        _detail(line).pop("ClassRef", None)
        line.pop("Tracking", None)
    return body


def day(entry, document, body):
    name = "TxnDate" if "TxnDate" in body else "Date"
    return body | {name: "2026-05-09"}


BUGS = {
    # name: (kind of document, what spoils it, codes that must be seen)
    "sign": ("credit_note", None, {"KIND_DIFFERS"}),
    "rounding mode": ("sales_invoice", rounding_mode, {"TAX_DIFFERS", "TOTAL_DIFFERS"}),
    "item": ("sales_invoice", item, {"ITEM_SUM_DIFFERS"}),
    "tracking": ("bill", tracking, {"LINE_SUM_DIFFERS"}),
    "cogs reversed": ("journal", sign_of_a_journal, {"LINE_SUM_DIFFERS"}),
    "date": ("sales_invoice", day, {"DATE_DIFFERS"}),
    "missing": ("bill", None, {"MISSING"}),
    "tax entry not batched": ("sales_invoice", None, {"BATCH_INCOMPLETE"}),
    "posted twice": ("sales_invoice", None, {"DUPLICATED"}),
    "batched first": ("expense", None, {"BATCHED_BEFORE_POSTED"}),
}


def pick(sample, used, kind, *, taxed):
    """A record of the sample whose first document is of a kind (journals: one made by a sale) and not yet spoiled."""
    for entry in sample:
        kinds = [document.kind for document in entry.documents]
        fits = entry.record_type == "expense" if kind == "expense" else kind in kinds
        named = all(document.number for document in entry.documents) or kind == "expense"
        rich = not taxed or (
            entry.documents[0].tax > 2 and entry.documents[0].lines[0].account not in {"210", goods.DEFERRED}
        )
        if fits and named and rich and entry.number not in used and entry.currency == entry.documents[0].currency:
            return entry
    raise LookupError(kind)


async def an_afternoon(office):
    clean_part, spoiled_part = office.sample(every=25), office.sample(every=6)
    office.close(clean_part)
    await office.post(clean_part)
    office.batch(clean_part)
    clean = office.audit(clean_part)
    rest = [entry for entry in spoiled_part if entry not in clean_part]
    victims, spoils = defaultdict(list), {}
    for bug, (kind, spoil, _) in BUGS.items():
        chosen = pick(rest, set(spoils), kind, taxed=kind == "sales_invoice")
        victims[bug].append(chosen)
        spoils[chosen.number] = (kind, spoil)
    ours = [entry for each in victims.values() for entry in each]

    def spoiled(entry, document, body):
        kind, spoil = spoils[entry.number]
        return spoil(entry, document, body) if spoil and document.kind == kind else body

    office.spoil = spoiled
    office.close(ours)
    office.other_kind = {(victims["sign"][0].number, "credit_note"): "sales_invoice"}
    office.leave_out = {victims["tax entry not batched"][0].number: "ST"}
    office.batch(victims["batched first"])
    await office.post([entry for entry in ours if entry not in victims["missing"]])
    await again(office, victims["posted twice"][0])
    office.batch([entry for entry in ours if entry not in victims["batched first"]])
    office.spoil = lambda entry, document, body: body
    everything = [*clean_part, *ours]
    spoiled_report = office.audit(everything)
    unpaid, paid = await payday(office, everything)
    await office.http.aclose()
    return Afternoon(clean, spoiled_report, unpaid, paid, victims)


async def again(office, entry):
    """The same document once more: bills and journals bear a number twice, a sale takes the next one."""
    office.spoil = lambda _entry, _document, body: {
        name: f"{value}-2" if name in {"InvoiceNumber", "DocNumber"} else value for name, value in body.items()
    }
    await office.post([entry])


async def payday(office, entries):
    """Everything that these records' customers pay is entered; the PSA has no row yet, then all of them."""
    numbers = {entry.number for entry in entries}
    events = [
        e
        for e in office.quarter.settlements
        if {n for n, _ in e.parts} | ({e.credit} if e.credit else set()) <= numbers
    ]
    events = [event for event in events if office.package == "xero" or event.kind != "refund"]
    world = office.world
    for company, own in by_company(events).items():
        if office.package == "xero":
            await XeroBookkeeper(world.organisations.named(company), world.xero_asgi, world.clock).enter(own)
        else:
            await QuickBooksBookkeeper(world.realms.named(company), world.quickbooks_asgi, world.clock).enter(own)
    assert events
    return office.audit(entries, payments=[]), office.audit(entries, payments=rows_of(events))


@pytest.fixture(scope="module", params=["xero", "quickbooks"])
def afternoon(request, make_office):
    return asyncio.run(an_afternoon(make_office(request.param)))


@pytest.mark.requirement("M4", "M6", "M9", "M16", "M17")
def test_records_of_every_type_typed_in_by_hand_are_clean(afternoon):
    assert afternoon.clean.findings == ()
    assert afternoon.clean.counts["missing"] == 0
    assert afternoon.clean.counts["source_total"] == afternoon.clean.counts["ledger_total"]
    assert set(afternoon.clean.counts["documents"]) == {
        "sales_invoice",
        "credit_note",
        "bill",
        "supplier_credit",
        "journal",
    }


@pytest.mark.parametrize("bug", list(BUGS))
def test_each_bug_is_seen_on_its_record(afternoon, bug):
    found = afternoon.codes(bug) | {
        finding.code
        for finding in afternoon.spoiled.findings
        if bug == "posted twice" and finding.number == f"{afternoon.victims[bug][0].number}-2"
    }
    wanted = {"UNEXPECTED_DOCUMENT"} if bug == "posted twice" else BUGS[bug][2]
    assert found >= wanted, afternoon.spoiled.findings


def test_what_is_wrong_on_a_record_is_wrong_in_the_control_accounts(afternoon):
    said = " ".join(afternoon.controls)
    for control in (
        "tax on sales",
        "account 610 (receivable)",
        "account 800 (payable)",
        "account 630 (stock)",
        "account 310",
    ):
        assert control in said
    assert "Business Line" in said


@pytest.mark.requirement("M18")
def test_what_customers_paid_must_stand_in_the_psa_too(afternoon):
    codes = {finding.code for finding in afternoon.unpaid.findings}
    assert "PAYMENT_DIFFERS" in codes
    assert {finding.code for finding in afternoon.paid.findings} == {
        finding.code for finding in afternoon.spoiled.findings
    }
