"""House rules that no general linter has, checked on the syntax tree. Skip one line with `# lint: allow <rule> - <reason>`.

Run: python -m tools.lint.rules [paths]; exits 1 and prints `path:line rule message` for each breach.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("libs/*/src", "services/*/src", "cli/src", "sandbox/src")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
ALLOW = re.compile(r"#\s*lint:\s*allow\s+([a-z-]+)\s+-\s+\S+")
SQL_HOMES = ("/common/db/", "/common/work/", "/common/mq/", "/common/deadletters/", "/repository/", "/tests/")
SQL_NAMES = {"select", "insert", "update", "delete", "text"}
VAGUE = {"utils", "helpers", "misc", "util", "helper"}


@dataclass(frozen=True)
class Breach:
    path: Path
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} {self.rule} {self.message}"


def check_file(path: Path) -> Iterator[Breach]:
    """All breaches in one source file that no line of it excuses."""
    source = path.read_text()
    lines = source.splitlines()
    for breach in _breaches(path, source, lines):
        excused = ALLOW.search(lines[breach.line - 1]) if breach.line <= len(lines) else None
        if excused is None or excused.group(1) != breach.rule:
            yield breach


def _breaches(path: Path, source: str, lines: list[str]) -> Iterator[Breach]:
    if len(lines) > MAX_FILE_LINES:
        yield Breach(path, 1, "file-length", f"{len(lines)} lines, at most {MAX_FILE_LINES}")
    if path.stem in VAGUE:
        yield Breach(path, 1, "vague-name", f"{path.stem} says nothing; name the concept")
    tree = ast.parse(source)
    if "/tests/" in path.as_posix() and not _keeps_time(path):
        yield from _sleeping(path, tree)
    for node in ast.walk(tree):
        yield from _function_length(path, node)
        yield from _environment(path, node)
        yield from _commit(path, node)
        yield from _float_money(path, node)
        yield from _sql(path, node)


def _function_length(path: Path, node: ast.AST) -> Iterator[Breach]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MAX_FUNCTION_LINES:
            yield Breach(
                path, node.lineno, "function-length", f"{node.name} has {length} lines, at most {MAX_FUNCTION_LINES}"
            )


def _environment(path: Path, node: ast.AST) -> Iterator[Breach]:
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return
    if node.value.id == "os" and node.attr in {"environ", "getenv"} and path.name != "settings.py":
        yield Breach(path, node.lineno, "environment", "the environment is read in settings.py only")


def _commit(path: Path, node: ast.AST) -> Iterator[Breach]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr in {"commit", "rollback"} and "/common/db/" not in path.as_posix():
        yield Breach(path, node.lineno, "commit", "the unit of work commits, nobody else")


def _float_money(path: Path, node: ast.AST) -> Iterator[Breach]:
    if "/domain/" not in path.as_posix() and "/ledger/" not in path.as_posix():
        return
    if isinstance(node, ast.Name) and node.id == "float":
        yield Breach(path, node.lineno, "float-money", "money is Decimal")
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield Breach(path, node.lineno, "float-money", "money is Decimal")


def _sql(path: Path, node: ast.AST) -> Iterator[Breach]:
    place = path.as_posix()
    if "/sandbox/" in place or path.name in {"repository.py", "sql.py"} or any(home in place for home in SQL_HOMES):
        return
    if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "sqlalchemy":
        names = {alias.name for alias in node.names} & SQL_NAMES
        if names:
            yield Breach(path, node.lineno, "sql-home", f"{', '.join(sorted(names))}: SQL lives in repository modules")


def _keeps_time(path: Path) -> bool:
    """The nemesis and its fault proxy: what they do is to let time pass. The tests about them are tests like all others."""
    return "/tests/chaos/" in path.as_posix() and not path.name.startswith("test_")


def _sleeping(path: Path, tree: ast.AST) -> Iterator[Breach]:
    """A sleep is a pause between looks at a condition (inside `while`) or a mere yield (`sleep(0)`); else it is a guess."""
    polling = {id(inner) for loop in ast.walk(tree) if isinstance(loop, ast.While) for inner in ast.walk(loop)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or id(node) in polling:
            continue
        owner = node.func.value
        sleeps = node.func.attr == "sleep" and isinstance(owner, ast.Name) and owner.id in {"time", "asyncio"}
        yields = len(node.args) == 1 and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        if sleeps and not yields:
            yield Breach(path, node.lineno, "sleeping-test", "a test awaits a condition with a deadline")


def source_files() -> list[Path]:
    """Every source and test file of the workspace members."""
    found: list[Path] = []
    for pattern in (*SOURCES, "libs/*/tests", "services/*/tests", "cli/tests", "sandbox/tests", "tests"):
        for folder in ROOT.glob(pattern):
            found += sorted(folder.rglob("*.py"))
    return found


def main(arguments: list[str]) -> int:
    """Check the given files, or all; the exit code."""
    named = [Path(item).resolve() for item in arguments]
    paths = [
        file for path in named for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])
    ] or source_files()
    breaches = [breach for path in paths for breach in check_file(path)]
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
