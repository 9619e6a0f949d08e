"""Everything a source can get wrong, in one account, at the command line: each has its code, and the customer without fault is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest
import yaml

from ledgerwire.cli.demo.account_file import account_content
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.seats.office import Office
from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.partnercenter.market import Customer
from ledgerwire.sandbox.server import Sandbox, SandboxOptions

from .conftest import Command

T = TypeVar("T")

TODAY = datetime.now(UTC).date()
FIRST = TODAY.replace(day=1)
FAULTS = ("fine", "unknown-sku", "two-products", "two-companies", "negative", "fraction", "currency", "ended")
SKU, TWICE, UNKNOWN = "CFQ7TTC0LCHC:0002", "CFQ7TTC0LH18:0001", "NOBODY:0001"
WANTED = {
    "BS_PRODUCT_MAPPING_NOT_FOUND",
    "BS_SOURCE_PRODUCT_AMBIGUOUS",
    "BS_CUSTOMER_ON_TWO_COMPANIES",
    "BS_QUANTITY_INVALID",
    "BS_CURRENCY_DIFFERS",
    "BS_AGREEMENT_ENDED",
    "BS_SOURCE_FILE_REFUSED",
    "BS_SOURCE_INCOMPLETE",
}


@dataclass
class Desk:
    """An account whose sources are wrong in every way, before the sandbox."""

    sandbox: Sandbox
    office: Office
    loop: asyncio.AbstractEventLoop
    folder: Path
    companies: dict[str, dict[str, Any]] = field(default_factory=dict)
    agreements: dict[str, int] = field(default_factory=dict)

    @property
    def additions(self) -> list[dict[str, Any]]:
        return list(self.sandbox.world.connectwise.state.tables["additions"].values())

    async def set_up(self) -> None:
        """Products, companies and agreements; one agreement ended yesterday."""
        await self.office.unhurried()
        await self.office.asked("POST", "/clock", {"set": datetime.combine(TODAY, time(9), UTC).isoformat()})
        base = self.sandbox.world.connectwise.state.tables["catalog"][3]
        for identifier, sku in (("PREMIUM", SKU), ("BASIC-1", TWICE), ("BASIC-2", TWICE)):
            names = ("category", "subcategory", "type", "unitOfMeasure", "productClass")
            row = {"identifier": identifier, "description": identifier, "customerDescription": identifier}
            row |= {**{name: base[name] for name in names if name in base}, "vendorSku": sku, "price": 22}
            await self.office.connectwise("POST", "/procurement/catalog", row)
        rows = [row for row in await self.office.rows("companies") if not row.get("deletedFlag")]
        self.companies = dict(zip((*FAULTS, "microsoft", "spare"), rows, strict=False))
        for name, company in self.companies.items():
            ended = name == "ended"
            end = {"endDate": f"{TODAY - timedelta(days=1)}T00:00:00Z"} if ended else {}
            body = {
                "name": f"Seats of {name}",
                "company": {"id": company["id"]},
                "type": {"id": 2},
                "billingCycle": {"id": 1},
                "prorateFlag": True,
                "startDate": "2025-12-01T00:00:00Z",
                "noEndingDateFlag": not ended,
                "nextInvoiceDate": f"{FIRST}T00:00:00Z",
                "periodType": "Future",
                "invoicingCycle": "CalendarYear",
                "invoiceProratedAdditionsFlag": True,
                "location": company.get("territory"),
                "currency": company.get("currency"),
            }
            self.agreements[name] = int(
                (await self.office.connectwise("POST", "/finance/agreements", {**body, **end}))["id"]
            )

    def on(self, action: Coroutine[Any, Any, T]) -> T:
        """Let the sandbox's side do something."""
        return asyncio.run_coroutine_threadsafe(action, self.loop).result(60)

    async def account_file(self) -> Path:
        """A source that is posted to, two of damaged files, and Partner Center."""
        center = self.center()
        line = self.sandbox.describe()
        content = account_content(line, await self.office.mapping())
        content["connectwise"]["seats"] = dict(line["connectwise"]["seats"])
        linked = {name: company["id"] for name, company in self.companies.items() if name not in {"microsoft", "spare"}}
        customers = [{"source": "portal", "customer": name, "company": number} for name, number in linked.items()]
        customers.append({"source": "portal", "customer": "two-companies", "company": self.companies["spare"]["id"]})
        content["seats"] = {
            "since": str(FIRST),
            "sources": [
                {"name": "portal"},
                *(
                    {"name": name, "kind": "files", "folder": str(self.folder / name), "layout": "crayon-subscriptions"}
                    for name in ("wrong-header", "wrong-encoding")
                ),
                center,
            ],
            "products": {"taxable": True, "create": False},
            "price": {"basis": "fixed", "value": "22.00"},
            "customers": customers,
            "agreements": [
                {"company": self.companies[name]["id"], "motion": "seat-monthly", "agreement": number}
                for name, number in self.agreements.items()
            ],
        }
        path = self.folder / "account.yaml"
        path.write_text(yaml.safe_dump(content))
        return path

    def center(self) -> dict[str, Any]:
        """Partner Center, whose list of customers breaks off in the middle of its second page."""
        world, told = self.sandbox.world, self.sandbox.describe()["partnercenter"]
        world.partnercenter.market.customers |= {
            f"extra-{number}": Customer(f"extra-{number}", f"Extra {number}", "") for number in range(5)
        }
        world.partnercenter.switches.change({"export_retry_after": 0})
        world.faults.add(Fault("half_body", "partnercenter", path_regex="/customers$", after=1, times=None))
        base = told["base_url"]
        return {
            "name": "microsoft",
            "kind": "partner-center",
            "currency": "AUD",
            "on_premise": True,
            "ca_file": str(self.sandbox.describe()["ca_file"]),
            "base_url": base,
            "graph_url": base,
            "token_url": told["token_url"],
            "blob_hosts": [base.removeprefix("https://")],
            "page_size": 2,
            **{name: told[name] for name in ("client_id", "client_secret", "refresh_token")},
        }

    def files(self) -> None:
        """A file with other headings than its layout, and one in another encoding."""
        heading = "publisherSubscriptionId,customerTenantId,partNumber,quantity,billingCycle,startDate\n"
        for name in ("wrong-header", "wrong-encoding"):
            (self.folder / name).mkdir()
        (self.folder / "wrong-header" / "march.csv").write_text("Licence,Customer,Seats\ns-1,fine,10\n")
        (self.folder / "wrong-encoding" / "march.csv").write_bytes(
            f"{heading}s-1,Caf\u00e9,{SKU},1,Monthly,2026-03-01\n".encode("utf-16")
        )

    def post(self) -> Path:
        """One post with every fault, each at a customer of its own."""
        currency = self.companies["fine"].get("currency") or {}
        own = str(currency.get("currencyCode") or currency.get("name") or "AUD")[:3]
        seats = {"negative": "-3", "fraction": "2.5"}
        skus = {"unknown-sku": UNKNOWN, "two-products": TWICE}
        rows = [
            {
                "id": f"sub-{name}",
                "customer_id": name,
                "sku": skus.get(name, SKU),
                "name": "Business Premium",
                "quantity": seats.get(name, "10"),
                "frequency": "monthly",
                "start": str(FIRST),
                "unit_cost": "18.00",
                "currency": "JPY" if name == "currency" else own,
            }
            for name in FAULTS
        ]
        path = self.folder / "sold.json"
        path.write_text(
            json.dumps({"customers": [{"id": name, "name": name.title()} for name in FAULTS], "subscriptions": rows})
        )
        return path


@contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    """The sandbox on a loop of its own, so that commands run in this thread as they do for a person."""
    loop, ready = asyncio.new_event_loop(), Future[tuple[Sandbox, Office, asyncio.Event]]()

    async def serve() -> None:
        options = SandboxOptions(tls=True, tls_dir=folder / "tls")
        async with Sandbox.start(options) as sandbox, Office(sandbox.describe()) as office:
            ready.set_result((sandbox, office, stop := asyncio.Event()))
            await stop.wait()

    thread = Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    sandbox, office, stop = ready.result(60)
    try:
        desk = Desk(sandbox, office, loop, folder)
        desk.on(desk.set_up())
        desk.files()
        yield desk
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


@pytest.mark.requirement("F1", "B33", "A199", "D10", *(f"F1: {code}" for code in sorted(WANTED)))
def test_each_fault_has_its_code_the_rest_goes_on_and_nothing_is_written_by_halves(command: Command, tmp_path: Path):
    with opened(tmp_path) as desk:
        assert command("account", "apply", desk.on(desk.account_file())).exit_code == Exit.DONE
        pushed = command("seats", "push", "portal", desk.post(), "--json")
        assert (pushed.exit_code, pushed.value["rows"]) == (Exit.DONE, 2 * len(FAULTS))

        planned = command("seats", "plan", "--json")
        assert planned.exit_code == Exit.OFF
        found = {row["code"] for row in planned.value["findings"]}
        assert found >= WANTED, planned.stdout
        assert [step["agreement"] for step in planned.value["steps"]] == ["Seats of fine"]
        shown = " ".join(f"{row['message']} {row['action']} {row['where']}" for row in planned.value["findings"])
        assert "{" not in shown
        both = [row["message"] for row in planned.value["findings"] if row["code"] == "BS_QUANTITY_INVALID"]
        assert sorted(message.rpartition(" ")[2] for message in both) == ["-3.", "2.5."]
        refused = [row["message"] for row in planned.value["findings"] if row["code"] == "BS_SOURCE_FILE_REFUSED"]
        assert any("no column" in message for message in refused)
        assert any("it is not utf-8" in message for message in refused)

        done = command("seats", "apply", "--json")
        assert (done.exit_code, done.value["written"], done.value["refused"]) == (Exit.DONE, 1, 0)
        assert [(row["agreementId"], row["quantity"]) for row in desk.additions] == [(desk.agreements["fine"], 10)]

        again = command("seats", "plan", "--json")
        assert (again.value["steps"], {row["code"] for row in again.value["findings"]}) == ([], found)
        assert "Nothing to write." in command("seats", "plan").stdout
