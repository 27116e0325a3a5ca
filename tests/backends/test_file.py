"""The store in a folder of files."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from zlib import crc32

import pytest
from contract import DurableBackendContract
from file_stories import ALL, read
from stories import STORY, Clock, Reopen, completed, step, submitted

from flopod import events as ev
from flopod import records
from flopod.backend import RunQuery
from flopod.errors import BackendError
from flopod.events import Event
from flopod_backends import FileBackend
from flopod_backends.fs import FileSystem
from flopod_backends.watch import hints


class TestFileBackend(DurableBackendContract):
    @pytest.fixture
    async def reopen(self, folder: Path, clock: Clock) -> AsyncIterator[Reopen]:
        handles: list[FileBackend] = []

        def reopen(clock: Callable[[], datetime] = clock) -> FileBackend:
            handles.append(FileBackend(folder, clock))
            return handles[-1]

        yield reopen
        for handle in handles:
            await handle.close()

    @pytest.fixture
    def backend(self, reopen: Reopen) -> FileBackend:
        return reopen()


class TestTheFormOfTheLog:
    async def test_a_line_is_the_record_with_a_checksum_at_its_end(self, told: bytes) -> None:
        crc = 0
        lines = told.splitlines()
        for line in told.decode().split("\n")[:-1]:
            record, seal = line.rstrip(" ").rsplit(',"crc":"', 1)
            crc = crc32(record.encode(), crc)
            assert seal == f'{crc:08x}"}}'
            plain = json.loads(line)
            assert list(plain) == ["seq", "at", "type", "path", "data", "crc"]
            assert records.line(records.parse(line)) == f"{record}}}".encode()
        assert len(lines) >= ALL

    async def test_a_line_ends_in_a_space_where_its_append_goes_on(self, told: bytes) -> None:
        goes_on = [line.endswith(b" ") for line in told.split(b"\n")[:-1]]
        assert goes_on == [True] * (len(STORY) - 1) + [False] * 4

    async def test_only_their_owner_can_read_files_and_folders(
        self, opened: Callable[..., FileBackend], folder: Path
    ) -> None:
        before = os.umask(0)
        try:
            store = opened()
            await store.append("r1", [submitted()])
            await store.close()
        finally:
            os.umask(before)
        modes = {p: p.stat().st_mode & 0o777 for p in [folder, *folder.rglob("*")]}
        assert {m for p, m in modes.items() if p.is_dir()} == {0o700}
        assert {m for p, m in modes.items() if p.is_file()} == {0o600}


class TestTheSummaryBesideTheLog:
    async def test_a_list_reads_it_and_no_log(
        self, told: bytes, folder: Path, opened: Callable[..., FileBackend]
    ) -> None:
        class NoLogs(FileSystem):
            def read(self, path: Path, offset: int = 0) -> object:
                assert path.suffix != ".jsonl", f"{path} was read"
                return super().read(path, offset)

        assert len(await opened(NoLogs()).list_runs(RunQuery())) == 2

    async def test_missing_stale_or_unreadable_it_is_made_anew_from_the_log(
        self, told: bytes, folder: Path, sidecar: Path
    ) -> None:
        good = sidecar.read_bytes()
        other = (folder / "events" / "r2.summary.json").read_bytes()
        flips = [bytearray(good) for _ in range(40)]
        for n, flipped in enumerate(flips):
            flipped[n * len(good) // 40] ^= 4
        for text in (b"", b"{}", b"\0" * len(good), b"null", good[:-9], other, *flips):
            sidecar.write_bytes(text)
            assert (await read(folder))[0] == ALL
        sidecar.unlink()
        assert (await read(folder))[0] == ALL

    async def test_one_that_folds_only_the_beginning_is_folded_on(
        self, told: bytes, folder: Path, sidecar: Path, opened: Callable[..., FileBackend]
    ) -> None:
        early = sidecar.read_bytes()
        store = opened()
        await store.append("r1", [step(), completed()])
        await store.close()
        assert sidecar.read_bytes() != early
        sidecar.write_bytes(early)
        assert (await read(folder))[0] == ALL + 2

    async def test_it_is_written_when_a_run_has_been_quiet_for_a_moment(
        self, sidecar: Path, opened: Callable[..., FileBackend]
    ) -> None:
        store = opened()
        await store.append("r1", [submitted(), step()])
        async with asyncio.timeout(5):
            async for _ in hints(sidecar.parent, str(sidecar).__eq__, 0.05):
                if sidecar.exists():
                    break
        assert json.loads(sidecar.read_bytes())["seq"] == 2

    async def test_it_is_there_with_the_end_of_the_run(
        self, sidecar: Path, opened: Callable[..., FileBackend]
    ) -> None:
        await opened().append("r1", [submitted(), Event(ev.RunCancelled())])
        assert json.loads(sidecar.read_bytes())["seq"] == 2

    async def test_one_that_cannot_be_written_stops_no_run(
        self, folder: Path, sidecar: Path
    ) -> None:
        class FullDisk(FileSystem):
            def rename(self, path: Path, to: Path) -> None:
                if to == sidecar:
                    raise OSError(ENOSPC, "No space left on device")
                super().rename(path, to)

        store = FileBackend(folder, fs=FullDisk())
        for end in (submitted(), Event(ev.RunCancelled()), Event(ev.RunRetried())):
            await store.append("r1", [end])
        assert (await store.list_runs(RunQuery()))[0].last_seq == 3
        await store.close()


def test_a_store_serves_one_event_loop_after_another(tmp_path: Path) -> None:
    store = FileBackend(tmp_path / "runs")
    for seq in (1, 2, 3):
        [recorded] = asyncio.run(store.append("r1", [submitted()]))
        assert recorded.seq == seq

    async def at_once() -> None:
        await asyncio.gather(*(store.append("r1", [step()]) for _ in range(20)))
        await store.close()

    asyncio.run(at_once())


class TestTheFolder:
    async def test_a_missing_parent_and_a_file_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for path in (tmp_path / "missing" / "runs", tmp_path / "file", tmp_path / "file" / "runs"):
            store = FileBackend(path)
            with pytest.raises(BackendError, match="is no directory"):
                await store.list_runs(RunQuery())
            await store.close()

    async def test_what_is_no_log_is_left_alone(
        self, told: bytes, folder: Path, opened: Callable[..., FileBackend]
    ) -> None:
        events = folder / "events"
        (events / "notes.txt").write_text("mine")
        (events / "r3.jsonl").mkdir()
        (events / "r4.jsonl").touch()
        os.mkfifo(events / "r5.jsonl")
        (events / "r6.jsonl").symlink_to("r1.jsonl")
        assert [run.run_id for run in await opened().list_runs(RunQuery())] == ["r1", "r2"]

    async def test_a_log_deleted_under_a_writer_is_begun_anew(
        self, opened: Callable[..., FileBackend], log: Path, sidecar: Path
    ) -> None:
        store = opened()
        await store.append("r1", [submitted(), step()])
        log.unlink()
        [recorded] = await store.append("r1", [submitted()])
        assert recorded.seq == 1
        assert await opened().events("r1") == [recorded]

    async def test_a_log_that_another_file_took_the_place_of_is_gone_on_with_there(
        self, opened: Callable[..., FileBackend], log: Path
    ) -> None:
        store = opened()
        await store.append("r1", [submitted(), step()])
        copy = log.with_name("copy")
        copy.write_bytes(log.read_bytes())
        copy.replace(log)
        [recorded] = await store.append("r1", [step()])
        assert recorded.seq == 3
        assert len(await opened().events("r1")) == 3

    async def test_a_folder_deleted_under_a_store_is_told_and_not_made_again(
        self, opened: Callable[..., FileBackend], folder: Path
    ) -> None:
        store = opened()
        await store.append("r1", [submitted()])
        shutil.rmtree(folder)
        for run_id in ("r1", "r2"):
            with pytest.raises(BackendError, match=f"{run_id}.jsonl: .*; the folder of the store"):
                await store.append(run_id, [step()])
        assert not folder.exists()
