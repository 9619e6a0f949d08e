"""Run the system under a seeded nemesis and check the books.

    python -m tests.chaos --seed 7 [--profile usual] [--plan] [--quiet]

The schedule of faults follows from the seed and the profile alone and is printed first with `--plan` (and nothing else is done then).
While it runs, what is done to the system goes to standard error, one JSON line each. The last line, on standard output, is the
result. Exit code 0 only if nothing is lost, missing, twice, unexpected or left over, the books are clean and something was recovered.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from tests.chaos.plan import Plan, make_plan
from tests.chaos.profiles import PROFILES, Profile
from tests.chaos.run import run_chaos

from ledgerwire.common.event_loop import run as run_loop
from ledgerwire.common.testing.run import TestRun


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=None, help="drawn and printed where none is given")
    parser.add_argument("--profile", default="usual", choices=sorted(PROFILES))
    parser.add_argument("--plan", action="store_true", help="print the schedule and end")
    parser.add_argument("--quiet", action="store_true", help="nothing on standard error")
    parser.add_argument("--keep", type=Path, default=None, help="where to copy the logs of a run that was not clean")
    chosen = parser.parse_args()
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(1, 1_000_000)
    profile = PROFILES[chosen.profile]
    plan = make_plan(seed, profile)
    if chosen.plan:
        sys.stdout.write(json.dumps(plan.as_dict()) + "\n")
        return 0
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

    def tell(line: str) -> None:
        if not chosen.quiet:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    tell(json.dumps({"seed": seed, "profile": profile.name, "documents": profile.documents, "planned": plan.counts()}))
    result = _carried_out(plan, profile, chosen.keep, tell)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["clean"] else 1


def _carried_out(plan: Plan, profile: Profile, keep: Path | None, tell: Callable[[str], None]) -> dict[str, Any]:
    """The result of a run; of one that could not be carried through, at least why."""
    run = TestRun.begin()
    result: dict[str, Any] = {"seed": plan.seed, "profile": plan.profile, "clean": False}
    try:
        result = run_loop(run_chaos(plan, profile, run, tell)).as_dict()
    except Exception as error:  # noqa: BLE001 - told in the one line, with its traceback beside it
        traceback.print_exception(error)
        result["problems"] = [_innermost(error)]
    finally:
        if keep is not None and not result["clean"]:
            shutil.copytree(run.directory, keep, dirs_exist_ok=True, ignore=_only_logs)
        run.end()
    return result


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _only_logs(directory: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(directory) / name).is_file() and not name.endswith(".log")]


if __name__ == "__main__":
    sys.exit(main())
