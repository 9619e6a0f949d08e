"""The house's own rules, kept as tests so that a fresh clone learns of a breach before a reviewer does."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from tools import generate
from tools.lint import rules

from ledgerwire.common.catalogue import Entry, entries
from ledgerwire.common.contracts.registry import MODELS
from ledgerwire.common.db.models import SCHEMAS
from ledgerwire.common.mq.topology import QUEUES, queues_for

ROOT = rules.ROOT
PROMISES = ROOT / "docs" / "promises.md"
_TEST_ID = re.compile(r"`((?:libs|services|cli|sandbox|tests)/[\w./-]+\.py)(?:::(\w+))?`")


def sources() -> list[Path]:
    """Product code: no tests."""
    return sorted(path for pattern in rules.SOURCES for folder in ROOT.glob(pattern) for path in folder.rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call of `name(...)` in product code."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield path, node


def test_no_rule_of_the_house_is_broken() -> None:
    assert not [str(breach) for path in rules.source_files() for breach in rules.check_file(path)]


def test_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.requirement("F1")
def test_every_finding_is_in_the_catalogue_and_fills_its_sentence() -> None:
    known = {item.code: item for item in entries()}
    wrong = []
    for path, call in calls("Finding"):
        if not call.args or not isinstance(call.args[0], ast.Constant):
            continue
        code = str(call.args[0].value)
        if code not in known:
            wrong.append(f"{place(path)}:{call.lineno} {code} is not in the catalogue")
        elif missing := _unfilled(known[code], call):
            wrong.append(f"{place(path)}:{call.lineno} {code} leaves {', '.join(sorted(missing))} open")
    assert not wrong


def _unfilled(item: Entry, call: ast.Call) -> set[str]:
    """Names in the entry's texts that a literal dict of params does not give; a dict that is spread is trusted."""
    params = call.args[1] if len(call.args) > 1 else None
    if not isinstance(params, ast.Dict) or any(key is None for key in params.keys):
        return set()
    given = {key.value for key in params.keys if isinstance(key, ast.Constant)}
    wanted = {name for text in (item.message, item.action) for _, name, _, _ in Formatter().parse(text) if name}
    return wanted - given


@pytest.mark.requirement("F1")
def test_every_catalogued_cause_can_happen() -> None:
    texts = {path: path.read_text() for path in sources() if "/catalogue/" not in path.as_posix()}
    unused = [item.code for item in entries() if not any(f'"{item.code}"' in text for text in texts.values())]
    assert not unused


def test_every_code_of_an_error_is_spelled_alike() -> None:
    codes = {
        keyword.value.value
        for name in ("Waiting", "Transient", "Ambiguous", "Poison", "LedgerwireError", "CallbackRefused")
        for _, call in calls(name)
        for keyword in call.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }
    assert codes
    assert not [code for code in codes if not re.fullmatch(r"[A-Z][A-Z0-9_]+", str(code))]


@pytest.mark.requirement("F1")
def test_what_a_connection_waits_for_is_in_the_catalogue() -> None:
    known = {item.code for item in entries()}
    waits = {
        str(keyword.value.value): f"{place(path)}:{call.lineno}"
        for path, call in calls("Waiting")
        for keyword in call.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }
    assert not {code: where for code, where in waits.items() if code not in known}


def test_every_message_type_has_a_consumer_and_every_queue_a_service() -> None:
    assert not [name for name in MODELS if not queues_for(name)]
    assert {queue.service for queue in QUEUES} <= set(SCHEMAS)
    assert {kind for queue in QUEUES for kind in queue.types} <= set(MODELS)


def test_every_published_type_is_a_contract() -> None:
    contracts = {model.__name__ for model in MODELS.values()}
    sent = {
        call.args[0].func.id
        for _, call in calls("new_message")
        if call.args and isinstance(call.args[0], ast.Call) and isinstance(call.args[0].func, ast.Name)
    }
    assert sent <= contracts


@pytest.mark.parametrize("name", sorted(generate.DOCUMENTS))
def test_generated_documents_say_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text() == generate.DOCUMENTS[name](), "run `make generate`"


@pytest.mark.requirement("A126", "A136")
def test_every_cause_has_its_lines_on_the_page_that_people_look_it_up_on() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    assert [item.code for item in entries() if item.code not in page or not (item.action and item.where)] == []


def test_every_cause_is_brought_about_by_a_test() -> None:
    """A cause that no test names is one that nobody has seen."""
    tests = (path for path in ROOT.rglob("*.py") if "tests" in path.parts and ".venv" not in path.parts)
    named = set(re.findall(r"\b[A-Z][A-Z0-9_]{3,}\b", "\n".join(path.read_text() for path in tests)))
    assert [item.code for item in entries() if item.code not in named] == []


def test_every_promise_names_tests_that_exist() -> None:
    text = PROMISES.read_text()
    promises = re.findall(r"^\| (P\d+) \|.*$", text, re.MULTILINE)
    assert promises == [f"P{number}" for number in range(1, len(promises) + 1)]
    for line in text.splitlines():
        if line.startswith("| P"):
            assert _TEST_ID.search(line), f"no test: {line[:80]}"
    missing = [
        f"{path}::{name}"
        for path, name in _TEST_ID.findall(text)
        if not (ROOT / path).exists() or (name and not re.search(rf"def {name}\(", (ROOT / path).read_text()))
    ]
    assert not missing


_HERE = re.escape(ROOT.as_posix()) if len(ROOT.parts) > 2 else r"(?!)"
_MACHINE = rf"{_HERE}\b|/(?:root|home)/[\w.-]+|https?://pypi[.\w-]*"


def test_nothing_private_is_in_the_repository() -> None:
    """No machine path and no registry address in anything that is shipped."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    wrong = []
    for name in filter(None, listed):
        path = ROOT / name
        if path == Path(__file__) or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        wrong += [f"{name}: {found}" for found in re.findall(_MACHINE, text)]
    assert not wrong
