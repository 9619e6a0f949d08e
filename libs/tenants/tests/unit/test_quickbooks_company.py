from __future__ import annotations

import pytest

from ledgerwire.common.errors import ConfigurationError
from ledgerwire.tenants.account_file import parse_account_file
from ledgerwire.tenants.plan import wanted

COMPANY = """
  - name: Sydney
    package: quickbooks
    locations: [2]
    connection:
      realm_id: 4620816365178234560
      client_id: app
      client_secret: canary-client
      refresh_token: canary-refresh
"""
FILE = f"""
account: Harbour IT
connectwise:
  region: au
  company_id: harbour
  public_key: pubkey
  private_key: canary-private
  client_id: 00000000-0000-0000-0000-000000000001
companies:{COMPANY}
mapping:
  tax: {{untaxed_type: GST free}}
  rounding: {{account: 0860, tax_type: GST free, item: ROUNDING}}
"""


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new, 1)


def second(**changes: str) -> str:
    text = COMPANY.replace("Sydney", "Perth").replace("[2]", "[3]")
    for name, value in changes.items():
        old = next(line for line in text.splitlines() if line.strip().startswith(f"{name}:"))
        text = text.replace(old, f"      {name}: {value}")
    return changed("\nmapping:", f"{text}\nmapping:")


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_account_file(text)
    assert "canary" not in str(caught.value)
    return str(caught.value)


@pytest.mark.requirement("A138")
def test_a_quickbooks_company_becomes_a_connection_with_a_consent() -> None:
    plan = wanted(parse_account_file(FILE))
    [ledger], [consent] = plan.ledgers, plan.consents
    assert (ledger.kind, ledger.name) == ("quickbooks", "quickbooks:Sydney")
    assert ledger.config == {
        "on_premise": False,
        "realm_id": "4620816365178234560",
        "client_id": "app",
        "tax_override": True,
        "consent_id": str(consent.consent_id),
    }
    assert (consent.provider, consent.refresh_token) == ("quickbooks", "canary-refresh")


def test_each_quickbooks_company_has_a_consent_of_its_own() -> None:
    plan = wanted(parse_account_file(second(realm_id="4620816365178234561", refresh_token="another")))
    assert len({consent.consent_id for consent in plan.consents}) == 2
    message = refused(second(realm_id="4620816365178234561"))
    assert "'Sydney' and 'Perth' name the same refresh token: each needs its own consent" in message
    assert "name the same realm" in refused(second(refresh_token="another"))


def test_one_account_may_have_companies_of_both_packages() -> None:
    xero = COMPANY.replace("Sydney", "London").replace("quickbooks", "xero").replace("[2]", "[5]")
    plan = wanted(parse_account_file(changed("\nmapping:", xero.replace("realm_id", "tenant_id") + "\nmapping:")))
    assert [ledger.kind for ledger in plan.ledgers] == ["quickbooks", "xero"]
    assert len(plan.consents) == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("realm_id: 4620816365178234560", "realm_id: my company", "companies[0].connection.realm_id: 'my company'"),
        ("realm_id: 4620816365178234560", "tenant_id: 46", "companies[0].connection.realm_id: Field required"),
        ("    package: quickbooks\n", "", "companies[0].package: None: one of quickbooks or xero is needed"),
        ("client_id: app", "client_id: app\n      base_url: https://api.xero.com", "quickbooks.api.intuit.com"),
        ("client_id: app", "client_id: app\n      base_url: http://quickbooks.api.intuit.com", "only https"),
        ("client_id: app", "client_id: app\n      base_url: https://127.0.0.1:9", "on_premise: true"),
        ("client_id: app", "client_id: app\n      concurrency: 11", "companies[0].connection.concurrency"),
        ("client_id: app", "client_id: app\n      minor_version: 65", "companies[0].connection.minor_version"),
    ],
)
def test_what_is_wrong_is_named_by_field(old: str, new: str, says: str) -> None:
    assert says in refused(changed(old, new))


def test_intuits_own_sandbox_and_a_server_on_premise_may_be_named() -> None:
    sandbox = "client_id: app\n      base_url: https://sandbox-quickbooks.api.intuit.com/"
    connection = parse_account_file(changed("client_id: app", sandbox)).companies[0].connection
    assert connection.base_url == "https://sandbox-quickbooks.api.intuit.com"
    own = "on_premise: true\n      base_url: https://127.0.0.1:9000\n      realm_id: "
    assert parse_account_file(changed("realm_id: ", own)).companies[0].connection.base_url == "https://127.0.0.1:9000"
