"""Whatever happens to the files of a store: the check-up says so, and a repair loses no byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from checkups import damaged, mended
from stories import step, submitted

from flopod.backend import RunQuery
from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.summary import Status
from flopod_backends import FileBackend, checkup

TRIALS = 36
Damage = Callable[[random.Random, bytes], bytes]


def flip(dice: random.Random, text: bytes) -> bytes:
    place = dice.randrange(len(text))
    return text[:place] + bytes([text[place] ^ 1 << dice.randrange(8)]) + text[place + 1 :]


def cut(dice: random.Random, text: bytes) -> bytes:
    return text[: dice.randrange(len(text))]


def hole(dice: random.Random, text: bytes) -> bytes:
    begin = dice.randrange(len(text))
    end = min(len(text), begin + dice.choice([8, 100, 512]))
    return text[:begin] + b"\0" * (end - begin) + text[end:]


def without_some(dice: random.Random, text: bytes) -> bytes:
    begin = dice.randrange(len(text))
    return text[:begin] + text[begin + dice.randrange(1, 300) :]


def lines_mixed(dice: random.Random, text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    lines.insert(dice.randrange(len(lines)), lines.pop(dice.randrange(len(lines))))
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return b"".join(lines)


def junk(dice: random.Random, text: bytes) -> bytes:
    place = dice.randrange(len(text))
    return text[:place] + dice.randbytes(dice.randrange(1, 50)) + text[place:]


DAMAGES: tuple[Damage, ...] = (flip, cut, hole, without_some, lines_mixed, junk)


async def seen(folder: Path) -> tuple[list[Event], bool]:
    """Return the events of the run that a new program reads, and whether it calls it damaged."""
    store = FileBackend(folder)
    try:
        runs = await store.list_runs(RunQuery())
        bad = [run for run in runs if run.status is Status.DAMAGED]
        return await store.events("r1"), bool(bad)
    except CorruptLogError as error:
        return [event for event in error.events if isinstance(event, Event)], True
    finally:
        await store.close()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_any_damage_is_found_and_mended_and_no_byte_is_lost(
    damage: Damage, tmp_path: Path
) -> None:
    for seed in range(TRIALS // len(DAMAGES)):
        dice, folder = random.Random(f"{damage.__name__} {seed}"), tmp_path / str(seed)
        url = f"file:{folder}"
        store = FileBackend(folder)
        await store.append("r1", [submitted()])
        for n in range(12):
            await store.append(
                "r1", [step(f"s{n}", "x" * dice.randrange(200))] * dice.randint(1, 3)
            )
        whole = await store.events("r1")
        await store.close()
        log = folder / "events" / "r1.jsonl"
        sidecar = log.with_name("r1.summary.json")
        match dice.randrange(4):
            case 0:
                sidecar.unlink()
            case 1:
                sidecar.write_bytes(flip(dice, sidecar.read_bytes()))
        broken = damage(dice, log.read_bytes())
        log.write_bytes(broken)
        before, bad = await seen(folder)
        assert before == whole[: len(before)], seed
        assert not bad or damaged(url), seed
        mendable = any(each.mend for report in checkup.check_up(url) for each in report.findings)
        mended(url)
        assert damaged(url) == [], seed
        after, bad = await seen(folder)
        if after and after[-1].type == "RunNeedsAttention":
            after = after[:-1]
        assert not bad and len(after) >= len(before) and after == whole[: len(after)], seed
        if mendable and log.exists() and not log.read_bytes().startswith(broken):
            assert _kept(folder, broken, log.read_bytes()), seed


def _kept(folder: Path, broken: bytes, now: bytes) -> bool:
    """Return whether the damaged bytes are in the trash, all or those that were cut."""
    kept = [path.read_bytes() for path in (folder / "trash").iterdir()]
    return any(
        text == broken or (broken.endswith(text) and broken.startswith(now)) for text in kept
    )
