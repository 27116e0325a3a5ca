"""Errors of the system, at every call that the file store makes: nothing acknowledged is lost.

After an error the same programs go on, and in the end, or soon, the power is cut: what they said
was recorded is there, and what they were refused leaves no half behind.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from errno import EDQUOT, EINTR, EIO, ENOSPC
from itertools import count

from faults.crash_chains import ROOT, RUNS, Chain, Program
from faults.disk import Crash, Disk
from faults.trial import Trial
from flopod.errors import BackendError
from flopod_backends.fs import told

ERRORS = (ENOSPC, EIO, EDQUOT, EINTR)
OPERATIONS = ("open", "append", "append many", "summary", "other", "append", "delete", "append")


class _Faulty:
    """Fails the n-th call, and as many after it as it is told to."""

    def __init__(self, error: int, nth: int, times: int) -> None:
        self._error = error
        self._first, self._last = nth, nth + times
        self.calls = 0
        self.then: Callable[[], None] = lambda: None
        """Called with the last of them."""

    def __call__(self, call: str) -> int | None:
        self.calls += 1
        if self.calls == self._last:
            self.then()
        return self._error if self._first < self.calls <= self._last else None


def trial(seed: int) -> Trial:
    """Fail some calls at random; some writes are short as well."""
    dice = random.Random(seed)
    error, nth, times = dice.choice(ERRORS), dice.randrange(150), dice.choice((1, 1, 2, 5))
    return _trial(dice, _Faulty(error, nth, times), f"seed {seed}", dies=dice.random() < 0.5)


def every_call(error: int, shortens: bool = False) -> Trial:
    """Fail each call of a short story in turn."""
    total = Trial(0)
    for nth in count():
        fault = _Faulty(error, nth, 1)
        name = f"error {error} at call {nth}"
        total += _trial(random.Random(name), fault, name, shortens)
        if fault.calls <= nth:
            return total
    raise AssertionError("unreachable")


def _trial(
    dice: random.Random, fault: _Faulty, name: str, shortens: bool = False, dies: bool = False
) -> Trial:
    disk = Disk(ROOT.parent)
    disk.dice, disk.fault = dice, fault
    if dies:
        # Most likely in the recovery from the error.
        fault.then = lambda: disk.crash_after(dice.randrange(40))
    disk.shortens = shortens or dice.random() < 0.3
    chain = Chain(disk, dice, name)
    programs = Program(disk), Program(disk)
    try:
        for operation in OPERATIONS:
            _survive(chain, programs, operation, name)
    except Crash:
        pass
    chain.was_cut = True
    disk.cut_power(dice)
    chain.check()
    after = Program(disk)
    after.open()
    for run_id in RUNS:
        chain.append(after, run_id, 1)
    chain.check()
    return Trial(1, chain.acknowledged)


def _survive(chain: Chain, programs: tuple[Program, Program], operation: str, name: str) -> None:
    """Do it; when it is refused, once more: a person has looked into it."""
    for _ in range(8):
        try:
            with told(ROOT):  # As the store does with every call.
                _do(chain, programs, operation)
        except BackendError as error:
            _check_text(str(error), name)
        else:
            return
    raise AssertionError(f"{name}: {operation} fails for ever")


def _do(chain: Chain, programs: tuple[Program, Program], operation: str) -> None:
    mine, other = programs
    match operation:
        case "open":
            for program in programs:
                program.open()
        case "append":
            chain.append(mine, RUNS[0], 1)
        case "append many":
            chain.append(mine, RUNS[0], 4)
        case "other":
            chain.append(other, RUNS[0], 1)
        case "summary":
            mine.log(RUNS[0]).write_sidecar()
        case "delete":
            chain.delete(mine, RUNS[0])


def _check_text(text: str, name: str) -> None:
    assert "\n" not in text and str(ROOT) in text, f"{name}: {text}"
    # Nothing is to be done about an interrupted call but to try again.
    assert "; " in text or "Interrupted" in text, f"{name}: {text}"
