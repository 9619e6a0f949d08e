from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.tenants.account_file import AccountFile, parse_account_file, read_account_file
from ledgerwire.tenants.plan import wanted

GOOD = """
account: Harbour IT
connectwise:
  region: au
  company_id: harbour
  public_key: pubkey
  private_key: canary-private
  client_id: 00000000-0000-0000-0000-000000000001
companies:
  - name: Sydney
    package: xero
    locations: [2, 11]
    connection:
      tenant_id: 00000000-0000-0000-0000-000000000002
      client_id: app
      client_secret: canary-client
      refresh_token: canary-refresh
mapping:
  tax:
    untaxed_type: EXEMPTOUTPUT
    links: {GST10: OUTPUT, NO: NONE}
  rounding: {account: 0860, tax_type: BASEXCLUDED, document_limit: 0.10}
  terms:
    links: {Net 14: 14 days}
  account_links: {4000: 0200}
"""


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_account_file(text)
    assert "canary" not in str(caught.value)
    return str(caught.value)


def test_a_complete_file_is_read():
    file = parse_account_file(GOOD)
    assert file.account == "Harbour IT"
    assert file.connectwise.host == "au.myconnectwise.net"
    assert file.connectwise.private_key.get_secret_value() == "canary-private"
    assert file.companies[0].locations == (2, 11)
    assert file.sync.real_time
    assert file.sync.sweep_min_age_seconds == 120
    assert file.sync.callback.register_it


def test_codes_and_amounts_stay_as_they_are_written():
    mapping = parse_account_file(GOOD).mapping
    assert mapping.rounding.account == "0860"
    assert mapping.rounding.document_limit == Decimal("0.10")
    assert mapping.account_links == {"4000": "0200"}
    assert mapping.tax.links == {"GST10": "OUTPUT", "NO": "NONE"}


def test_no_secret_shows_when_a_file_is_printed():
    assert "canary" not in repr(parse_account_file(GOOD))


def test_the_same_mapping_gives_the_same_bytes_in_any_order_and_notation():
    other = changed("links: {GST10: OUTPUT, NO: NONE}", 'links:\n      "NO": NONE\n      GST10: OUTPUT')
    assert parse_account_file(other).mapping_body() == parse_account_file(GOOD).mapping_body()


def test_the_loosest_and_tightest_rounding_limits_are_told_apart():
    none_given = parse_account_file(changed(", document_limit: 0.10", "")).mapping.rounding.document_limit
    none_allowed = parse_account_file(
        changed("document_limit: 0.10", "document_limit: 0")
    ).mapping.rounding.document_limit
    assert (none_given, none_allowed) == (None, Decimal(0))


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    "site", ["https://NA.myconnectwise.net/", "na.myconnectwise.net", "https://api-na.myconnectwise.net"]
)
def test_the_psa_site_is_taken_with_or_without_scheme_and_stored_normalised(site: str):
    file = parse_account_file(changed("region: au", f"site: {site}"))
    assert file.connectwise.site in {"na.myconnectwise.net", "api-na.myconnectwise.net"}


@pytest.mark.requirement("A044")
def test_a_region_fills_the_site_and_a_written_site_wins():
    assert parse_account_file(changed("region: au", "region: eu")).connectwise.host == "eu.myconnectwise.net"
    both = changed("region: au", "region: eu\n  site: na.myconnectwise.net")
    assert parse_account_file(both).connectwise.host == "na.myconnectwise.net"
    assert "a site or a region is needed" in refused(changed("  region: au\n", ""))


@pytest.mark.requirement("A043")
@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("http://na.myconnectwise.net", "only https"),
        ("10.0.0.5", "on_premise: true"),
        ("localhost", "on_premise: true"),
        ("169.254.169.254", "on_premise: true"),
        ("psa.example.com", "on_premise: true"),
        ("evilmyconnectwise.net", "on_premise: true"),
        ("myconnectwise.net.evil.com", "on_premise: true"),
        ("na.myconnectwise.net/path", "not a host name"),
        ("user@na.myconnectwise.net", "not a host name"),
        ("na.myconnectwise.net?x=1", "not a host name"),
    ],
)
def test_private_and_unknown_psa_hosts_are_refused_by_field_and_value(site: str, says: str):
    message = refused(changed("region: au", f'site: "{site}"'))
    assert f"connectwise.site: '{site}'" in message
    assert says in message


def test_a_server_of_ones_own_is_named_on_premise_and_still_called_over_https():
    own = changed("region: au", "on_premise: true\n  site: 127.0.0.1:8444")
    assert parse_account_file(own).connectwise.host == "127.0.0.1:8444"
    assert "only https" in refused(changed("region: au", "on_premise: true\n  site: http://127.0.0.1:8444"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("base_url: http://api.xero.com", "only https"),
        ("token_url: https://evil.example/connect/token", "api.xero.com and identity.xero.com"),
        ("base_url: https://127.0.0.1:9000", "on_premise: true"),
        ("base_url: https://api.xero.com@evil.example", "not an address"),
        ("base_url: http://127.0.0.1:9000\n      on_premise: true", "only https"),
    ],
)
def test_ledger_addresses_are_xeros_own_over_https(line: str, says: str):
    message = refused(changed("tenant_id:", f"{line}\n      tenant_id:"))
    assert says in message
    assert "companies[0].connection." in message


def test_a_ledger_on_premise_may_be_anywhere_over_https():
    text = changed("tenant_id:", "on_premise: true\n      base_url: https://127.0.0.1:9000/\n      tenant_id:")
    assert parse_account_file(text).companies[0].connection.base_url == "https://127.0.0.1:9000"


def second(locations: str, name: str = "Austin") -> str:
    company = GOOD[GOOD.index("  - name: Sydney") : GOOD.index("mapping:")]
    return GOOD.replace(
        "mapping:", company.replace("Sydney", name).replace("locations: [2, 11]", locations) + "mapping:", 1
    )


@pytest.mark.requirement("A117")
def test_a_location_belongs_to_one_company_only():
    assert len(parse_account_file(second("locations: [3]")).companies) == 2
    assert "location 11 is in both 'Sydney' and 'Austin'" in refused(second("locations: [11]"))
    assert "lists no locations" in refused(second("locations: []"))
    assert "name of its own" in refused(second("locations: [3]", name="Sydney"))


@pytest.mark.requirement("A026")
@pytest.mark.parametrize("field", ["company_id", "public_key", "private_key", "client_id"])
def test_an_incomplete_psa_connection_is_named_field_by_field(field: str):
    lines = GOOD.splitlines()
    section = lines.index("connectwise:")
    position = next(n for n, line in enumerate(lines) if n > section and line.strip().startswith(f"{field}:"))
    del lines[position]
    assert f"connectwise.{field}: Field required" in refused("\n".join(lines))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("region: au", "regoin: au", "connectwise.regoin: Extra inputs"),
        ("region: au", "region: mars", "connectwise.region: 'mars'"),
        ("untaxed_type: EXEMPTOUTPUT", "mode: by_name", "mapping.tax.untaxed_type: Field required"),
        ("untaxed_type: EXEMPTOUTPUT", "untaxed_type: X\n    mode: static", "static_type is needed"),
        ("document_limit: 0.10", "document_limit: ten", "mapping.rounding.document_limit: 'ten'"),
        ("document_limit: 0.10", "document_limit: -1", "mapping.rounding.document_limit: '-1'"),
        ("package: xero", "package: sage", "companies[0].package: 'sage'"),
        ("locations: [2, 11]", "locations: [2, eleven]", "companies[0].locations[1]: 'eleven'"),
        ("account: Harbour IT", "account: ''", "account: ''"),
        ("account: Harbour IT", "account: A\naccount: B", "line 3, column 1: 'account' stands twice"),
        ("account: Harbour IT", "account: [", "line"),
        ("client_secret: canary-client", "client_secret: ''", "companies[0].connection.client_secret"),
        ("client_secret: canary-client", "client_secert: canary-typo", "client_secert: Extra inputs"),
        ("client_secret: canary-client", "client_secret: [canary-list]", "companies[0].connection.client_secret"),
        (
            "  terms:",
            "  default_non_product_ids: {service: {enabled: true}}\n  terms:",
            "default_non_product_ids.service: item_code",
        ),
        ("  terms:", "  exclusions: [{name: all}]\n  terms:", "mapping.exclusions[0]: a rule without a condition"),
    ],
)
def test_what_is_wrong_is_named_by_field_and_value_and_secrets_are_not_shown(old: str, new: str, says: str):
    assert says in refused(changed(old, new))


def test_a_file_that_is_no_mapping_says_so():
    assert "a mapping of sections is expected" in refused("- just\n- a list\n")


def test_secrets_may_stand_in_files_of_their_own(tmp_path: Path):
    (tmp_path / "key.txt").write_text("from-a-file\n")
    path = tmp_path / "account.yaml"
    path.write_text(changed("canary-private", "file:key.txt") + "\n")
    assert read_account_file(path).connectwise.private_key.get_secret_value() == "from-a-file"

    path.write_text(changed("canary-private", "file:gone.txt"))
    with pytest.raises(ConfigurationError, match=r"private_key: .*gone\.txt"):
        read_account_file(path)


def test_the_key_of_billing_sync_is_given_beside_the_posting_key_and_its_secret_may_stand_in_a_file(tmp_path: Path):
    (tmp_path / "seats.txt").write_text("of-seats\n")
    path = tmp_path / "account.yaml"
    seats = "region: au\n  seats: {public_key: seats-public, private_key: 'file:seats.txt'}"
    path.write_text(changed("region: au", seats))
    file = read_account_file(path)
    assert file.connectwise.seats is not None
    assert file.connectwise.seats.private_key.get_secret_value() == "of-seats"
    plan = wanted(file)
    assert (plan.psa.config["seats_public_key"], plan.seats_private_key) == ("seats-public", "of-seats")
    assert "of-seats" not in f"{file!r} {plan!r}"


def test_a_private_authority_is_found_beside_the_account_file(tmp_path: Path):
    path = tmp_path / "account.yaml"
    path.write_text(changed("region: au", "region: au\n  ca_file: ca.pem"))
    assert read_account_file(path).connectwise.ca_file == tmp_path / "ca.pem"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"nothing\.yaml"):
        read_account_file(tmp_path / "nothing.yaml")


def test_a_file_cannot_be_changed_after_it_was_checked():
    file: AccountFile = parse_account_file(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        file.account = "other"


def test_sections_of_a_company_that_is_none_are_refused():
    said = refused(GOOD + "  companies: {Sidney: {tax: {untaxed_type: NONE}}}\n")
    assert "mapping.companies names 'Sidney'" in said
