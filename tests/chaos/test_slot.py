"""How a service's process ends is looked at: one that served and was told to stop ends with 0, or the run is not clean."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.chaos.slot import Slot, UnexpectedEndError

from ledgerwire.common.embedded.process import spawn

SERVES = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit({code}))
print("{said}", flush=True)
time.sleep(60)
"""


class Scripted(Slot):
    """A slot in which a script stands for the service."""

    def play(self, code: int, said: str = "process.started") -> None:
        self._log = self.directory / "script.log"
        self._process = spawn(
            [sys.executable, "-u", "-c", SERVES.format(code=code, said=said)], log=self._log, environment={}
        )


@pytest.fixture
def slot(tmp_path: Path) -> Scripted:
    return Scripted("poster-1", "poster", dict, tmp_path, tmp_path / "poster.clock")


@pytest.mark.parametrize(("code", "unclean"), [(0, []), (1, ["poster-1 ended with 1 after SIGTERM"])])
async def test_a_stop_that_does_not_end_with_0_is_told(slot: Scripted, code: int, unclean: list[str]) -> None:
    slot.play(code)
    await slot.serving()
    await slot.stop()
    assert [one.partition(":")[0] for one in slot.unclean] == unclean
    assert not slot.runs


async def test_one_that_was_still_starting_may_end_as_it_likes(slot: Scripted) -> None:
    slot.play(1, said="process.imported")
    await slot.stop()
    assert slot.unclean == []


async def test_one_that_ends_by_itself_is_an_error(slot: Scripted) -> None:
    slot.play(0)
    await slot.serving()
    slot._process.kill()
    slot._process.wait(10)
    with pytest.raises(UnexpectedEndError):
        slot.check()
