"""Callback subscriptions are what was asked for."""

from __future__ import annotations

import json

import pytest

from ledgerwire.common.errors import Ambiguous
from ledgerwire.connectwise.testing import ScriptedServer, reply, scripted_client

ENTRY = {
    "id": 7,
    "url": "https://lw/callbacks/connectwise/t?recordId=",
    "type": "invoice",
    "level": "owner",
    "inactiveFlag": False,
    "isSelfSuppressedFlag": True,
}


async def test_registering_a_callback_that_exists_returns_it() -> None:
    exists = reply(
        {"code": "InvalidObject", "message": "x", "errors": [{"code": "ObjectExists", "field": "objectId"}]}, 400
    )
    async with scripted_client(
        ScriptedServer(exists, reply([{**ENTRY, "id": 1, "url": "https://other/"}, ENTRY]))
    ) as psa:
        assert (await psa.register_callback(ENTRY["url"])).id == 7


async def test_a_registration_is_one_entry_for_every_invoice() -> None:
    server = ScriptedServer(reply(ENTRY, 201))
    async with scripted_client(server) as psa:
        await psa.register_callback(ENTRY["url"])
    body = json.loads(server.seen[0].content)
    assert (body["type"], body["level"], body["objectId"], body["isSelfSuppressedFlag"]) == (
        "invoice",
        "owner",
        1,
        True,
    )


async def test_a_change_that_connectwise_only_pretends_is_noticed() -> None:
    server = ScriptedServer(reply({**ENTRY, "inactiveFlag": True}))
    async with scripted_client(server) as psa:
        with pytest.raises(Ambiguous):
            await psa.update_callback(7, inactive=False)
    assert json.loads(server.seen[0].content) == [{"op": "replace", "path": "inactiveFlag", "value": False}]
