"""How a test fails that the kit fails: as an assertion that did not hold."""

from __future__ import annotations

from flopod.errors import FlopodError


class DivergenceError(FlopodError, AssertionError):
    """A run does not replay: its body goes another way than the first time."""

    def __init__(self, run_id: str, what: str) -> None:
        super().__init__(
            f"run {run_id!r} does not replay: {what}; what the body takes from outside must come "
            "from a step, or from wf.now, wf.random, wf.uuid"
        )
        self.run_id = run_id
        self.what = what


class StalledError(FlopodError, AssertionError):
    """The test waits for something that nothing will bring about."""

    def __init__(self, waits: str) -> None:
        super().__init__(
            f"nothing can go on, and no time limit ends it: {waits}; "
            "deliver what is waited for before you wait for the result"
        )
