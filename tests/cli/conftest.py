"""The commands as a user has them: in a directory of one's own, on a store of one's own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from flopod_tui.cli import main

FLOWS = str(Path(__file__).with_name("flows.py"))


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


Flopod: TypeAlias = Callable[..., Said]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in an empty directory, with no setting of the developer's in the way."""
    for name in list(os.environ):
        if name.startswith("FLOPOD_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("EFFECTS", str(tmp_path / "effects"))
    monkeypatch.chdir(tmp_path)
    path = sys.path.copy()
    yield tmp_path
    sys.path[:] = path


@pytest.fixture(params=["sqlite", "file"])
def store(request: pytest.FixtureRequest, home: Path) -> str:
    """The URL of an empty store that outlives a process, of either kind."""
    return {"sqlite": f"sqlite:{home}/runs.db", "file": f"file:{home}/runs"}[request.param]


@pytest.fixture
def flopod(capfd: pytest.CaptureFixture[str]) -> Flopod:
    """Call a command in this process."""

    def call(*argv: str) -> Said:
        capfd.readouterr()
        code = main(argv)
        captured = capfd.readouterr()
        return Said(code, captured.out, captured.err)

    return call
