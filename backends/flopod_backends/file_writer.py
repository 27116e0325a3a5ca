"""The writers of a file store: one queue for each run that is being appended to.

What queues up while a write is in flight goes out together as the next one, with one fsync. The
task that writes is the store's own, so a cancelled caller leaves no half behind. A run that appends
alone needs neither task nor thread: its appends are made on the loop. The summary beside the log is
written when a run has been quiet for a moment, now and then, and with its end.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from flopod.errors import FlopodError
from flopod.events import Event
from flopod.summary import ENDS, STOPPED
from flopod_backends.alone import Alone
from flopod_backends.catalogue import Catalogue
from flopod_backends.run_log import Answer, Request, RunLog

T = TypeVar("T")
QUIET = 0.05
"""Seconds without an append after which the summary is written."""
_BUSY = 0.5
"""Seconds after which it is written even if appends keep coming."""
_MOST_OPEN = 128


class Call(Protocol):
    """Runs something that blocks in a thread of the store's own."""

    async def __call__(self, function: Callable[..., T], *arguments: Any) -> T: ...


class RunWriter:
    """The queue in front of one log."""

    def __init__(
        self,
        log: RunLog,
        call: Call,
        catalogue: Catalogue,
        tell: Callable[[Mapping[str, int]], None],
        alone: Alone,
    ) -> None:
        self.log = log
        self._call = call
        self._catalogue = catalogue
        self._tell = tell
        self._alone = alone
        self._queue: deque[tuple[Request, asyncio.Future[list[Event]]]] = deque()
        self._woken = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._sidecar = LaterSidecar(self._begin_sidecar)
        self._closing = False

    @property
    def idle(self) -> bool:
        """Nothing is queued, in flight or still to be written beside the log."""
        return self._pump is None and not self._sidecar.is_due

    async def append(self, request: Request) -> list[Event]:
        """Record the events, all or none, and return them numbered."""
        done: asyncio.Future[list[Event]] = asyncio.get_running_loop().create_future()
        if self._append_here(request, done):
            await asyncio.sleep(0)  # Others on this loop have their turn.
            return done.result()
        self._queue.append((request, done))
        if self._pump is None:
            self._woken = asyncio.Event()  # The store may be used by one loop after another.
            self._pump = asyncio.create_task(self._write_all(), name="flopod file writer")
        self._woken.set()
        return await done

    async def close(self) -> None:
        """Finish what is queued and let go of the file."""
        self._closing = True
        self._woken.set()
        if self._pump:
            await asyncio.wait([self._pump])
        if self._sidecar.cancel():
            await self._call(self.log.write_sidecar)
        self.log.close()

    def _append_here(self, request: Request, done: asyncio.Future[list[Event]]) -> bool:
        """Append on the loop itself, if that is what is quickest; tells whether it is done."""
        if self._pump or not self._alone.is_alone(self.log.run_id) or _ends(request):
            return False
        began = time.perf_counter()
        answers: list[Answer] | None
        self._catalogue.writes(self.log.run_id)
        try:
            answers = self.log.append_at_once([request])
        except FlopodError as error:
            answers = [error]
        finally:
            self._note()
        if answers is None:
            return False
        self._alone.saw(self.log.run_id, began)
        self._sidecar.later()
        _settle(done, answers[0])
        return True

    def _begin_sidecar(self) -> None:
        if self._pump is None:
            self._woken = asyncio.Event()
            self._pump = asyncio.create_task(self._write_sidecar(), name="flopod file sidecar")

    async def _write_sidecar(self) -> None:
        try:
            await self._call(self.log.write_sidecar)
            if self._queue:
                await self._write_all()
        finally:
            self._end_pump()

    async def _write_all(self) -> None:
        try:
            while await self._more():
                await self._write_for_a_while()
                if self._alone.is_alone(self.log.run_id) and not self._queue:
                    return self._sidecar.later()
                await self._call(self.log.write_sidecar)
        finally:
            self._end_pump()

    def _end_pump(self) -> None:
        self._pump = None
        # Something is left only when the loop itself is being shut down.
        for _, done in self._queue:
            done.cancel()
        self._queue.clear()

    async def _more(self) -> bool:
        """Wait for the next append, for a moment; tells whether there is one."""
        if not (self._queue or self._closing or self._alone.is_alone(self.log.run_id)):
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET):
                    await self._woken.wait()
        return bool(self._queue)

    async def _write_for_a_while(self) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + _BUSY
        while clock() < until and await self._more():
            await self._write_queued()

    async def _write_queued(self) -> None:
        # Also what nobody waits for any more: what was appended after it may build on it.
        batch = list(self._queue)
        self._queue.clear()
        answers: list[Answer]
        began = time.perf_counter()
        self._catalogue.writes(self.log.run_id)
        try:
            answers = await self._call(self.log.append, [request for request, _ in batch])
        except FlopodError as error:
            answers = [error] * len(batch)
        except BaseException:
            for _, done in batch:
                done.cancel()
            raise
        finally:
            self._note()
        self._alone.saw(self.log.run_id if len(batch) == 1 else "", began)
        try:
            if (run := self.log.state.summary) and run.status in STOPPED:
                await self._call(self.log.write_sidecar)
        finally:
            for (_, done), answer in zip(batch, answers, strict=True):
                _settle(done, answer)

    def _note(self) -> None:
        key, summary = self.log.key, self.log.state.summary
        if key and summary and not self._catalogue.written(self.log.run_id, key):
            self._catalogue.note(self.log.run_id, key, summary)
            self._tell({self.log.run_id: summary.last_seq})
        if self._catalogue.wrote(self.log.run_id, key):
            self._tell({self.log.run_id: 0})


class LaterSidecar:
    """Says when the summary of a run is to be written that appends without a task."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last = self._first = 0.0

    @property
    def is_due(self) -> bool:
        """It is to be written soon."""
        return self._timer is not None

    def later(self) -> None:
        """Have it written when the run has been quiet for a moment, or has not been for long."""
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        if self._timer is None or self._loop is not loop:
            self._loop, self._first = loop, self._last
            self._timer = loop.call_later(QUIET, self._look)

    def cancel(self) -> bool:
        """Do not have it written; tells whether it was to be."""
        timer, self._timer = self._timer, None
        if timer:
            timer.cancel()
        return timer is not None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        left = min(self._last + QUIET, self._first + _BUSY) - loop.time()
        self._timer = loop.call_later(left, self._look) if left > 0 else None
        if self._timer is None:
            self._begin()


class Writers:
    """The queues of all runs; of those that are idle only some stay open."""

    def __init__(self, make: Callable[[str], RunWriter]) -> None:
        self._make = make
        self._writers: OrderedDict[str, RunWriter] = OrderedDict()

    async def append(self, run_id: str, request: Request) -> list[Event]:
        """Record the events of one run."""
        writer = self._writers.get(run_id)
        if writer is None:
            self._make_room()
            writer = self._writers[run_id] = self._make(run_id)
        self._writers.move_to_end(run_id)
        return await writer.append(request)

    async def close(self) -> None:
        """Finish what is queued."""
        writers = list(self._writers.values())
        self._writers.clear()
        for writer in writers:
            await writer.close()

    def _make_room(self) -> None:
        if len(self._writers) < _MOST_OPEN:
            return
        for run_id, writer in list(self._writers.items()):
            if writer.idle:
                writer.log.close()
                del self._writers[run_id]
                return


def _settle(done: asyncio.Future[list[Event]], answer: Answer) -> None:
    if done.done():
        return
    if isinstance(answer, FlopodError):
        done.set_exception(answer)
    else:
        done.set_result(answer)


def _ends(request: Request) -> bool:
    return any(isinstance(text.event.fact, ENDS) for text in request.texts)
