"""Commands run in this process on a database of the test's own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from ledgerwire.cli.__main__ import main
from ledgerwire.common.settings import Settings, environment_of

ACCOUNT = """
account: acme
connectwise:
  region: au
  company_id: acme
  public_key: pub
  private_key: keep-this-private
  client_id: client
companies:
  - name: Acme IT
    package: xero
    connection:
      tenant_id: tenant
      client_id: app
      client_secret: keep-this-secret
      refresh_token: keep-this-refresh
mapping:
  tax: {untaxed_type: EXEMPTOUTPUT}
  rounding: {account: "860", tax_type: BASEXCLUDED}
"""


class Said(NamedTuple):
    """What a command said."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.stdout)


Command = Callable[..., Said]


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Run `ledgerwire …` with the settings of the test in its environment."""
    keys = SecretStr(f"k1:{base64.b64encode(bytes(32)).decode()}")
    for name, value in environment_of(settings.model_copy(update={"encryption_keys": keys})).items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str | Path) -> Said:
        capfd.readouterr()
        exit_code = main([str(argument) for argument in arguments])
        return Said(exit_code, *capfd.readouterr())

    return run


@pytest.fixture
def account_file(tmp_path: Path) -> Path:
    path = tmp_path / "acme.yaml"
    path.write_text(ACCOUNT)
    return path
