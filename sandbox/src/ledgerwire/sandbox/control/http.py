"""Requests and answers of the control API: plain JSON, exact decimals, one error shape."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response

from ledgerwire.sandbox.connectwise.errors import ApiError
from ledgerwire.sandbox.connectwise.wire import decode, encode

Handler = Callable[[Request], Awaitable[Any]]


class ControlError(Exception):
    """A control call that cannot be done; `status` is its HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def answer(value: Any, status: int = 200) -> Response:
    """`value` as JSON; dataclasses and dates included."""
    return Response(encode(value), status, media_type="application/json")


async def body_of(request: Request) -> dict[str, Any]:
    """The request's JSON object; empty when there is no body. Raises ControlError for anything else."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        value = decode(raw)
    except ValueError as error:
        raise ControlError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ControlError("the body must be a JSON object")
    return value


def required(body: dict[str, Any], name: str) -> Any:
    """A member of the body. Raises ControlError when it is missing."""
    if name not in body:
        raise ControlError(f"{name!r} is required")
    return body[name]


def route(app: FastAPI, method: str, path: str, handler: Handler) -> None:
    """Serve `handler`'s value as JSON; refusals become `{"error": …}`."""

    async def endpoint(request: Request) -> Response:
        try:
            return answer(await handler(request))
        except ControlError as error:
            return answer({"error": str(error)}, error.status)
        except ApiError as error:
            return answer({"error": str(error), "vendor": error.body}, error.status)
        except (ValueError, KeyError) as error:
            return answer({"error": str(error)}, 400)

    app.router.add_route(path, endpoint, methods=[method])
