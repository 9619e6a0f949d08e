"""A server that does not answer is named, with the setting that says where it is."""

from __future__ import annotations

import pytest

from ledgerwire.cli.failures import Exit
from ledgerwire.common.embedded.process import free_port


def test_a_database_that_does_not_answer_is_named_without_its_password(
    command, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("LEDGERWIRE_DATABASE_URL", f"postgresql://someone:not-to-be-shown@127.0.0.1:{port}/books")
    said = command("account", "list", "--json")
    assert (said.exit_code, said.value["code"]) == (Exit.UNAVAILABLE, "UNREACHABLE")
    assert (
        said.value["message"] == f"The database at 127.0.0.1:{port} does not answer: LEDGERWIRE_DATABASE_URL names it."
    )
    assert "not-to-be-shown" not in said.stdout + said.stderr
