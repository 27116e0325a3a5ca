"""What the store in files does about torn, damaged and unwritable logs."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest
from file_stories import ALL, read
from stories import STORY, step, submitted, told_of

from flopod.backend import RunQuery
from flopod.errors import BackendError, CorruptLogError
from flopod.summary import Status
from flopod_backends import FileBackend
from flopod_backends.fs import FileSystem


class TestATornTail:
    async def test_a_line_torn_at_any_byte_is_ignored_then_saved_and_cut(
        self, told: bytes, folder: Path, log: Path
    ) -> None:
        begin = told.rindex(b"\n", 0, -1) + 1
        for end in range(begin, len(told)):
            log.write_bytes(told[:end])
            assert (await read(folder))[0] == ALL - 1
            store = FileBackend(folder)
            [recorded] = await store.append("r1", [step("after")])
            await store.close()
            assert recorded.seq == ALL
            assert log.read_bytes()[:begin] == told[:begin]
            assert (await read(folder))[0] == ALL
            if end > begin:
                crc = crc32(told[begin:end])
                saved = folder / "trash" / f"r1.tail.{begin}.{crc:08x}"
                assert saved.read_bytes() == told[begin:end]

    async def test_an_append_of_many_events_torn_at_any_line_is_ignored_whole(
        self, told: bytes, folder: Path, log: Path
    ) -> None:
        ends = [n for n, byte in enumerate(told) if byte == 10][: len(STORY) - 1]
        for end in [*ends, *(e + 1 for e in ends), *(e - 1 for e in ends)]:
            log.write_bytes(told[:end])
            assert await read(folder) == (0, None)

    async def test_blocks_that_were_never_written_are_a_torn_tail(
        self, told: bytes, folder: Path, log: Path, opened: Callable[..., FileBackend]
    ) -> None:
        store = opened()
        await store.append("r1", [step("longer than a block", "x" * 600)])
        await store.close()
        told = log.read_bytes()
        begin = told.rindex(b"\n", 0, -1) + 1
        log.write_bytes(told + b"\0" * 4096)
        assert (await read(folder))[0] == ALL + 1
        begins = -begin % 512 + begin
        assert begins < len(told)
        log.write_bytes(told[:begins] + b"\0" * (len(told) - begins))
        assert (await read(folder))[0] == ALL


class TestDamage:
    async def test_a_flipped_bit_is_found_and_never_read_as_data(
        self, told: bytes, folder: Path, log: Path
    ) -> None:
        lines = told.split(b"\n")
        for place in range(0, len(told), 41):
            flipped = bytearray(told)
            flipped[place] ^= 1 << place % 8
            log.write_bytes(flipped)
            good, status = await read(folder)
            assert status is Status.DAMAGED
            # What is before the damage, but no half of an append.
            line = told.count(b"\n", 0, place)
            assert good == (0 if line < len(STORY) else line)
        assert len(lines) == ALL + 1

    async def test_swapped_lost_and_doubled_lines_are_found(
        self, told: bytes, folder: Path, log: Path
    ) -> None:
        lines = [line + b"\n" for line in told.split(b"\n")[:-1]]
        for wrong in (
            [*lines[:-2], lines[-1], lines[-2]],
            lines[:-2] + lines[-1:],
            [*lines, lines[-1]],
            lines[1:],
            [*lines[:-1], b"\n", lines[-1]],
        ):
            log.write_bytes(b"".join(wrong))
            assert (await read(folder))[1] is Status.DAMAGED

    async def test_nothing_is_appended_to_a_damaged_log_and_nothing_cut(
        self, told: bytes, folder: Path, log: Path, opened: Callable[..., FileBackend]
    ) -> None:
        damaged = told.replace(b"s1", b"S1")
        log.write_bytes(damaged)
        store = opened()
        for _ in range(2):
            with pytest.raises(CorruptLogError, match=f"event {len(STORY) + 2}"):
                await store.append("r1", [step()])
        assert log.read_bytes() == damaged
        await store.append("r2", [step()])

    async def test_a_damaged_run_is_counted_and_can_be_asked_for(
        self, told: bytes, folder: Path, log: Path, opened: Callable[..., FileBackend]
    ) -> None:
        log.write_bytes(told.replace(b"s1", b"S1"))
        store = opened()
        assert (await store.counts())[Status.DAMAGED] == 1
        [run] = await store.list_runs(RunQuery(statuses=frozenset({Status.DAMAGED})))
        assert run.run_id == "r1"
        assert await store.next_due(["order"]) is not None


class TestFaults:
    class Failing(FileSystem):
        """Fails where it is told to, with the error of a full disk."""

        def __init__(self) -> None:
            self.short = False
            self.fails: set[str] = set()
            self.synced = 0

        def write(self, fd: int, data: memoryview) -> int:
            if self.short:
                data = data[: max(1, len(data) // 2)]
            if "write" in self.fails:
                self.fails.remove("write")
                self.fails.add("rest")
                return super().write(fd, data[: len(data) // 2])
            if "rest" in self.fails:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(fd, data)

        def fsync(self, fd: int) -> None:
            self.synced += 1
            if "fsync" in self.fails:
                self.fails.clear()
                raise OSError(errno.EIO, "Input/output error")
            super().fsync(fd)

        def fsync_folder(self, path: Path) -> None:
            self.synced += 1
            super().fsync_folder(path)

    async def test_a_short_write_is_finished(self, opened: Callable[..., FileBackend]) -> None:
        fs = self.Failing()
        fs.short = True
        store = opened(fs)
        recorded = await store.append("r1", STORY)
        assert await store.events("r1") == recorded

    async def test_a_full_disk_is_told_and_leaves_no_half(
        self, opened: Callable[..., FileBackend], folder: Path
    ) -> None:
        fs = self.Failing()
        store = opened(fs)
        await store.append("r1", [submitted()])
        fs.fails.add("write")
        with pytest.raises(BackendError, match="No space left"):
            await store.append("r1", STORY)
        assert len(await store.events("r1")) == 1
        with pytest.raises(BackendError, match="No space left"):
            await store.append("r1", [step()])
        fs.fails.clear()
        [recorded] = await store.append("r1", [step()])
        assert recorded.seq == 2
        assert await store.summary("r1") == told_of("r1", await store.events("r1"))

    async def test_a_failed_fsync_is_told_and_not_tried_again(
        self, opened: Callable[..., FileBackend]
    ) -> None:
        fs = self.Failing()
        store = opened(fs)
        await store.append("r1", [submitted()])
        fs.fails.add("fsync")
        before = fs.synced
        with pytest.raises(BackendError, match="Input/output error"):
            await store.append("r1", [step()])
        assert fs.synced == before + 1
        found = len(await store.events("r1"))
        [recorded] = await store.append("r1", [step()])
        assert recorded.seq == found + 1

    async def test_every_append_and_every_new_name_reaches_the_disk(
        self, opened: Callable[..., FileBackend]
    ) -> None:
        fs = self.Failing()
        store = opened(fs)
        await store.append("r0", [submitted()])
        before = fs.synced
        await store.append("r1", [submitted(), step()])
        assert fs.synced == before + 2
        await store.append("r1", [step(), step()])
        assert fs.synced == before + 3
