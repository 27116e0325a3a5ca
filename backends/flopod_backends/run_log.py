"""The log of one run, open for appending.

Several programs may append to it: each holds the lock of the file itself while it does, and first
reads what the others appended. When it is opened it is read from its beginning; an unfinished
append at its end is saved to the trash and cut. After a failed write or fsync no fsync is tried
again: the log is cut back and closed, and whoever appends next goes on with a copy of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeAlias

from flopod.backend import Guard, Lease
from flopod.errors import CorruptLogError, FlopodError, RunExistsError
from flopod.events import Event
from flopod.summary import RunSummary
from flopod_backends import claims, log_recovery
from flopod_backends.claims import Hold
from flopod_backends.folder import Folder
from flopod_backends.fs import Key, in_one_line, told, write_all
from flopod_backends.log_file import START, Mark, Scan, scan, sealed
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
        self._name = str(self._path)
        self._hold = hold
        self._fd: int | None = None

    def append(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request: its events as recorded, or why they are not."""
        with self._locked() as unchanged, self._doubting():
            if not unchanged:
                self._catch_up()
            return self._record(requests)

    def append_at_once(self, requests: Sequence[Request]) -> list[Answer] | None:
        """Do the same if it takes a write and a sync and nothing else; None: it takes more."""
        if self._fd is None or self.key is None or not self._fs.try_lock(self._fd):
            return None
        try:
            same = self._fs.key(self._name) == self.key
            answers = self._record(requests) if same else None
            self._fs.unlock(self._fd)
        except BaseException as error:
            if isinstance(error, OSError):
                self._distrust()
                error = in_one_line(self._path, error)
            self.close()
            raise error
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
    def _locked(self) -> Iterator[bool]:
        """Hold the lock; tells whether the log is as we left it."""
        try:
            with told(self._path):
                yield self._lock()
                if self._fd is not None:
                    self._fs.unlock(self._fd)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """After an error the system may show what the disk does not hold: no sync would tell."""
        try:
            yield
        except OSError:
            self._distrust()
            raise

    def _distrust(self) -> None:
        if self._fd is not None:
            with suppress(OSError):
                self._fs.distrust(self._fd)

    def _lock(self) -> bool:
        while True:
            if self._fd is None:
                self._fd = self._fs.open_log(self._path)
            self._fs.lock(self._fd, self._path)
            there = self._fs.key(self._name)
            if there and there == self.key:
                return True
            ours = self._fs.key(self._fd)
            if ours and there and ours.inode == there.inode:
                return False
            # The log was deleted while we waited, and perhaps begun again.
            self.close()

    def _catch_up(self) -> None:
        """Read what is new, and see to it that all of that is on the disk."""
        assert self._fd is not None
        opened = self.key is None
        trusted = self._fs.is_trusted(self._fd)
        found = self._read(self.state.mark if trusted else START)
        if not trusted:
            self._go_on_with_a_copy(found.mark.offset)
        elif found.torn:
            log_recovery.cut(self._folder, self.run_id, self._fd, found.mark.offset)
        elif found.events:
            # What a crashed program wrote may be in memory only.
            self._fs.fsync(self._fd)
        self.key = self._fs.key(self._fd)
        if opened and found.mark.offset:
            self._fs.fsync_folder(self._folder.events)
            log_recovery.take_name(self._folder, self.run_id, self.key)

    def _read(self, mark: Mark) -> Scan:
        assert self._fd is not None
        found = scan(self._fs.read_from(self._fd, mark.offset), mark)
        if found.damage:
            raise CorruptLogError(self.run_id, *found.damage, found.events)
        summary = self.state.summary if mark.seq else None
        if found.events:
            summary = folded(self.run_id, summary, found.events)
        self.state = State(found.mark, summary)
        return found

    def _go_on_with_a_copy(self, offset: int) -> None:
        assert self._fd is not None
        old = self._fd
        self._fd = log_recovery.copied(self._folder, self.run_id, old, offset)
        self._fs.close(old)

    def _remove_empty(self) -> None:
        """Leave no log behind that nothing was recorded in."""
        self._fs.remove(self._path)
        self.close()

    def _record(self, requests: Sequence[Request]) -> list[Answer]:
        hold = self._hold(self.run_id) if any(r.lease for r in requests) else None
        answers, lines, state = self._added(requests, hold)
        if lines:
            self.key = self._write(b"".join(lines))
            self.state = state
        elif not self.state.mark.offset:
            self._remove_empty()
        return answers

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

    def _write(self, text: bytes) -> Key | None:
        """Append and wait for the disk; return what the log looks like now."""
        assert self._fd is not None
        new = not self.state.mark.offset
        if new:
            self._take_name()
        try:
            write_all(self._fs, self._fd, text)
            self._fs.fsync(self._fd)
            if new:
                self._fs.fsync_folder(self._folder.events)
        except OSError:
            self._take_back(self._fd, new)
            raise
        return self._fs.key(self._fd)

    def _take_name(self) -> None:
        try:
            log_recovery.take_name(self._folder, self.run_id, None)
        except RunExistsError:
            self._remove_empty()
            raise

    def _take_back(self, fd: int, new: bool) -> None:
        """Cut what was not acknowledged, as far as that goes."""
        with suppress(OSError):
            self._fs.truncate(fd, self.state.mark.offset)
            if new:
                self._fs.remove(self._path)


def _after(
    run_id: str, request: Request, hold: Hold | None, state: State
) -> tuple[list[Event], bytes, State]:
    claims.check_lease(hold, request.lease)
    last = check_end(run_id, state.summary, request.expect, request.guard)
    events = numbered(request.texts, last)
    text, mark = sealed(events, state.mark)
    return events, text, State(mark, folded(run_id, state.summary, events))
