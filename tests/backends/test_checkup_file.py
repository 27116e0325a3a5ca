"""The check-up of a store in files: what is found, by file, line and byte, and its repair."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from checkups import damaged, everything, found, mended, only
from file_stories import ALL
from msgspec.structs import replace
from stories import elsewhere, step, submitted, worker

from flopod import Control
from flopod.backend import RunQuery
from flopod.stored import utc_now
from flopod.summary import RunSummary, Status
from flopod_backends import FileBackend, checkup
from flopod_backends.checkup_findings import Kind, Level
from flopod_backends.checkup_log import goes_on, kept, read_log, salvaged
from flopod_backends.fs import FileSystem
from flopod_backends.log_file import sealed

Damage = Callable[[bytes], bytes]


@pytest.fixture
def url(folder: Path) -> str:
    return f"file:{folder}"


async def listed(folder: Path) -> dict[str, RunSummary]:
    """Return what a new program lists."""
    store = FileBackend(folder)
    try:
        return {run.run_id: run for run in await store.list_runs(RunQuery())}
    finally:
        await store.close()


def lines(text: bytes) -> list[bytes]:
    return text.splitlines(keepends=True)


def in_trash(folder: Path, original: bytes) -> bool:
    """Return whether these bytes are kept."""
    return any(path.read_bytes() == original for path in (folder / "trash").iterdir())


class Failing:
    """Lets so many calls through; all after them fail, as on a disk that is gone."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def before(self, call: Callable[..., object]) -> Callable[..., object]:
        def perhaps(*arguments: object, **named: object) -> object:
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.EIO, "Input/output error")
            return call(*arguments, **named)

        return perhaps


class TestLooking:
    async def test_a_sound_store_has_nothing_wrong(self, told: bytes, url: str) -> None:
        assert found(url) == []

    async def test_a_check_up_makes_and_changes_nothing(
        self, told: bytes, folder: Path, log: Path, url: str
    ) -> None:
        log.write_bytes(told.replace(b"s1", b"S1")[:-5])
        (folder / "events" / "r2.summary.json").unlink()
        (folder / "tmp").rmdir()
        before = everything(folder)
        assert len(found(url)) > 1
        assert everything(folder) == before

    async def test_a_store_that_is_not_there_is_said_and_not_made(self, tmp_path: Path) -> None:
        for url in (f"file:{tmp_path}/none", f"sqlite:{tmp_path}/none.db", "memory:"):
            with pytest.raises(checkup.BackendError):
                checkup.check_up(url)
        assert list(tmp_path.iterdir()) == []

    async def test_a_folder_that_is_no_store_is_left_alone(
        self, told: bytes, folder: Path, url: str, tmp_path: Path
    ) -> None:
        tmp_path.chmod(0o755)
        finding = only(f"file:{tmp_path}", Kind.NOTHING)
        assert (finding.level, finding.mend) == (Level.NOTE, "")
        (folder / "events").rename(tmp_path / "elsewhere")
        assert only(url, Kind.UNREADABLE).file == str(folder / "events")

    async def test_what_is_being_appended_is_no_damage(
        self, folder: Path, url: str, opened: Callable[..., FileBackend]
    ) -> None:
        store = opened()
        await store.append("busy", [submitted()])
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(asyncio.to_thread(lambda: [damaged(url) for _ in range(8)]))
            while not looking.done():
                await store.append("busy", [step(output="x" * 300), step()])
        assert looking.result() == [[]] * 8

    async def test_what_was_appended_since_the_log_was_read_is_no_matter(
        self, told: bytes, sidecar: Path
    ) -> None:
        beside = kept("r1", sidecar.read_bytes())
        assert beside

        def read(offset: int, size: int) -> bytes:
            return (told + later)[offset : offset + size]

        later = b""
        seen = read_log("r1", read)
        later = sealed([replace(step("late"), seq=ALL + 1)], seen.mark)[0]
        assert goes_on("r1", beside, read, seen)
        assert not goes_on("r1", beside._replace(summary=RunSummary(run_id="r1")), read, seen)


class TestDamage:
    async def test_it_is_named_by_file_line_and_byte(
        self, told: bytes, log: Path, url: str
    ) -> None:
        begins = [0]
        for line in lines(told):
            begins.append(begins[-1] + len(line))
        for place in range(3, len(told), 97):
            flipped = bytearray(told)
            flipped[place] ^= 1 << place % 8
            log.write_bytes(flipped)
            [finding] = damaged(url)
            line = told.count(b"\n", 0, place)
            assert (finding.file, finding.line) == (str(log), line + 1)
            assert finding.byte == begins[line]
            assert finding.kind is Kind.DAMAGED_LOG and finding.run == "r1"

    async def test_a_repair_keeps_what_is_proved_and_stops_the_run(
        self, told: bytes, folder: Path, log: Path, url: str
    ) -> None:
        broken = told.replace(b"s1", b"S1")
        log.write_bytes(broken)
        [finding] = damaged(url)
        assert [(lost.line, lost.seq, lost.path) for lost in finding.lost] == [
            (ALL - 1, ALL - 1, "S1"),
            (ALL, ALL, "s2"),
        ]
        mended(url)
        assert log.read_bytes().startswith(b"".join(lines(told)[: ALL - 2]))
        assert in_trash(folder, broken)
        assert found(url) == []

    async def test_a_run_that_lost_records_is_taken_up_only_when_somebody_says_so(
        self, folder: Path, url: str, opened: Callable[..., FileBackend]
    ) -> None:
        store = opened()
        await store.append("r", [submitted()])
        for n in range(3):
            await store.append("r", [step(f"s{n}")])
        await store.close()
        log = folder / "events" / "r.jsonl"
        log.write_bytes(log.read_bytes().replace(b"s1", b"S1"))
        mended(url)
        store = opened()
        assert await store.claim(worker(utc_now), workflows=["order"], limit=9) == []
        run = await store.summary("r")
        assert run and run.status is Status.NEEDS_ATTENTION
        assert "2 records behind event 2" in str(run.error)
        await Control(store).retry("r")
        [lease] = await store.claim(worker(utc_now), workflows=["order"], limit=9)
        assert lease.run_id == "r"
        assert [event.type for event in await store.events("r")][:2] == [
            "RunSubmitted",
            "ActivityCompleted",
        ]

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: text.replace(b"\n", b"\r\n"),
            lambda text: b"\xef\xbb\xbf" + text,
            lambda text: b"".join([*lines(text)[:4], b"\n", *lines(text)[4:]]),
            lambda text: b"".join(lines(text)[:4] + lines(text)[3:]),
            lambda text: b"".join(lines(text)[:-2] + lines(text)[:-3:-1]),
            lambda text: b"".join(reversed(lines(text))),
            lambda text: b"\0" * 512 + text,
        ],
        ids=["CR LF", "BOM", "blank line", "doubled", "swapped", "reversed", "zeros before"],
    )
    async def test_what_the_checksums_prove_is_mended_without_a_loss(
        self, told: bytes, folder: Path, log: Path, url: str, damage: Damage
    ) -> None:
        log.write_bytes(damage(told))
        [finding] = damaged(url)
        assert finding.lost == ()
        mended(url)
        assert log.read_bytes() == told
        assert in_trash(folder, damage(told))

    async def test_a_run_of_which_nothing_is_left_is_taken_out(
        self, told: bytes, folder: Path, log: Path, url: str, opened: Callable[..., FileBackend]
    ) -> None:
        broken = told.replace(b"order", b"ORDER", 1)
        log.write_bytes(broken)
        mended(url)
        assert list(await listed(folder)) == ["r2"]
        assert in_trash(folder, broken)
        [event] = await opened().append("r1", [submitted()], expect=0)
        assert event.seq == 1

    async def test_a_log_that_ends_before_its_summary_is_damage(
        self, told: bytes, folder: Path, log: Path, url: str
    ) -> None:
        log.write_bytes(b"".join(lines(told)[:-2]))
        finding = only(url, Kind.SHORT_LOG)
        assert finding.level is Level.DAMAGE
        assert f"events {ALL - 1} to {ALL} are gone" in finding.what
        assert (finding.line, finding.byte) == (ALL - 1, log.stat().st_size)
        mended(url)
        assert found(url) == []
        # The story was at its end, so there is nothing to stop.
        assert (await listed(folder))["r1"].last_seq == ALL - 2

    async def test_a_torn_tail_that_was_acknowledged_is_damage(
        self, told: bytes, log: Path, url: str
    ) -> None:
        log.write_bytes(told[:-9])
        assert only(url, Kind.SHORT_LOG).line == ALL

    async def test_a_repair_that_fails_anywhere_loses_nothing_and_can_be_repeated(
        self, told: bytes, folder: Path, log: Path, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = told.replace(b"s1", b"S1")
        summary = log.with_name("r1.summary.json").read_bytes()
        for calls in range(100):
            log.write_bytes(broken)
            log.with_name("r1.summary.json").write_bytes(summary)
            with monkeypatch.context() as patched:
                failing = Failing(calls)
                for name in ("write", "fsync", "fsync_folder", "rename", "remove", "truncate"):
                    patched.setattr(FileSystem, name, failing.before(getattr(FileSystem, name)))
                list(checkup.mend(checkup.check_up(url)))
            assert log.read_bytes() == broken or in_trash(folder, broken)
            mended(url)
            assert log.read_bytes() == b"".join(lines(told)[: ALL - 2])
            for original in (folder / "trash").iterdir():
                original.unlink()
            if failing.left > 0:
                break
        assert calls > 8

    async def test_a_run_that_a_live_worker_holds_is_left_alone(
        self, told: bytes, log: Path, url: str, opened: Callable[..., FileBackend]
    ) -> None:
        await opened().claim_run(elsewhere(utc_now), "r1")
        broken = told.replace(b"s1", b"S1")
        log.write_bytes(broken)
        [done] = checkup.mend(checkup.check_up(url))
        assert not done.done and "far-away:1 is at work" in done.what
        assert log.read_bytes() == broken

    async def test_a_log_that_is_one_hole_takes_no_memory(
        self, told: bytes, log: Path, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flopod_backends.checkup_log._SPAN", 1 << 16)
        monkeypatch.setattr("flopod_backends.checkup_log._MOST", 1 << 18)
        os.truncate(log, 10 << 30)
        finding = only(url, Kind.DAMAGED_LOG)
        assert (finding.line, finding.byte) == (ALL + 1, len(told))
        assert "no event ends within" in finding.what and not finding.mend

    async def test_a_log_read_in_pieces_is_read_alike(
        self, told: bytes, log: Path, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log.write_bytes(told.replace(b"s1", b"S1"))
        whole = found(url)
        for span in (1, 200, 1000):
            monkeypatch.setattr("flopod_backends.checkup_log._SPAN", span)
            assert found(url) == whole

    async def test_a_log_that_a_write_failed_of_is_told_and_copied(
        self, told: bytes, folder: Path, log: Path, url: str
    ) -> None:
        log.chmod(0o1644)
        inode = log.stat().st_ino
        assert [finding.kind for finding in found(url)] == [Kind.LAX_MODE, Kind.SUSPECT_LOG]
        mended(url)
        assert found(url) == []
        assert log.read_bytes() == told and log.stat().st_ino != inode


class TestATornTail:
    @pytest.fixture
    def unseen(self, told: bytes, log: Path, sidecar: Path) -> int:
        """Tear the last line, which no summary has seen; return where it begins."""
        sidecar.unlink()
        log.write_bytes(told[:-9])
        return told.rindex(b"\n", 0, -1) + 1

    async def test_it_is_a_note(self, unseen: int, log: Path, url: str) -> None:
        torn, _ = found(url)
        assert (torn.level, torn.kind) == (Level.NOTE, Kind.TORN_TAIL)
        assert (torn.file, torn.line, torn.byte) == (str(log), ALL, unseen)
        assert f"{log.stat().st_size - unseen} bytes" in torn.what

    async def test_a_repair_keeps_its_bytes_and_cuts_it(
        self, unseen: int, folder: Path, log: Path, url: str
    ) -> None:
        tail = log.read_bytes()[unseen:]
        mended(url)
        assert log.stat().st_size == unseen
        assert in_trash(folder, tail)
        assert found(url) == []


class TestSummaries:
    @staticmethod
    def of_another_run(text: bytes) -> bytes:
        return text.replace(b'"run_id":"r1"', b'"run_id":"rx"')

    @pytest.mark.parametrize(
        ("damage", "phrase"),
        [
            (lambda text: b"{", "no summary"),
            (lambda text: b"", "empty"),
            (lambda text: b"[]", "no summary"),
            (lambda text: b"\0" * len(text), "NUL bytes"),
            (lambda text: text.replace(b'"order"', b'"0rder"'), "checksum"),
            (lambda text: text.replace(b'"form":1', b'"form":2'), "form 2"),
            (of_another_run, "of run 'rx'"),
        ],
    )
    async def test_one_that_cannot_be_read_is_written_anew(
        self, told: bytes, folder: Path, sidecar: Path, url: str, damage: Damage, phrase: str
    ) -> None:
        whole = await listed(folder)
        wrong = damage(sidecar.read_bytes())
        sidecar.write_bytes(wrong)
        finding = only(url, Kind.BAD_SUMMARY)
        assert finding.file == str(sidecar) and phrase in finding.what
        mended(url)
        assert found(url) == []
        assert in_trash(folder, wrong)
        assert await listed(folder) == whole

    async def test_one_of_another_log_is_written_anew(
        self, told: bytes, log: Path, sidecar: Path, url: str, tmp_path: Path
    ) -> None:
        store = FileBackend(tmp_path / "other")
        await store.append("r1", [submitted(input="another")])
        await store.close()
        sidecar.write_bytes((tmp_path / "other/events/r1.summary.json").read_bytes())
        assert only(url, Kind.BAD_SUMMARY).what == "it is not what this log folds to"
        mended(url)
        assert found(url) == []

    async def test_one_that_is_missing_or_behind_is_a_note(
        self, told: bytes, log: Path, sidecar: Path, url: str
    ) -> None:
        text = sidecar.read_bytes()
        sidecar.unlink()
        assert only(url, Kind.NO_SUMMARY).level is Level.NOTE
        mended(url)
        os.utime(log)
        assert only(url, Kind.STALE_SUMMARY).level is Level.NOTE
        mended(url)
        assert found(url) == []
        store = FileBackend(log.parent.parent)
        await store.append("r1", [step("late")])
        await store.close()
        sidecar.write_bytes(text)
        assert only(url, Kind.STALE_SUMMARY).what == f"it has seen {ALL} of {ALL + 1} events"

    async def test_one_without_a_log_is_told_and_kept_in_the_trash(
        self, told: bytes, folder: Path, log: Path, sidecar: Path, url: str
    ) -> None:
        log.unlink()
        text = sidecar.read_bytes()
        finding = only(url, Kind.ORPHAN_SUMMARY)
        assert (finding.file, finding.level) == (str(sidecar), Level.DAMAGE)
        assert f"its log with {ALL} events is gone" in finding.what
        mended(url)
        assert found(url) == [] and in_trash(folder, text)


class TestStrangers:
    async def test_what_is_no_log_is_ignored_with_the_reason_and_never_opened(
        self, told: bytes, folder: Path, url: str
    ) -> None:
        events = folder / "events"
        (events / "d.jsonl").mkdir(mode=0o700)
        os.mkfifo(events / "f.jsonl", 0o600)
        (events / "l.jsonl").symlink_to("/etc/passwd")
        (events / "loop.jsonl").symlink_to("loop.jsonl")
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(events / "s.jsonl"))
        for name in ("r1.jsonl~", ".r1.jsonl.swp", "Icon\r", "b d.jsonl"):
            (events / name).touch(mode=0o600)
        told_of = {Path(finding.file).name: finding for finding in found(url)}
        assert {name: finding.kind for name, finding in told_of.items()} == dict.fromkeys(
            [
                *("d.jsonl", "f.jsonl", "l.jsonl", "loop.jsonl", "s.jsonl"),
                *("r1.jsonl~", ".r1.jsonl.swp", "Icon\r", "b d.jsonl"),
            ],
            Kind.IGNORED,
        )
        assert "a FIFO" in told_of["f.jsonl"].what
        assert "a directory" in told_of["d.jsonl"].what
        assert "a socket" in told_of["s.jsonl"].what
        assert "a symbolic link to /etc/passwd" in told_of["l.jsonl"].what
        assert "no run id" in told_of["b d.jsonl"].what
        assert not any(finding.mend for finding in told_of.values())

    async def test_an_empty_log_is_a_note(self, told: bytes, folder: Path, url: str) -> None:
        (folder / "events" / "e.jsonl").touch(mode=0o600)
        assert only(url, Kind.EMPTY_LOG).level is Level.NOTE

    async def test_ids_that_differ_only_in_letter_case_are_told(
        self, told: bytes, folder: Path, url: str
    ) -> None:
        copy = folder / "events" / "R1.jsonl"
        copy.write_bytes(told)
        copy.chmod(0o600)
        same = [finding for finding in found(url) if finding.kind is Kind.SAME_BUT_CASE]
        assert [finding.what for finding in same] == [
            "run 'r1' differs from run 'R1' only in letter case"
        ]

    async def test_lax_modes_are_told_and_set(self, told: bytes, folder: Path, url: str) -> None:
        lax = [folder, folder / "events", folder / "events" / "r1.jsonl", folder / "trash"]
        for path in lax:
            path.chmod(path.stat().st_mode | 0o044)
        assert {finding.file for finding in found(url)} == {str(path) for path in lax}
        assert {finding.kind for finding in found(url)} == {Kind.LAX_MODE}
        mended(url)
        assert [path.stat().st_mode & 0o777 for path in lax] == [0o700, 0o700, 0o600, 0o700]

    async def test_what_a_dead_process_left_is_told_and_kept_in_the_trash(
        self, told: bytes, folder: Path, url: str
    ) -> None:
        for pid, seconds in ((2**22 + 1, 600), (2**22 + 1, 1), (os.getpid(), 600)):
            left = folder / "tmp" / f"{pid}-{seconds}"
            left.touch(mode=0o600)
            os.utime(left, (left.stat().st_mtime - seconds,) * 2)
        finding = only(url, Kind.LEFT_OVER)
        assert finding.file.endswith("-600")
        mended(url)
        assert len(list((folder / "tmp").iterdir())) == 2

    async def test_a_network_file_system_is_told(
        self, told: bytes, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flopod_backends.checkup.network", lambda path: "nfs4")
        assert only(url, Kind.NETWORK).level is Level.WARNING
        monkeypatch.setenv("FLOPOD_ALLOW_NETWORK_FS", "1")
        assert only(url, Kind.NETWORK).level is Level.NOTE


class TestWorkers:
    async def test_those_that_are_gone_are_told_and_what_they_held_is_given_back(
        self, told: bytes, folder: Path, url: str, opened: Callable[..., FileBackend]
    ) -> None:
        gone = elsewhere(lambda: submitted().at, host="gone")
        store = opened()
        await store.claim_run(gone, "r2")
        await store.close()
        assert [finding.kind for finding in found(url)] == [Kind.DEAD_WORKER, Kind.DEAD_LEASE]
        assert {finding.level for finding in found(url)} == {Level.NOTE}
        mended(url)
        assert found(url) == []
        [lease] = await opened().claim(worker(utc_now), workflows=["order"], limit=9)
        assert lease.run_id == "r2"

    async def test_those_alive_are_not(
        self, told: bytes, url: str, opened: Callable[..., FileBackend]
    ) -> None:
        store = opened()
        await store.claim_run(elsewhere(utc_now), "r2")
        assert found(url) == []

    async def test_a_lease_that_cannot_be_read_goes_to_the_trash(
        self, told: bytes, folder: Path, url: str
    ) -> None:
        lease = folder / "leases" / "r2.json"
        lease.write_bytes(b"{")
        lease.chmod(0o600)
        finding = only(url, Kind.BAD_RECORD)
        assert (finding.file, finding.level) == (str(lease), Level.DAMAGE)
        mended(url)
        assert found(url) == [] and in_trash(folder, b"{")

    async def test_a_lock_that_is_never_let_go_is_told(
        self, told: bytes, log: Path, url: str
    ) -> None:
        with log.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert only(url, Kind.LOCKED).file == str(log)
        assert found(url) == []


def test_a_salvage_invents_nothing() -> None:
    for text in (b"", b"\n\n", b"\0" * 100, b"{}\n", b'{"seq":1,"crc":"00000000"}\n'):
        salvage = salvaged("r", text)
        assert (salvage.text, salvage.mark.seq) == (b"", 0)
