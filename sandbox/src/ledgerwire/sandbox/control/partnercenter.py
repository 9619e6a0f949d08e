"""What people do at Microsoft: they buy, change and cancel seats, and consent to the app."""

from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import FastAPI, Request

from ledgerwire.sandbox.control.http import ControlError, body_of, required, route
from ledgerwire.sandbox.partnercenter.market import Customer
from ledgerwire.sandbox.partnercenter.wire import RefusedError
from ledgerwire.sandbox.world import World


class PartnerCenterControl:
    """Events of the market, on the day that the sandbox's clock shows."""

    def __init__(self, world: World) -> None:
        self._world = world

    def register(self, app: FastAPI) -> None:
        """Add the routes."""
        route(app, "GET", "/partnercenter", self.show)
        route(app, "POST", "/partnercenter/customers", self.customer)
        route(app, "POST", "/partnercenter/{event}", self.event)

    async def show(self, _request: Request) -> Any:
        """Customers, subscriptions and every line charged so far."""
        market = self._world.partnercenter.market
        market.settle()
        return {
            "customers": list(market.customers.values()),
            "subscriptions": list(market.subscriptions.values()),
            "charges": market.charges,
        }

    async def customer(self, request: Request) -> Any:
        """A new customer, or one that is changed."""
        customer = Customer(**await body_of(request))
        self._world.partnercenter.market.customers[customer.id] = customer
        return customer

    async def event(self, request: Request) -> Any:
        """`buy`, `resize`, `cancel`, `suspend`, `renewing`, `convert`, `use`, `credit`, `price` or `revoke`."""
        name, body = request.path_params["event"], await body_of(request)
        try:
            return self._happens(name, body)
        except RefusedError as error:
            raise ControlError(f"{error.code}: {error}", error.status) from error
        except TypeError as error:
            raise ControlError(f"not an event: {error}") from error

    def _happens(self, name: str, body: dict[str, Any]) -> Any:
        market = self._world.partnercenter.market
        given = {key: Decimal(str(value)) if key in {"price", "subtotal", "amount"} else value
                 for key, value in body.items()}  # fmt: skip
        given |= {key: date.fromisoformat(body[key]) for key in ("ends", "first", "last") if body.get(key)}
        if name == "price":
            sold = (str(required(body, "sku")), str(body.get("term", "P1M")), str(body.get("plan", "monthly")))
            market.prices[sold] = Decimal(str(required(body, "price")))
            return {"priced": body["sku"]}
        if name == "revoke":
            self._world.partnercenter.identity.revoke_all()
            return {"revoked": True}
        events = {
            "buy": market.buy, "resize": market.resize, "cancel": market.cancel, "suspend": market.suspend,
            "renewing": market.renewing, "convert": market.convert, "use": market.use, "credit": market.credit,
        }  # fmt: skip
        if name not in events:
            raise ControlError(f"no event {name!r}; known: {', '.join(sorted([*events, 'price', 'revoke']))}", 404)
        happened: Any = events[name](**given)  # type: ignore[operator]
        return happened or {"done": name}
