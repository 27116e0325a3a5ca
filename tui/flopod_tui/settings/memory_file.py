"""The file behind the memory: read once, written a moment after something has changed, and at last.

Two apps at once are merged name by name, one after the other. What can't be read is set aside,
never overwritten.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flopod_tui.settings.memory import TYPED, Memory
from flopod_tui.settings.places import alone, short, write_private

PAUSE = 3.0
"""Seconds in which changes are gathered into one writing."""
LONGEST, MOST, NAMES, ALL = 64_000, 20, 200, 1_000_000
"""Characters of one value, values under one name, names typed, characters in all: what is kept."""


@dataclass(slots=True)
class MemoryFile:
    """Where a memory is kept."""

    path: Path
    trouble: str = ""
    """What went wrong, for people; the app goes on without."""
    memory: Memory = field(default_factory=Memory)
    _due: set[str] = field(default_factory=set)
    _timer: asyncio.TimerHandle | None = None

    def open(self, store: str, *, history: bool) -> Memory:
        """Return what was remembered, which from now on is written when it changes."""
        self.memory = Memory(self._read(), store, history, self._changed)
        return self.memory

    def save(self) -> None:
        """Write what has changed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due, self._due = self._due, set()
        if not due:
            return
        with alone(self.path.parent):
            self._put(due)

    def _put(self, due: set[str]) -> None:
        # Another app may have written meanwhile: only what changed here is put over it.
        values = self._read()
        for key in self.memory.values:
            if key in due:
                values.pop(key, None)
                values[key] = self.memory.values[key]
        try:
            write_private(self.path, json.dumps({"version": 1, "values": bounded(values)}))
        except OSError as error:
            self.trouble = f"{short(self.path)} cannot be written: {error.strerror}"

    def _changed(self, key: str) -> None:
        self._due.add(key)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self.save)

    def _read(self) -> dict[str, Any]:
        try:
            held = json.loads(self.path.read_bytes())
            if not isinstance(held["values"], dict):
                raise TypeError
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.trouble = f"{short(self.path)} cannot be read: {error.strerror}"
            return {}
        except (ValueError, LookupError, TypeError, RecursionError):
            self._set_aside()
            return {}
        values: dict[str, Any] = held["values"]
        return values

    def _set_aside(self) -> None:
        bad = self.path.with_name(f"{self.path.name}.bad")
        try:
            self.path.replace(bad)
            self.trouble = f"{short(self.path)} is damaged; it is kept as {bad.name}"
        except OSError as error:
            self.trouble = f"{short(self.path)} is damaged and cannot be moved: {error.strerror}"


def bounded(values: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of the values, the ones remembered last before all others."""
    kept: dict[str, Any] = {}
    typed, room = 0, ALL
    for name in reversed(values):
        value = _shorter(values[name])
        size = _size(value)
        is_typed = name.partition(":")[0] in TYPED
        typed += is_typed
        if size > room or (is_typed and typed > NAMES) or (size > LONGEST and not is_typed):
            continue
        kept[name] = value
        room -= size
    return dict(reversed(kept.items()))


def _shorter(value: Any) -> Any:
    """Return a list, which has the newest first, without what is too long and too old."""
    if not isinstance(value, list):
        return value
    return [one for one in value if _size(one) <= LONGEST][:MOST]


def _size(value: Any) -> int:
    return len(json.dumps(value))
