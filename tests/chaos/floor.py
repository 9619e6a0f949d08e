"""How much of a plan must have struck something before a clean run proves anything. Pure: counts in, sentences out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.chaos.plan import Planned
from tests.chaos.profiles import Profile

OFTEN = 3
"""What is planned so often strikes at least once, whatever the luck of a single one."""
CHANCY = frozenset({"vendor"})
"""Each of many kinds waits for a call for a few seconds only: on a busy machine one kind may miss every time."""


def thin(
    profile: Profile, planned: Sequence[Planned], struck: Sequence[Planned], *, faults: int, landed: int
) -> list[str]:
    """Why a run was hit too little to prove anything, in words; empty when its profile's floor is held.

    `struck` are those of the plan that did something, `faults` all that they did, `landed` the answers lost after a write.
    """
    told = []
    if faults < profile.faults_wanted:
        told.append(f"only {faults} faults, {profile.faults_wanted} were wanted")
    if landed < profile.landed_wanted:
        told.append(f"only {landed} answers lost after a write, {profile.landed_wanted} were wanted")
    return [*told, *_thin_categories(profile, planned, struck), *_never(planned, struck)]


def _thin_categories(profile: Profile, planned: Iterable[Planned], struck: Iterable[Planned]) -> Iterator[str]:
    wanted, met = (Counter(one.category for one in some) for some in (planned, struck))
    for category, count in sorted(wanted.items()):
        least = int(profile.struck[category] * count)
        if met[category] < least:
            yield f"only {met[category]} of {count} planned {category} faults struck anything, {least} were wanted"


def _never(planned: Sequence[Planned], struck: Sequence[Planned]) -> Iterator[str]:
    """Kinds, and targets, that were to be struck again and again and never were."""
    steady = [one for one in planned if one.category not in CHANCY]
    by: tuple[Callable[[Planned], str], ...] = (
        lambda one: f"{one.category}.{one.kind}",
        lambda one: f"{one.category} of {one.target}",
    )
    for name in by:
        met = {name(one) for one in struck}
        for told, count in sorted(Counter(map(name, steady)).items()):
            if count >= OFTEN and told not in met:
                yield f"none of {count} planned faults struck anything: {told}"
