"""What the app remembers: in a private file, merged with what others remember, and bounded."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from flopod_tui.settings import memory_file
from flopod_tui.settings.memory_file import MemoryFile, bounded

STORE = "sqlite:/srv/a.db"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where it is kept."""
    return tmp_path / "state/flopod/tui.json"


def values(path: Path) -> dict[str, Any]:
    """Return what the file holds."""
    held: dict[str, Any] = json.loads(path.read_text())["values"]
    return held


def kept(path: Path, *puts: tuple[str, Any], history: bool = True) -> MemoryFile:
    """Remember something and write it."""

    async def session() -> MemoryFile:
        file = MemoryFile(path)
        memory = file.open(STORE, history=history)
        for name, value in puts:
            memory.put(name, value)
        file.save()
        return file

    return asyncio.run(session())


class Watched(MemoryFile):
    """Tells when it was written."""

    def save(self) -> None:
        """Write, and say so."""
        MemoryFile.save(self)
        saved.set()


saved = asyncio.Event()


def test_it_is_there_in_the_next_session(path: Path) -> None:
    kept(path, ("runs.sort", "age"), ("payloads:approve", [{"by": "me"}]))
    memory = MemoryFile(path).open(STORE, history=True)
    assert memory.get("runs.sort") == "age"
    assert memory.get("payloads:approve") == [{"by": "me"}]
    assert memory.get("unknown", 7) == 7


def test_only_this_user_can_read_it(path: Path) -> None:
    kept(path, ("runs.sort", "age"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["tui.json"]


async def test_it_is_written_a_moment_after_a_change(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_file, "PAUSE", 0.01)
    saved.clear()
    memory = Watched(path).open(STORE, history=True)
    memory.put("runs.sort", "age")
    memory.put("runs.sort", "took")
    async with asyncio.timeout(5):
        await saved.wait()
    assert values(path) == {"runs.sort": "took"}


def test_where_nothing_changed_nothing_is_written(path: Path) -> None:
    kept(path, ("runs.sort", "age"))
    before = path.stat().st_mtime_ns
    kept(path, ("runs.sort", "age"))
    assert path.stat().st_mtime_ns == before


async def test_of_two_apps_the_last_one_wins_name_by_name(path: Path) -> None:
    one, two = MemoryFile(path), MemoryFile(path)
    first, second = (file.open(STORE, history=True) for file in (one, two))
    first.put("runs.sort", "age")
    first.put("panes", [1, 2])
    second.put("runs.sort", "took")
    one.save()
    two.save()
    assert values(path) == {"panes": [1, 2], "runs.sort": "took"}


async def test_of_two_apps_that_write_at_once_no_name_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = MemoryFile(path), MemoryFile(path)
    one.open(STORE, history=True).put("runs.sort", "age")
    two.open(STORE, history=True).put("panes", [1, 2])
    write, others = memory_file.write_private, [threading.Thread(target=two.save)]

    def write_while_another_does(file: Path, text: str) -> None:
        for other in others[:]:
            others.remove(other)
            other.start()
            other.join(0.05)
        write(file, text)

    monkeypatch.setattr(memory_file, "write_private", write_while_another_does)
    [other] = others
    one.save()
    other.join(5)
    assert values(path) == {"runs.sort": "age", "panes": [1, 2]}


def test_a_lock_that_is_not_let_go_keeps_nobody_from_writing(path: Path) -> None:
    kept(path, ("runs.sort", "age"))
    fd = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    kept(path, ("panes", [1]))
    os.close(fd)
    assert values(path) == {"runs.sort": "age", "panes": [1]}


def test_what_was_typed_for_one_store_is_not_offered_in_another(path: Path) -> None:
    kept(path, ("payloads:approve", ["a"]), ("runs.filter", "status:failed"))
    other = MemoryFile(path).open("sqlite:/srv/b.db", history=True)
    assert other.get("payloads:approve") is None
    assert other.get("runs.filter") == "status:failed"


def test_without_history_nothing_typed_is_kept(path: Path) -> None:
    typed = (("payloads:approve", ["a"]), ("inputs:order", ["b"]), ("runs.filter", "secret"))
    kept(path, *typed, ("runs.sort", "age"), history=False)
    assert values(path) == {"runs.sort": "age"}


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"values": 3}', b"\xff\xfe", b"null", b"[" * 100_000, b'{"version": 1}'],
)
def test_a_damaged_file_is_set_aside_and_told_once(path: Path, damage: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(damage)
    file = kept(path, ("runs.sort", "age"))
    assert "is damaged; it is kept as tui.json.bad" in file.trouble
    assert path.with_name("tui.json.bad").read_bytes() == damage
    again = MemoryFile(path)
    assert again.open(STORE, history=True).get("runs.sort") == "age"
    assert again.trouble == ""


def test_a_place_that_cannot_be_written_is_told_and_the_app_goes_on(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    file = kept(tmp_path / "state/flopod/tui.json", ("runs.sort", "age"))
    assert "cannot be" in file.trouble
    assert file.memory.get("runs.sort") == "age"


def test_what_is_kept_is_bounded() -> None:
    huge, long = "x" * (memory_file.LONGEST + 1), [{"n": n} for n in range(30)]
    given = {"a": huge, "payloads:s#e": [huge, *long], "b": 1}
    assert bounded(given) == {"payloads:s#e": long[:20], "b": 1}


def test_the_names_remembered_last_are_kept() -> None:
    given = {f"payloads:s#{n}": [n] for n in range(300)} | {"runs.sort": "age"}
    left = bounded(given)
    assert len(left) == memory_file.NAMES + 1
    assert next(iter(left)) == "payloads:s#100" and list(left)[-1] == "runs.sort"


def test_all_of_it_is_bounded() -> None:
    given = {f"inputs:s#{n}": ["x" * 60_000] * 3 for n in range(40)}
    left = bounded(given)
    assert list(left)[-1] == "inputs:s#39" and len(left) < 10
    assert len(json.dumps(left)) < memory_file.ALL
