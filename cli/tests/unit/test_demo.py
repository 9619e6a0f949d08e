from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledgerwire.cli.demo.account_file import account_content, patched, write
from ledgerwire.cli.demo.fixing import put_right, repairs_of
from ledgerwire.cli.demo.report import make_report, what_is_off
from ledgerwire.cli.demo.sandbox_desk import BooksCheck, PlannedClose, PlannedFix
from ledgerwire.cli.demo.settling import NotSettledError, all_settled
from ledgerwire.cli.demo.stage import MARK, clear
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.mapper.status import ClerkRow, problem
from ledgerwire.tenants.account_file import parse_account_file, read_account_file

TAX = PlannedFix("tax_code", "ledgerwire", "Link GST10.", "retry")
RELOAD = PlannedFix("gl_mapping", "connectwise", "Map it.", "closes_again")
PLAN = (
    PlannedClose(1, "INV-1", True, "posted", (), None),
    PlannedClose(2, "INV-2", True, "posted_warned", ("TERMS_XREF_MISSING",), None),
    PlannedClose(3, "INV-3", False, "stopped", ("TAX_CODE_UNKNOWN",), TAX),
    PlannedClose(4, "INV-4", False, "no_effect", (), None),
    PlannedClose(5, "INV-5", False, "stopped", ("GL_ENTRIES_MISSING",), RELOAD),
    PlannedClose(6, "INV-6", False, "stopped", ("TAX_CODE_UNKNOWN",), TAX),
)
CHECK = BooksCheck(True, 5, 1, 6, 0, 0, Decimal("60.1"), Decimal("60.1"), ())


def _row(number: str, status: str, *codes: str) -> ClerkRow:
    findings = [problem(Finding(code, {"number": number})) for code in codes]
    return ClerkRow(status, "Acme", number, None, Decimal("10.00"), "AUD", tuple(findings))


FIRST = (
    _row("INV-1", "posted"),
    _row("INV-2", "posted_with_warnings", "TERMS_XREF_MISSING"),
    _row("INV-3", "stopped", "TAX_CODE_UNKNOWN"),
    _row("INV-4", "no_effect"),
    _row("INV-5", "stopped", "GL_ENTRIES_MISSING"),
    _row("INV-6", "stopped", "TAX_CODE_UNKNOWN", "TERMS_XREF_MISSING"),
)
LAST = tuple(replace(row, status="posted", problems=()) if row.status == "stopped" else row for row in FIRST)


def test_the_report_has_exactly_its_fields_and_money_as_text() -> None:
    report = make_report(PLAN, FIRST, LAST, CHECK, seconds_setup=1.26, seconds_run=2.0)

    assert report.as_dict() == {
        "closed": 6,
        "posted": 5,
        "no_effect": 1,
        "batched": 6,
        "warned": 1,
        "stopped_first": 3,
        "stopped_last": 0,
        "missing": 0,
        "duplicated": 0,
        "source_total": "60.10",
        "ledger_total": "60.10",
        "seconds_setup": 1.3,
        "seconds_run": 2.0,
    }
    assert what_is_off(PLAN, FIRST, report, CHECK) == []


@pytest.mark.parametrize(
    ("first", "last", "check", "said"),
    [
        (FIRST, FIRST, CHECK, "stopped_last is 3"),
        (FIRST, LAST, replace(CHECK, missing=1), "missing is 1"),
        (FIRST, LAST, replace(CHECK, duplicated=2), "duplicated is 2"),
        (FIRST, LAST, replace(CHECK, batched=5), "batched: Ledgerwire lists 6, the books check finds 5"),
        (FIRST, LAST, replace(CHECK, ledger_total=Decimal(60)), "ConnectWise adds up to 60.10, the ledger to 60.00"),
        (FIRST, LAST, replace(CHECK, clean=False), "the books check is not clean"),
        (
            FIRST,
            LAST,
            replace(CHECK, clean=False, findings=({"code": "TAX_DIFFERS", "number": "INV-1", "message": "tax."},)),
            "books check: INV-1 TAX_DIFFERS: tax.",
        ),
        (LAST, LAST, CHECK, "INV-3: planned stopped (TAX_CODE_UNKNOWN), came out posted"),
        (FIRST[1:], LAST, CHECK, "INV-1: planned posted, came out unlisted"),
    ],
)
def test_whatever_is_off_is_said(
    first: tuple[ClerkRow, ...], last: tuple[ClerkRow, ...], check: BooksCheck, said: str
) -> None:
    report = make_report(PLAN, first, last, check, seconds_setup=0, seconds_run=0)

    assert said in what_is_off(PLAN, first, report, check)


class _Desk:
    def __init__(self, patches: dict[str, dict[str, Any]]) -> None:
        self.fixed: list[str] = []
        self._patches = patches

    async def fix(self, name: str) -> dict[str, Any]:
        self.fixed.append(name)
        return {"account_patch": self._patches.get(name, {})}


async def test_each_cause_is_put_right_once_and_only_what_needs_it_is_retried() -> None:
    desk = _Desk({"tax_code": {"mapping": {"tax": {"links": {"GST10": "OUTPUT"}}}}})
    applied: list[tuple[Any, str]] = []
    retried: list[str] = []

    async def apply(content: Any, reason: str) -> None:
        applied.append((content, reason))

    async def retry(number: str) -> None:
        retried.append(number)

    content = {"account": "x", "mapping": {"tax": {"mode": "by_name", "links": {}}}}
    repairs = await put_right(desk, PLAN, content, apply, retry)  # type: ignore[arg-type]

    assert desk.fixed == ["tax_code", "gl_mapping"]
    assert applied == [
        ({"account": "x", "mapping": {"tax": {"mode": "by_name", "links": {"GST10": "OUTPUT"}}}}, "Link GST10.")
    ]
    assert retried == ["INV-3", "INV-6"]
    assert [repair.numbers for repair in repairs] == [("INV-3", "INV-6"), ("INV-5",)]
    assert content["mapping"]["tax"]["links"] == {}, "the first file is not changed behind its owner's back"


def test_repairs_name_their_side() -> None:
    assert [(repair.side, repair.then) for repair in repairs_of(PLAN)] == [
        ("Ledgerwire", "Retry"),
        ("ConnectWise", "closed again, its callback brings it back"),
    ]


async def test_settling_ends_when_nothing_is_under_way() -> None:
    looks = iter([[_row("INV-1", "posting")], [_row("INV-1", "posting"), _row("INV-2", "stopped")], FIRST[:3]])
    seen: list[int] = []

    async def look() -> Any:
        return next(looks)

    rows = await all_settled(look, {"INV-1", "INV-2", "INV-3"}, 5, seen.append)

    assert [row.number for row in rows] == ["INV-1", "INV-2", "INV-3"]
    assert seen == [0, 1, 3]


async def test_settling_names_what_is_late_and_lets_stopped_ones_be_the_result() -> None:
    async def look() -> Any:
        return [_row("INV-1", "posting"), _row("INV-2", "stopped")]

    async def stopped() -> Any:
        return [_row("INV-2", "stopped")]

    with pytest.raises(NotSettledError, match="still under way: INV-1"):
        await all_settled(look, {"INV-1", "INV-2"}, 0, lambda _: None)
    assert [row.status for row in await all_settled(stopped, {"INV-2"}, 0, lambda _: None, well=True)] == ["stopped"]


async def test_only_a_directory_of_the_demo_is_ever_emptied(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")

    with pytest.raises(ConfigurationError, match="not made by the demo"):
        await clear(tmp_path)
    (tmp_path / MARK).touch()
    await clear(tmp_path)

    assert not (tmp_path / MARK).exists()
    assert not (tmp_path / "letters.txt").exists()


LINE = {
    "connectwise": {
        "base_url": "https://127.0.0.1:7001",
        "company_id": "harbourline",
        "public_key": "pub",
        "private_key": "priv",
        "client_id": "client",
    },
    "xero": {
        "base_url": "https://127.0.0.1:7002",
        "token_url": "https://127.0.0.1:7002/connect/token",
        "client_id": "app",
        "client_secret": "app-secret",
        "tenant_id": "tenant",
        "access_token": "access",
        "refresh_token": "refresh",
    },
    "ca_file": "/tls/ca.pem",
}
CHOSEN = {
    "name": "harbourline",
    "display_name": "Harbourline IT Pty Ltd",
    "mapping": {"tax": {"untaxed_type": "EXEMPTOUTPUT"}, "rounding": {"account": "860", "tax_type": "BASEXCLUDED"}},
}


def test_the_sandboxs_line_makes_an_account_file_that_only_its_owner_can_read(tmp_path: Path) -> None:
    path = tmp_path / "account.yaml"
    write(path, account_content(LINE, CHOSEN))
    write(path, patched(account_content(LINE, CHOSEN), {"mapping": {"tax": {"links": {"GST10": "OUTPUT"}}}}))
    file = read_account_file(path)

    assert file.account == "harbourline"
    assert file.connectwise.host == "127.0.0.1:7001"
    assert file.companies[0].connection.base_url == "https://127.0.0.1:7002/api.xro/2.0"
    assert file.mapping.tax.links == {"GST10": "OUTPUT"}
    assert file.mapping.tax.untaxed_type == "EXEMPTOUTPUT"
    assert path.stat().st_mode & 0o077 == 0


def test_a_plain_http_sandbox_makes_no_account() -> None:
    line = {**LINE, "xero": {**LINE["xero"], "base_url": "http://127.0.0.1:7002"}}  # type: ignore[dict-item]

    with pytest.raises(ConfigurationError, match="only https is called"):
        parse_account_file(str(account_content(line, CHOSEN)))
