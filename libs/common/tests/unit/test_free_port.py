"""Ports for servers that are started and started again."""

from __future__ import annotations

import socket

import pytest

from ledgerwire.common.embedded import process
from ledgerwire.common.embedded.process import ServerStartError, free_port


def test_a_port_is_never_one_that_systems_give_to_outgoing_connections() -> None:
    assert {free_port() < 32768 for _ in range(50)} == {True}


def test_a_port_on_which_somebody_listens_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listens:
        taken = listens.getsockname()[1]
        monkeypatch.setattr(process, "_NEVER_GIVEN_OUT", range(taken, taken + 1))
        with pytest.raises(ServerStartError, match=f"no free port from {taken} to {taken}"):
            free_port()
