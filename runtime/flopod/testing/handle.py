"""One run of a test: what it came to, what is delivered to it, how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flopod.delivering import Delivered
from flopod.engine import result_of
from flopod.errors import RunFinishedError
from flopod.events import Event, RunFailed
from flopod.inner import OpenWait
from flopod.recall import replayed
from flopod.registry import Workflow
from flopod.state import fold_state
from flopod.summary import STOPPED, RunSummary

if TYPE_CHECKING:
    from flopod.testing.environment import WorkflowEnvironment

R = TypeVar("R")


class RunHandle(Generic[R]):
    """A run in a `WorkflowEnvironment`. What waits here lets time skip meanwhile."""

    def __init__(self, env: WorkflowEnvironment, run_id: str, workflow: Workflow[..., R]) -> None:
        self.run_id = run_id
        self._env = env
        self._workflow = workflow

    async def result(self) -> R:
        """Return what the run came to, once it has.

        Raises:
            RunCancelledError: it was cancelled.
            NeedsAttentionError: it stopped before doing something twice.
            StalledError: it waits for what nobody delivers.
            Exception: what its body raised.
        """
        await self._env.until(self._is_over)
        ended = replayed(await self.events()).ended
        assert ended is not None
        if isinstance(ended, RunFailed) and (raised := self._env.raised.get(self.run_id)):
            raise raised
        result: R = result_of(self.run_id, ended, self._workflow)
        return result

    async def until_waiting(self, event: str | None = None, *, path: str | None = None) -> OpenWait:
        """Return the wait that is open, for this event or at this path, once there is one.

        Raises:
            RunFinishedError: the run came to its end without.
            ValueError: several waits fit; say which by its path.
            StalledError: it will never wait for that.
        """

        async def is_so() -> bool:
            return bool(self._fitting(await self.summary(), event, path)) or await self._is_over()

        await self._env.until(is_so)
        run = await self.summary()
        found = self._fitting(run, event, path)
        if len(found) == 1:
            return found[0]
        wanted = f"{event or 'an event'!r}{f' at {path!r}' if path else ''}"
        if not found:
            raise RunFinishedError(self.run_id, run.status, f"wait for {wanted}")
        places = ", ".join(repr(wait.path) for wait in found)
        raise ValueError(f"run {self.run_id!r} waits for {wanted} at {places}; say path=")

    async def deliver(
        self, event: str, payload: object = None, *, path: str | None = None
    ) -> Delivered:
        """Deliver an event to the wait that is open for it, once there is one.

        Args:
            path: of the wait; needed only where several wait for that event.

        Raises:
            InvalidPayloadError: the payload is not what the wait takes.
            RunFinishedError, ValueError, StalledError: as `until_waiting`.
        """
        wait = await self.until_waiting(event, path=path)
        return await self._env.control.deliver(self.run_id, wait.path, event, payload)

    async def cancel(self) -> str:
        """Cancel the run; say what was done. See `Control.cancel`."""
        return await self._env.control.cancel(self.run_id)

    async def retry(self) -> str:
        """Let the run go on after a failure; say what was done. See `Control.retry`."""
        return await self._env.control.retry(self.run_id)

    async def summary(self) -> RunSummary:
        """Return how the run stands."""
        return await self._env.control.get(self.run_id)

    async def events(self) -> list[Event]:
        """Return the log of the run."""
        return await self._env.control.events(self.run_id)

    async def state(self) -> dict[str, Any]:
        """Return what the run's variables hold, by path."""
        variables = fold_state(await self.events())
        return {path: variable.value for path, variable in variables.items()}

    async def _is_over(self) -> bool:
        return (await self.summary()).status in STOPPED

    def _fitting(self, run: RunSummary, event: str | None, path: str | None) -> list[OpenWait]:
        return [
            wait
            for wait in run.open_waits
            if not wait.delivered
            and (event is None or wait.event == event)
            and (path is None or wait.path == path)
        ]
