"""The log of one run, open for appending.

Several programs may append to it: each holds the lock of the file itself while it does, and first
reads what the others appended. When it is opened it is read from its beginning; an unfinished
append at its end is saved to the trash and cut. After a failed write or fsync nothing is tried
again: the log is closed, and the next append opens it anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from flopod.backend import Guard, Lease
from flopod.errors import BackendError, CorruptLogError, FlopodError
from flopod.events import Event
from flopod.summary import RunSummary
from flopod_backends import claims
from flopod_backends.claims import Hold
from flopod_backends.folder import Folder
from flopod_backends.fs import Key, told
from flopod_backends.log_file import START, Mark, scan, sealed
from flopod_backends.recording import Text, check_end, folded, numbered
from flopod_backends.sidecar import sidecar

logger = logging.getLogger(__name__)


class Request(NamedTuple):
    """Events to be appended together."""

    texts: Sequence[Text]
    lease: Lease | None
    expect: int | None
    guard: Guard | None


class State(NamedTuple):
    """What a log holds."""

    mark: Mark = START
    summary: RunSummary | None = None


Answer: TypeAlias = list[Event] | FlopodError


class RunLog:
    """A log that this process appends to. All its calls block."""

    def __init__(self, folder: Folder, run_id: str, hold: Callable[[str], Hold | None]) -> None:
        self.run_id = run_id
        self.state = State()
        self.key: Key | None = None
        """What the file looked like after the last append."""
        self._folder = folder
        self._fs = folder.fs
        self._path = folder.log(run_id)
        self._hold = hold
        self._fd: int | None = None

    def append(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request: its events as recorded, or why they are not."""
        with self._locked() as fd:
            self._catch_up(fd)
            hold = self._hold(self.run_id) if any(r.lease for r in requests) else None
            answers, lines, state = self._added(requests, hold)
            if lines:
                self._write(fd, b"".join(lines), new=not self.state.mark.offset)
                self.state = state
                self.key = self._fs.key(fd)
        return answers

    def write_sidecar(self) -> None:
        """Write the summary beside the log, as it stood after the last append.

        Where it can't be written, readers fold the log: that is no reason to stop a run.
        """
        try:
            if self.key and self.state.summary and self.key == self._fs.key(self._path):
                text = sidecar(self.state.summary, self.state.mark, self.key)
                self._folder.replace(self._folder.sidecar(self.run_id), text)
        except OSError as error:
            logger.warning("run %s: its summary cannot be written: %s", self.run_id, error)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Keep others from appending; tells whether there is a log at all."""
        if self._fs.key(self._path) is None:
            yield False
            return
        with self._locked():
            yield True

    def close(self) -> None:
        """Let go of the file."""
        fd, self._fd, self.state, self.key = self._fd, None, State(), None
        if fd is not None:
            self._fs.close(fd)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            with told(self._path):
                fd = self._lock()
                yield fd
                self._fs.unlock(fd)
        except BaseException:
            self.close()
            raise

    def _lock(self) -> int:
        while True:
            if self._fd is None:
                self._fd = self._fs.open_log(self._path)
            self._fs.lock(self._fd, self._path)
            ours, there = self._fs.key(self._fd), self._fs.key(self._path)
            if ours and there and ours.inode == there.inode:
                return self._fd
            # The log was deleted while we waited, and perhaps begun again.
            self.close()

    def _catch_up(self, fd: int) -> None:
        mark = self.state.mark
        key = self._fs.key(fd)
        if self.key is not None and key == self.key:
            return
        found = scan(self._fs.read_from(fd, mark.offset), mark)
        if found.damage:
            raise CorruptLogError(self.run_id, *found.damage, found.events)
        if found.torn:
            self._cut(fd, found.mark.offset)
        if self.key is None and found.mark.offset:
            # What a crashed program wrote may be in memory only.
            self._fs.fsync(fd)
            self._fs.fsync_folder(self._folder.events)
        summary = self.state.summary
        if found.events:
            summary = folded(self.run_id, summary, found.events)
        self.state = State(found.mark, summary)
        self.key = self._fs.key(fd)

    def _cut(self, fd: int, offset: int) -> None:
        tail = self._folder.trash / f"{self.run_id}.tail.{offset}"
        self._folder.replace(tail, self._fs.read_from(fd, offset))
        self._fs.truncate(fd, offset)
        self._fs.fsync(fd)

    def _added(
        self, requests: Sequence[Request], hold: Hold | None
    ) -> tuple[list[Answer], list[bytes], State]:
        answers: list[Answer] = []
        lines, state = [], self.state
        for request in requests:
            try:
                events, text, state = _after(self.run_id, request, hold, state)
            except FlopodError as error:
                answers.append(error)
            else:
                answers.append(events)
                lines.append(text)
        return answers, lines, state

    def _write(self, fd: int, text: bytes, new: bool) -> None:
        view = memoryview(text)
        while view:
            written = self._fs.write(fd, view)
            if not written:
                raise BackendError(f"{self._path}: nothing can be written; is the disk full?")
            view = view[written:]
        self._fs.fsync(fd)
        if new:
            self._fs.fsync_folder(self._folder.events)


def _after(
    run_id: str, request: Request, hold: Hold | None, state: State
) -> tuple[list[Event], bytes, State]:
    claims.check_lease(hold, request.lease)
    last = check_end(run_id, state.summary, request.expect, request.guard)
    events = numbered(request.texts, last)
    text, mark = sealed(events, state.mark)
    return events, text, State(mark, folded(run_id, state.summary, events))
