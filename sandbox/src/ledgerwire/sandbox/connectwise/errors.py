"""Refusals in the vendor's own shapes."""

from collections.abc import Sequence
from typing import Any

from ledgerwire.sandbox.connectwise.wire import encode
from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.core.middleware import Answer

JSON_TYPE = b"application/json; charset=utf-8"


class ApiError(Exception):
    """An answer other than success, with its JSON body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body.get("message", ""))
        self.status = status
        self.body = body

    def answer(self) -> Answer:
        """The error as an HTTP answer."""
        return Answer(self.status, encode(self.body), [(b"content-type", JSON_TYPE)])


def record_not_found(entity: str, record_id: object) -> ApiError:
    """404 for a record; such bodies have no `errors` member."""
    return ApiError(404, {"code": "NotFound", "message": f"{entity} {record_id} not found"})


def route_not_found() -> ApiError:
    """404 for a path that no endpoint serves."""
    return ApiError(404, {"code": "ConnectWiseApi", "message": "The endpoint does not exist."})


def method_not_allowed() -> ApiError:
    """405 for an endpoint without that method."""
    return ApiError(405, {"code": "ConnectWiseApi", "message": "The HTTP method is not supported here."})


def unauthorized(message: str = "UserNotAuthenticated") -> ApiError:
    """401: unknown keys or none."""
    return ApiError(401, {"code": "Unauthorized", "message": message, "errors": None})


def forbidden() -> ApiError:
    """403: the member's security role."""
    return ApiError(403, {"code": "Forbidden", "message": "The security role does not permit this action."})


def field_error(code: str, field: str, message: str, resource: str) -> dict[str, str]:
    """One element of `errors`."""
    return {"code": code, "message": message, "resource": resource, "field": field}


def invalid_object(resource: str, errors: Sequence[dict[str, str]]) -> ApiError:
    """400 for a record that fails validation."""
    message = f"{resource} object is invalid"
    return ApiError(400, {"code": "InvalidObject", "message": message, "errors": list(errors)})


def invalid_field(resource: str, field: str, message: str, code: str = "InvalidField") -> ApiError:
    """400 for one field of a record."""
    return invalid_object(resource, [field_error(code, field, message, resource)])


def bad_request(message: str) -> ApiError:
    """400 for a request that cannot be understood."""
    return ApiError(400, {"code": "InvalidArgument", "message": message, "errors": None})


def too_many_requests(seconds: int) -> Answer:
    """429: another shape than all other errors, with Retry-After in seconds."""
    body = {"error": "ConnectWiseAPI", "message": f"Too many requests. Please try again in {seconds} seconds."}
    headers = [(b"content-type", JSON_TYPE), (b"retry-after", str(seconds).encode())]
    return Answer(429, encode(body), headers)


def cannot_route() -> Answer:
    """What the cloud's router says to a wrong codebase or company: plain text."""
    return Answer(404, b"Cannot route. Codebase/company is invalid", [(b"content-type", b"text/plain")])


def render_429(fault: Fault) -> Answer:
    """The 429 of an armed fault; `retry_after` in its params."""
    return too_many_requests(int(fault.params.get("retry_after", 2)))


def render_500(fault: Fault) -> Answer:
    """The 500 of an armed fault; `message` in its params."""
    message = str(fault.params.get("message", "An unexpected error occurred. Execution timeout expired."))
    return ApiError(500, {"code": "InternalError", "message": message, "errors": None}).answer()
