"""What a file store knows of its runs without reading their logs again. All its calls block."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from errno import EACCES, EIO, EPERM
from typing import NamedTuple

from msgspec.structs import replace

from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.summary import RunSummary, Status
from flopod_backends.folder import LOG, Folder
from flopod_backends.fs import Key
from flopod_backends.log_file import START, Mark, Scan, mark_in, scan
from flopod_backends.recording import folded
from flopod_backends.sidecar import read_sidecar

_MOST_PLACES = 10_000
_END = 1_000_000
"""Bytes at the end of a long log that are read alone when only the newest events are wanted."""
_BEGINNING = 64_000
"""Bytes that are read alone when only the first events are wanted."""
_OF_ONE_FILE = (EACCES, EPERM, EIO)


class Entry(NamedTuple):
    """A run as it was seen last."""

    key: Key
    summary: RunSummary


class Catalogue:
    """The summaries of all runs, each read when its log has changed."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._fs = folder.fs
        self._entries: dict[str, Entry] = {}
        self._written: dict[str, Key] = {}
        self._writing: set[str] = set()
        self._asked: set[str] = set()
        """Those of them that others asked about meanwhile."""
        self._places: OrderedDict[str, tuple[int, Mark]] = OrderedDict()

    def summaries(self) -> dict[str, RunSummary]:
        """Return the summary of every run that has an event."""
        keys = self.keys()
        for gone in self._entries.keys() - keys.keys():
            self._entries.pop(gone, None)
            self._written.pop(gone, None)
        found = {run_id: self._summary(run_id, key) for run_id, key in keys.items()}
        return {run_id: summary for run_id, summary in found.items() if summary}

    def summary(self, run_id: str) -> RunSummary | None:
        """Return the summary of one run; None when it has no event."""
        key = self._fs.key(self._folder.log(run_id))
        return self._summary(run_id, key) if key else None

    def keys(self) -> dict[str, Key]:
        """Return what the logs look like, by run."""
        names = self._fs.keys(self._folder.events).items()
        return {name.removesuffix(LOG): key for name, key in names if name.endswith(LOG)}

    def written(self, run_id: str, key: Key | None) -> bool:
        """Return whether the run's log looks as this process wrote it: it was told of then."""
        return key is not None and self._written.get(run_id) == key

    def writes(self, run_id: str) -> None:
        """Say that this process begins to append to the run."""
        self._writing.add(run_id)

    def is_writing(self, run_id: str) -> bool:
        """Return whether it is at it: what changes is told when it is done."""
        if run_id not in self._writing:
            return False
        self._asked.add(run_id)
        return True

    def wrote(self, run_id: str, key: Key | None) -> bool:
        """Say that it is done, and left the log so; tells whether another has changed it since."""
        self._writing.discard(run_id)
        if run_id not in self._asked:
            return False
        self._asked.discard(run_id)
        with suppress(OSError):
            return self._fs.key(self._folder.log(run_id)) != key
        return True

    def note(self, run_id: str, key: Key, summary: RunSummary) -> None:
        """Keep what this process has just written."""
        self._written[run_id] = key
        self._entries[run_id] = Entry(key, summary)

    def forget(self, run_id: str) -> None:
        """Keep nothing of a run."""
        self._entries.pop(run_id, None)
        self._written.pop(run_id, None)
        self._places.pop(run_id, None)

    def events(self, run_id: str, after: int) -> list[Event]:
        """Return the events with a number above `after`.

        Raises:
            CorruptLogError: the log is damaged.
        """
        inode, mark = self._places.get(run_id, (0, START))
        key = self._fs.key(self._folder.log(run_id))
        if key is None:
            return []
        if mark.seq > after or inode != key.inode or mark.offset > key.size:
            mark = START
        if mark == START and after and key.size > _END:
            newest = self._newest(run_id, key.size - _END, after)
            if newest is not None:
                return newest
        key, found = self._scan(run_id, mark)
        if found.damage and mark.seq:
            # The log may be another one by now, in a file of the same number.
            key, found = self._scan(run_id, START)
        self._keep_place(run_id, key.inode, found.mark)
        events = [event for event in found.events if event.seq > after]
        if found.damage:
            raise CorruptLogError(run_id, *found.damage, events)
        return events

    def some(self, run_id: str, after: int, limit: int) -> list[Event]:
        """Return no more than `limit` of the events above `after`, what is behind them untold.

        Raises:
            CorruptLogError: the log is damaged before that.
        """
        read = None if after > 0 else self._fs.read(self._folder.log(run_id), 0, _BEGINNING)
        events = scan(read[1]).events if read else []
        if len(events) < limit:
            events = self._as_far_as_good(run_id, after, limit)
        return events[:limit]

    def _as_far_as_good(self, run_id: str, after: int, limit: int) -> list[Event]:
        try:
            return self.events(run_id, after)
        except CorruptLogError as error:
            good = [event for event in error.events if isinstance(event, Event)]
            if len(good) < limit:
                raise
            return good

    def _newest(self, run_id: str, offset: int, after: int) -> list[Event] | None:
        """Return the events above `after` from the end of a log alone, what is before unread.

        None: they begin before `offset`, or something there is not as it should be.
        """
        read = self._fs.read(self._folder.log(run_id), offset)
        mark = mark_in(read[1], offset, after) if read else None
        if read is None or mark is None:
            return None
        found = scan(read[1][mark.offset - offset :], mark)
        return None if found.damage else found.events

    def _summary(self, run_id: str, key: Key) -> RunSummary | None:
        if not key.size:
            return None
        entry = self._entries.get(run_id)
        if entry is None or entry.key != key:
            # Kept in hand: another thread may put an older one there meanwhile.
            entry = self._read(run_id, key)
            if entry is None:
                return RunSummary(run_id=run_id, status=Status.DAMAGED)
            self._entries[run_id] = entry
        summary = entry.summary
        return summary if summary.last_seq or summary.status is Status.DAMAGED else None

    def _read(self, run_id: str, key: Key) -> Entry | None:
        try:
            return self._read_files(run_id, key)
        except OSError as error:
            if error.errno in _OF_ONE_FILE:
                return None  # The other runs are listed all the same.
            raise

    def _read_files(self, run_id: str, key: Key) -> Entry:
        read = self._fs.read(self._folder.sidecar(run_id))
        summary, mark = (read and read_sidecar(run_id, read[1], key)) or (None, START)
        if mark.offset == key.size and summary:
            return Entry(key, summary)
        key, found = self._scan(run_id, mark)
        if found.damage or found.torn:
            # What does not go on there may be whole all the same: the summary was of another log.
            summary = None
            key, found = self._scan(run_id, START)
        summary = folded(run_id, summary, found.events)
        return Entry(key, replace(summary, status=Status.DAMAGED) if found.damage else summary)

    def _scan(self, run_id: str, mark: Mark) -> tuple[Key, Scan]:
        read = self._fs.read(self._folder.log(run_id), mark.offset)
        if read is None:
            return Key(0, 0, 0), Scan([], START)
        key, text = read
        return key, scan(text, mark)

    def _keep_place(self, run_id: str, inode: int, mark: Mark) -> None:
        self._places[run_id] = (inode, mark)
        self._places.move_to_end(run_id)
        if len(self._places) > _MOST_PLACES:
            self._places.popitem(last=False)
