"""What ingest is measured beside: the same FastAPI endpoint that only verifies the signature, or also makes one bare INSERT.

python -m benchmarks.bare_ingest verify|insert PORT SIGNING_KEY DATABASE_URL
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

TABLE = (
    "CREATE TABLE IF NOT EXISTS bare_receipt (receipt_id uuid PRIMARY KEY, dedupe_key text NOT NULL UNIQUE,"
    " body bytea NOT NULL, received_at timestamptz NOT NULL DEFAULT now())"
)
_INSERT = "INSERT INTO bare_receipt (receipt_id, dedupe_key, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"


def build(mode: str, signing_key: str, database_url: str) -> FastAPI:
    """The application; `insert` answers after the commit of its row."""
    secret = hashlib.sha256(signing_key.encode()).digest()
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def pooled(_: FastAPI) -> AsyncIterator[None]:
        if mode == "insert":
            pools.append(await asyncpg.create_pool(database_url, min_size=8, max_size=8))
        yield
        for pool in pools:
            await pool.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=pooled)

    @app.post("/callbacks/connectwise/{token}")
    async def callback(token: str, request: Request) -> JSONResponse:
        del token
        raw = await request.body()
        signature = base64.b64encode(hmac.new(secret, raw, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(signature, request.headers.get("x-content-signature", "")):
            return JSONResponse({"code": "CALLBACK_SIGNATURE_BAD"}, 401)
        if mode == "insert":
            message = json.loads(raw)
            await pools[0].execute(_INSERT, uuid4(), message["MessageId"], raw)
        return JSONResponse({"outcome": "accepted"})

    return app


if __name__ == "__main__":
    chosen, port, key, url = sys.argv[1:]
    uvicorn.run(
        build(chosen, key, url),
        host="127.0.0.1",
        port=int(port),
        log_config=None,
        access_log=False,
        server_header=False,
    )
