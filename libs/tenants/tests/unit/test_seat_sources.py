"""The sources of seats in an account file: declared by kind, checked by field, stored without their secrets."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.seats import ChargeKind, Frequency
from ledgerwire.distributors.exports import RowKind
from ledgerwire.tenants.account_file import parse_account_file
from ledgerwire.tenants.plan import seat_consent_id, wanted
from ledgerwire.tenants.seat_sources import FilesSourceSection, PartnerCenterSourceSection, layout_of
from ledgerwire.tenants.seats_file import SeatsSection

ACCOUNT = """
account: Harbour IT
connectwise: {region: au, company_id: harbour, public_key: pub, private_key: canary-private, client_id: client}
companies:
  - name: Sydney
    package: xero
    connection: {tenant_id: t, client_id: app, client_secret: canary-client, refresh_token: canary-refresh}
mapping:
  tax: {untaxed_type: EXEMPTOUTPUT}
  rounding: {account: "860", tax_type: BASEXCLUDED}
seats:
  since: 2026-01-01
  products: {taxable: true}
  sources:
"""
PUSH = "    - {name: portal}\n"
SIGNED_IN = "client_secret: canary-app, refresh_token: canary-consent"
MICROSOFT = f"    - {{name: microsoft, kind: partner-center, currency: usd, client_id: app, {SIGNED_IN}}}\n"
FILES = "    - {name: exports, kind: files, folder: exports, layout: pax8-invoice-items}\n"
GERMAN = """    - name: grosshandel
      kind: files
      folder: /srv/exports
      mapping:
        rows: charge
        columns: {customer_id: Kunde, sku: [Artikel, SKU], quantity: Menge, subtotal: Betrag, charge_start: Von,
                  charge_end: Bis, kind: Art}
        delimiter: ";"
        encoding: cp1252
        decimal_mark: ","
        dates: ["%d.%m.%Y"]
        kinds: {Neukauf: new}
        frequency_by_default: monthly
        currency: eur
"""


def refused(sources: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_account_file(ACCOUNT + sources)
    assert "canary" not in str(caught.value)
    return str(caught.value).removeprefix("account file: ")


@pytest.mark.requirement("B33")
def test_posts_files_and_partner_center_are_chosen_by_kind_and_stored_without_secrets(tmp_path: Path):
    file = parse_account_file(ACCOUNT + PUSH + FILES + MICROSOFT, directory=tmp_path)
    rows = wanted(file)
    stored = json.dumps(rows.settings)
    assert "canary" not in stored
    section = SeatsSection.model_validate(json.loads(stored)["seats"])
    assert [source.kind for source in section.sources] == ["push", "files", "partner-center"]
    files, microsoft = section.sources[1:]
    assert isinstance(files, FilesSourceSection)
    assert files.folder == tmp_path / "exports"
    assert isinstance(microsoft, PartnerCenterSourceSection)
    assert (microsoft.currency, microsoft.client_secret, microsoft.refresh_token) == ("USD", None, None)
    [consent] = [each for each in rows.consents if each.provider == "partner-center"]
    assert consent.consent_id == seat_consent_id(rows.account_id, "microsoft")
    assert (consent.client_id, consent.client_secret, consent.refresh_token) == ("app", "canary-app", "canary-consent")


@pytest.mark.requirement("B33")
def test_a_layout_is_declared_with_its_headings_its_locale_and_its_words():
    section = parse_account_file(ACCOUNT + GERMAN).seats
    assert section is not None
    [source] = section.sources
    assert isinstance(source, FilesSourceSection)
    layout = layout_of(source)
    assert (layout.rows, layout.columns["customer_id"], layout.columns["sku"]) == (
        RowKind.CHARGE,
        ("Kunde",),
        ("Artikel", "SKU"),
    )
    assert (layout.delimiter, layout.encoding, layout.decimal_mark, layout.currency) == (";", "cp1252", ",", "EUR")
    assert layout.kinds == {"neukauf": ChargeKind.NEW}
    assert {"customer_id", "sku", "quantity", "subtotal", "charge_start", "charge_end"} <= layout.required
    assert layout.frequency_by_default is Frequency.MONTHLY


def test_a_known_layout_may_be_varied_and_keeps_the_rest():
    varied = FILES.replace("items}", "items, sheet: Lines, mapping: {end_is_exclusive: true, columns: {sku: Artikel}}}")
    section = parse_account_file(ACCOUNT + varied).seats
    assert section is not None
    [source] = section.sources
    assert isinstance(source, FilesSourceSection)
    layout = layout_of(source)
    assert (layout.sheet, layout.end_is_exclusive, layout.signed_quantity) == ("Lines", True, True)
    assert (layout.columns["sku"], layout.columns["subtotal"]) == (("Artikel",), ("costTotal",))


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        ("    []\n", "seats.sources: a source is needed"),
        ("    - {name: x, kind: ftp}\n", "seats.sources[0]: kind is push, files or partner-center"),
        (PUSH + PUSH, "seats.sources: each source needs a name of its own"),
        ("    - {name: x, kind: files, layout: pax8-invoice-items}\n", "seats.sources[0].folder: Field required"),
        (FILES.replace("pax8-", "pax9-"), "seats.sources[0]: layout 'pax9-invoice-items' is not known"),
        (FILES.replace(", layout: pax8-invoice-items", ""), "a layout is named, or a mapping says its rows"),
        (GERMAN.replace("quantity: Menge", "seats: Menge"), "seats is no field of a charge; known: billable_quantity"),
        (GERMAN.replace("subtotal: Betrag, ", ""), "no column is mapped to subtotal"),
        (GERMAN.replace("sku: [Artikel, SKU], ", ""), "no column is mapped to sku"),
        (GERMAN.replace("        currency: eur\n", ""), "no column is mapped to currency"),
        (GERMAN.replace("cp1252", "latin9000"), "seats.sources[0].mapping.encoding: 'latin9000': this is no encoding"),
        (MICROSOFT.replace(", refresh_token: canary-consent", ""), "seats.sources: 'microsoft' needs a refresh_token"),
        (
            MICROSOFT + MICROSOFT.replace("microsoft", "other"),
            "name the same refresh token: each needs its own consent",
        ),
        (MICROSOFT.replace("usd", "dollars"), "seats.sources[0].currency: 'dollars'"),
        (MICROSOFT.replace("usd", "usd, base_url: https://evil.example"), "another server needs on_premise: true"),
        (MICROSOFT.replace("usd", "usd, base_url: http://graph.microsoft.com"), "only https is called"),
        (MICROSOFT.replace("usd", "usd, blob_hosts: [evil.example]"), "this is no host of Azure's blob storage"),
        (MICROSOFT.replace("usd", "usd, tenant: a/b"), "a tenant is an id or a domain"),
    ],
)
def test_what_is_wrong_with_a_source_is_named_by_its_field(sources: str, says: str):
    assert says in refused(sources)


def test_prices_of_seats_stay_exact():
    priced = ACCOUNT + PUSH + "  price: {basis: markup, value: 12.5}\n"
    section = parse_account_file(priced).seats
    assert section is not None
    assert section.price is not None
    assert section.price.value == Decimal("12.5")


def test_the_account_file_of_the_guide_is_a_right_one(tmp_path: Path):
    guide = Path(__file__).parents[4] / "docs" / "guide" / "seat-sources.md"
    [seats] = re.findall(r"```yaml\n(.*?)```", guide.read_text(), re.DOTALL)
    (tmp_path / "secrets").mkdir()
    for name in re.findall(r"file:(\S+)", seats):
        (tmp_path / name).write_text("kept\n")
    file = parse_account_file(ACCOUNT.partition("seats:")[0] + seats, directory=tmp_path)
    assert file.seats is not None
    assert [source.kind for source in file.seats.sources] == ["push", "files", "partner-center"]
