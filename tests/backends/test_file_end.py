"""The newest events of a long log are read from its end, without what is before them."""

from __future__ import annotations

from pathlib import Path

import pytest
from stories import step, submitted

from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod_backends import FileBackend, catalogue
from flopod_backends.fs import FileSystem, Key

COUNT = 60
END = 3000
"""Bytes that are read at the end in these tests: about a third of the log."""


class Counting(FileSystem):
    """Notes how many bytes of a log were read at once, the last time."""

    taken = 0

    def read(
        self, path: Path, offset: int = 0, size: int | None = None
    ) -> tuple[Key, bytes] | None:
        found = super().read(path, offset, size)
        if found and path.suffix == ".jsonl":
            self.taken = len(found[1])
        return found


@pytest.fixture
async def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """What a log holds: events appended by one, and by three together."""
    monkeypatch.setattr(catalogue, "_END", END)
    store = FileBackend(tmp_path)
    events = await store.append("r1", [submitted()])
    while len(events) < COUNT:
        events += await store.append("r1", [step(f"s{len(events)}")])
        events += await store.append("r1", [step(f"s{len(events) + n}") for n in range(3)])
    await store.close()
    return events


async def newest(folder: Path, after: int, fs: FileSystem | None = None) -> list[Event]:
    """Return what a new program reads above a number."""
    store = FileBackend(folder, fs=fs)
    try:
        return await store.events("r1", after)
    finally:
        await store.close()


async def test_the_end_alone_is_read_wherever_it_begins(
    tmp_path: Path, written: list[Event]
) -> None:
    for after in range(len(written) - 10, len(written)):
        fs = Counting()
        assert await newest(tmp_path, after, fs) == written[after:]
        assert fs.taken == END


async def test_of_the_first_events_the_beginning_alone_is_read(
    tmp_path: Path, written: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "_BEGINNING", END)
    log = tmp_path / "events" / "r1.jsonl"
    log.write_bytes(log.read_bytes()[:-3] + b"x}\n")  # damage at its end
    store = FileBackend(tmp_path, fs=(fs := Counting()))
    assert await store.events("r1", limit=1) == written[:1]
    assert fs.taken == END
    assert await store.events("r1", limit=len(written) - 10) == written[:-10]
    with pytest.raises(CorruptLogError):
        await store.events("r1", limit=len(written))
    await store.close()


async def test_what_begins_further_up_is_read_with_all_before(
    tmp_path: Path, written: list[Event]
) -> None:
    fs = Counting()
    assert await newest(tmp_path, 3, fs) == written[3:]
    assert fs.taken > 2 * END


async def test_a_torn_end_is_passed_over_there_too(tmp_path: Path, written: list[Event]) -> None:
    log = tmp_path / "events" / "r1.jsonl"
    log.write_bytes(log.read_bytes()[:-7])
    # The append that is torn was one of three.
    assert await newest(tmp_path, len(written) - 8) == written[-8:-3]


async def test_damage_at_the_end_is_told_as_ever(tmp_path: Path, written: list[Event]) -> None:
    log = tmp_path / "events" / "r1.jsonl"
    text = bytearray(log.read_bytes())
    text[-1000] ^= 1
    log.write_bytes(text)
    with pytest.raises(CorruptLogError):
        await newest(tmp_path, len(written) - 12)


async def test_what_was_not_read_is_not_taken_for_known(
    tmp_path: Path, written: list[Event]
) -> None:
    log = tmp_path / "events" / "r1.jsonl"
    text = bytearray(log.read_bytes())
    text[40] ^= 1
    log.write_bytes(text)
    store = FileBackend(tmp_path)
    assert await store.events("r1", len(written) - 5) == written[-5:]
    with pytest.raises(CorruptLogError) as damaged:
        await store.events("r1")
    assert not damaged.value.events
    await store.close()
