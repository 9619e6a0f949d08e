"""The people of the story put each cause right, on the side where it belongs (M2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledgerwire.cli.demo.account_file import patched
from ledgerwire.cli.demo.sandbox_desk import PlannedClose, PlannedFix, SandboxDesk

SIDES = {"connectwise": "ConnectWise", "ledger": "Xero", "ledgerwire": "Ledgerwire"}


@dataclass(frozen=True, slots=True)
class Repair:
    """One fix that was made, and the records it was for."""

    fix: PlannedFix
    numbers: tuple[str, ...]

    @property
    def side(self) -> str:
        return SIDES[self.fix.side]

    @property
    def then(self) -> str:
        """How the records come back."""
        return "Retry" if self.fix.after == "retry" else "closed again, its callback brings it back"


async def put_right(
    desk: SandboxDesk,
    plan: Sequence[PlannedClose],
    content: Mapping[str, Any],
    apply: Callable[[Mapping[str, Any], str], Awaitable[None]],
    retry: Callable[[str], Awaitable[object]],
) -> list[Repair]:
    """Make every planned fix, apply the account file (`content`) where it had to change, then retry what needs a retry."""
    repairs = repairs_of(plan)
    for repair in repairs:
        remaining = await desk.fix(repair.fix.name)
        if remaining["account_patch"]:
            content = patched(content, remaining["account_patch"])
            await apply(content, repair.fix.description)
    for repair in repairs:
        if repair.fix.after == "retry":
            for number in repair.numbers:
                await retry(number)
    return repairs


def repairs_of(plan: Sequence[PlannedClose]) -> list[Repair]:
    """The distinct fixes of a plan with the records that share each."""
    found: dict[str, tuple[PlannedFix, list[str]]] = {}
    for planned in plan:
        if planned.fix is not None:
            found.setdefault(planned.fix.name, (planned.fix, []))[1].append(planned.number)
    return [Repair(fix, tuple(numbers)) for fix, numbers in found.values()]
