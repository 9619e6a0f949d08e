"""What the mapping newly asks of ConnectWise's entities: products, stock accounts, tax levels, the order of GL levels."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.common.errors import Waiting
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import reading
from ledgerwire.mapper.composing import _export
from ledgerwire.mapper.domain.model import GlEntry
from ledgerwire.mapper.domain.settings import CogsSettings, MappingSettings, RoundingSettings, TaxSettings
from ledgerwire.mapper.reads import GroupReads, Setup

SETTINGS = MappingSettings(tax=TaxSettings("NONE"), rounding=RoundingSettings("860", "NONE"))
NOTEBOOK = psa.CatalogItem(
    id=9,
    identifier="NB-14",
    product_class="Inventory",
    type=psa.Reference(id=1, name="Hardware"),
    category=psa.Reference(id=5, name="Computers"),
)


def detail(**more):
    facts = {
        "id": 101, "gl_type_id": "RP", "account_number": "200", "total": Decimal("-100.00"), "cost": Decimal("80.00"),
        "cost_account_number": " 310 ", "inventory_account_number": "630", "drop_shipped_flag": True,
        "item": psa.Item(id=9, identifier="NB-14"),
        "tax_levels": (
            psa.ExportLineTaxLevel(tax_level=2, taxable_flag=True),
            psa.ExportLineTaxLevel(tax_level=1, taxable_flag=True),
            psa.ExportLineTaxLevel(tax_level=3, taxable_flag=False),
        ),
    }  # fmt: skip
    return psa.ExportDetail(**{**facts, **more})


def transaction(*lines, levels=()):
    return psa.ExportTransaction(
        id=1, document_number="INV-1", gl_entry_ids_text="1", total=Decimal("112.00"), detail=lines, tax_levels=levels
    )


def reads(*lines, catalog=(NOTEBOOK,), fault=None, entries=()):
    setup = Setup((), (), (), (), frozenset(), psa.PackageSetup(), 0.0)
    return GroupReads(
        {}, {}, {7: (transaction(*lines),)}, {}, {}, setup,
        entries={7: tuple(entries)}, catalog={item.identifier: item for item in catalog}, catalog_fault=fault,
    )  # fmt: skip


@pytest.mark.requirement("M6")
def test_a_line_carries_cost_accounts_drop_ship_and_the_facts_of_its_product():
    [line] = _export(reads(detail()), 7, SETTINGS).lines
    assert (line.cost, line.cost_account, line.stock_account, line.drop_shipped) == (
        Decimal("80.00"),
        "310",
        "630",
        True,
    )
    assert (line.product_class, line.product_type, line.category) == ("Inventory", "Hardware", "Computers")
    [unknown] = _export(reads(detail(), catalog=()), 7, SETTINGS).lines
    assert (unknown.product_class, unknown.category) == (None, None)


@pytest.mark.requirement("M12")
def test_the_levels_of_a_line_are_told_or_unknown():
    assert reading.export_facts(transaction(detail())).lines[0].tax_levels == (1, 2)
    assert reading.export_facts(transaction(detail(tax_levels=None))).lines[0].tax_levels is None
    untaxed = detail(tax_levels=(psa.ExportLineTaxLevel(tax_level=1, taxable_flag=False),))
    assert reading.export_facts(transaction(untaxed)).lines[0].tax_levels == ()


@pytest.mark.requirement("M12")
def test_a_document_carries_its_tax_by_level_in_order():
    levels = (
        psa.ExportTaxLevel(tax_level=2, tax_code_xref="PST", tax_amount=Decimal("-7.00")),
        psa.ExportTaxLevel(tax_level=1, tax_code_xref=" GST ", tax_amount=Decimal("5.00")),
    )
    found = reading.export_facts(transaction(detail(), levels=levels)).tax_levels
    assert [(item.level, item.xref, item.amount) for item in found] == [
        (1, "GST", Decimal("5.00")),
        (2, "PST", Decimal("7.00")),
    ]


@pytest.mark.requirement("M2", "M6")
def test_where_the_export_joins_segments_the_frozen_entry_has_the_cost_accounts():
    entry = GlEntry(101, ("200",), None, cogs=("311", "Computers"), stock="631")
    [line] = _export(reads(detail(cost_account_number="311:Computers"), entries=(entry,)), 7, SETTINGS).lines
    assert (line.cost_account, line.stock_account) == ("311", "631")


@pytest.mark.requirement("M6")
def test_a_catalog_that_cannot_be_read_keeps_waiting_only_what_needs_it():
    fault = Waiting("no permission", code="CONNECTWISE_PERMISSION_MISSING")
    closed = reads(detail(), catalog=(), fault=fault)
    assert _export(closed, 7, SETTINGS) is not None
    with pytest.raises(Waiting):
        _export(closed, 7, replace(SETTINGS, cogs=CogsSettings(enabled=True)))
    assert _export(reads(detail(item=None), fault=fault), 7, replace(SETTINGS, cogs=CogsSettings(enabled=True)))


@pytest.mark.requirement("M2")
def test_the_order_of_the_gl_levels_is_read_and_not_known_by_heart():
    rows = [
        psa.GlAccount(id=1, gl_type="RP", mapped_type=psa.Reference(id=3, name="Product"), segment1="200"),
        psa.GlAccount(id=2, gl_type="RP", mapped_type=psa.Reference(id=4, name="Location"), segment1="210"),
    ]
    levels = [psa.GlMappedType(id=3, sort_order=8), psa.GlMappedType(id=4, sort_order=2)]
    assert {row.level: row.order for row in reading.gl_table_facts(rows, levels)} == {"Product": 8, "Location": 2}
