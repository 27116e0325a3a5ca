"""Waiting for keys: at rest while there are none, and up at once when it is to end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from textual import events

from flopod_tui.terminal import keyboard
from flopod_tui.terminal.keyboard import Stop, listen

SOON = 5.0


@contextmanager
def listening() -> Iterator[tuple[int, Queue[object], Stop, Thread]]:
    """A thread that reads what is written to a pipe."""
    ear, mouth = os.pipe()
    heard: Queue[object] = Queue()
    stop = Stop()
    thread = Thread(target=listen, args=(ear, stop, heard.put), kwargs={"debug": False})
    thread.start()
    yield mouth, heard, stop, thread
    stop.set()
    thread.join(SOON)
    os.close(ear)
    os.close(mouth)


def key(heard: Queue[object]) -> str:
    """Return the next key."""
    found = heard.get(timeout=SOON)
    assert isinstance(found, events.Key)
    return found.key


def test_keys_are_heard_and_an_escape_alone_is_a_key() -> None:
    with listening() as (mouth, heard, _, _):
        os.write(mouth, "jü\x1b[A".encode())
        assert [key(heard) for _ in range(3)] == ["j", "ü", "up"]
        os.write(mouth, b"\x1b")
        assert key(heard) == "escape"


def test_it_ends_at_once_when_told_to_and_can_be_told_again() -> None:
    with listening() as (_, _, stop, thread):
        stop.set()
        stop.set()
        thread.join(SOON)
        assert not thread.is_alive()
        stop.clear()
        assert not stop.is_set()


def test_it_does_not_wake_while_nothing_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: Queue[float | None] = Queue()
    select = keyboard.select

    def noted(*waited: Any) -> Any:
        waits.put(waited[3])
        return select(*waited)

    monkeypatch.setattr(keyboard, "select", noted)
    with listening() as (mouth, heard, _, _):
        os.write(mouth, b"j")
        assert key(heard) == "j"
        assert [waits.get(timeout=SOON) for _ in range(2)] == [None, None]
