"""Programs that end without closing, by an exception, by Ctrl-C: soon and quietly."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from faults.exits import RUN, WAYS
from faults.oracle import sound
from faults.victims import SOURCES, url_of
from flopod_backends import open_backend

SOON = 5.0
CODES = {"raises": 7, "leaves": 7, "hangs": 7, "fails": 7, "waits": -signal.SIGINT}
"""How those end that do not end well; Ctrl-C ends a program of asyncio by the signal itself."""


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_a_program_ends_soon_and_quietly_whatever_it_left_open(
    kind: str, tmp_path: Path
) -> None:
    folders = [tmp_path / way for way in WAYS]
    for folder in folders:
        folder.mkdir()
    for way, folder in zip(WAYS, folders, strict=True):
        await _ends(way, url_of(kind, folder))


async def _ends(way: str, url: str) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("exits.py")),
        way,
        url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, SOURCES))},
        # A shell lets what it starts with `&` ignore Ctrl-C, tests and all.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert program.stdout is not None
    first = await program.stdout.readline()
    if way == "waits":
        program.send_signal(signal.SIGINT)
    async with asyncio.timeout(SOON):
        _, complaints = await program.communicate()
    told = (way, program.returncode, complaints.decode())
    assert first == b"acknowledged\n", told
    assert program.returncode == CODES.get(way, 0), told
    expected = b"KeyboardInterrupt" if way == "waits" else b""
    assert complaints.strip().endswith(expected), told
    assert b"Task was destroyed" not in complaints and b"never awaited" not in complaints, told
    assert way == "waits" or not complaints, told
    backend = open_backend(url)
    assert await sound(backend, RUN, way)
    await backend.close()
