"""How QuickBooks refuses: numbered validation faults, and the lower-case envelope of its gateway."""

from dataclasses import dataclass
from datetime import datetime

from ledgerwire.sandbox.quickbooks.wire import Json, answer_time

MESSAGES = {
    "500": "Unsupported Operation",
    "610": "Object Not Found",
    "620": "Transaction cannot be linked",
    "1040": "Batch request limit exceeded",
    "2010": "Request has invalid or unsupported property",
    "2020": "Required param missing, need to supply the required value for the API",
    "2030": "Invalid ID",
    "2040": "Invalid String",
    "2050": "String length is either shorter or longer than supported by specification",
    "2060": "Invalid Enumeration",
    "2070": "Invalid Date",
    "2090": "Invalid Number",
    "2130": "Invalid requestid",
    "2270": "Journal entry tax code is incomplete",
    "2280": "Journal entry tax amount is missing",
    "2290": "Journal entry amount is invalid",
    "2300": "Journal entry is not balanced",
    "2500": "Invalid Reference Id",
    "4000": "Error parsing query",
    "4001": "Invalid query",
    "5010": "Stale Object Error",
    "6000": "A business validation error has occurred while processing your request",
    "6070": "Amount calculation incorrect in the request",
    "6100": "Invalid tax code",
    "6140": "Duplicate Document Number Error",
    "6160": "Invalid tax rate",
    "6170": "Tax detail is not applicable",
    "6200": "Account Period Closed, Cannot Update Through Services API",
    "6210": "Account Period Closed, Cannot Update Through Services API",
    "6240": "Duplicate Name Exists Error",
    "6430": "Invalid account type used",
}
GONE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)
_LED = frozenset({"500", "610", "2500", "5010", "6000", "6070", "6140"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a fault; `element` names the property it is about."""

    code: str
    detail: str
    element: str = ""

    def shown(self) -> Json:
        """The error as the answer carries it; some details repeat their message."""
        message = MESSAGES[self.code]
        lead = "Business Validation Error" if self.code == "6000" else message
        detail = f"{lead}: {self.detail}" if self.code in _LED else self.detail
        return {"Message": message, "Detail": detail, "code": self.code, "element": self.element}


class RefusedError(Exception):
    """A request that QuickBooks does not carry out; nothing was saved."""

    def __init__(self, *problems: Problem, status: int = 400, kind: str = "ValidationFault") -> None:
        super().__init__("; ".join(f"{problem.code} {problem.detail}" for problem in problems))
        self.problems = problems
        self.status = status
        self.kind = kind

    def fault(self) -> Json:
        """The `Fault` member of the answer."""
        return {"Error": [problem.shown() for problem in self.problems], "type": self.kind}


def refuse(code: str, detail: str, element: str = "") -> RefusedError:
    """One validation error, ready to be raised."""
    return RefusedError(Problem(code, detail, element))


def required(name: str) -> RefusedError:
    """A property that the request has to carry."""
    return refuse("2020", f"Required parameter {name} is missing in the request", name)


def business(detail: str, element: str = "") -> RefusedError:
    """Code 6000, which stands for everything that has no number of its own."""
    return refuse("6000", detail, element)


def gateway_fault(code: str, message: str, detail: str, kind: str, now: datetime) -> Json:
    """The envelope of refusals that are made before the accounting service is reached."""
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {
            "error": [{"message": message, "detail": detail, "code": code, "element": None}],
            "type": kind,
        },
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(now.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }


def throttled(now: datetime) -> Json:
    """The body of a 429."""
    error = {
        "Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
        "Detail": "The request limit was reached. Try again later",
        "code": "3001",
        "element": "",
    }
    return {"Fault": {"Error": [error], "type": "SERVICE"}, "time": answer_time(now)}
