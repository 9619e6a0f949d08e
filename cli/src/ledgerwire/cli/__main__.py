"""`ledgerwire` and `python -m ledgerwire.cli`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ledgerwire.cli.app import run_command_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    return run_command_line(list(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    sys.exit(main())
