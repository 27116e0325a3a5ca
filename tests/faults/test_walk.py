"""A walk through the public API that hypothesis draws, on every store."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from faults.walk import Walk
from faults.walk_workflows import WORKFLOWS

EXAMPLES = {"memory": 60, "sqlite": 40, "file": 40}
STEPS = 30

deaths = st.tuples(st.integers(1, 12), st.booleans())
maybe = st.none() | st.tuples(st.integers(1, 3), st.booleans())
which = st.integers(0, 50)


class Machine(RuleBasedStateMachine):
    """Draws the steps of a walk."""

    kind: ClassVar[str]

    @initialize(workflow=st.sampled_from(WORKFLOWS))
    def begin(self, workflow: str) -> None:
        self._folder = TemporaryDirectory()
        self._loop = asyncio.Runner()
        self.walk = Walk(self.kind, Path(self._folder.name))
        self._do(self.walk.start(workflow))

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        self._loop.run(step)

    def _run(self, which: int) -> str:
        return self.walk.runs[which % len(self.walk.runs)]

    @precondition(lambda self: len(self.walk.runs) < 6)
    @rule(workflow=st.sampled_from(WORKFLOWS), death=maybe)
    def start(self, workflow: str, death: Any) -> None:
        self._do(self.walk.start(workflow, death))

    @rule(
        run=which,
        path=st.sampled_from(["w0", "w1"]),
        payload=st.integers(0, 2),
        id=st.sampled_from([None, "a", "b"]),
        death=maybe,
    )
    def deliver(self, run: int, path: str, payload: int, id: str | None, death: Any) -> None:
        self._do(self.walk.deliver(self._run(run), path, payload, id, death))

    @rule(run=which, death=maybe)
    def cancel(self, run: int, death: Any) -> None:
        self._do(self.walk.cancel(self._run(run), death))

    @rule(run=which, death=maybe)
    def retry(self, run: int, death: Any) -> None:
        self._do(self.walk.retry(self._run(run), death))

    @precondition(lambda self: len(self.walk.runs) < 6)
    @rule(run=which, whole=st.booleans(), death=maybe)
    def fork(self, run: int, whole: bool, death: Any) -> None:
        self._do(self.walk.fork(self._run(run), whole, death))

    @rule(deaths=st.lists(deaths, max_size=3))
    def work(self, deaths: Any) -> None:
        self._do(self.walk.work(deaths))

    @rule()
    def mend(self) -> None:
        self.walk.mend()

    def teardown(self) -> None:
        if not hasattr(self, "walk"):
            return
        try:
            self._do(self.walk.work())
        finally:
            self._do(self.walk.close())
            self._loop.close()
            self._folder.cleanup()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let blocked runs be unloaded at once."""
    monkeypatch.setattr("flopod.worker.UNLOAD_SECONDS", 0.0)
    return


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_store_stands_as_its_model_does_whatever_is_asked_and_whoever_dies(kind: str) -> None:
    machine = type("Machine", (Machine,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[kind],
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
