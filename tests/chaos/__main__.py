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
from pathlib import Path

import structlog
from tests.chaos.plan import make_plan
from tests.chaos.profiles import PROFILES
from tests.chaos.run import Outcome, run_chaos

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
    run = TestRun.begin()
    outcome: Outcome | None = None
    try:
        outcome = run_loop(run_chaos(plan, profile, run, tell))
    finally:
        if chosen.keep is not None and (outcome is None or outcome.problems):
            shutil.copytree(run.directory, chosen.keep, dirs_exist_ok=True, ignore=_only_logs)
        run.end()
    sys.stdout.write(json.dumps(outcome.as_dict()) + "\n")
    return 1 if outcome.problems else 0


def _only_logs(directory: str, names: list[str]) -> list[str]:
    return [name for name in names if (Path(directory) / name).is_file() and not name.endswith(".log")]


if __name__ == "__main__":
    sys.exit(main())
