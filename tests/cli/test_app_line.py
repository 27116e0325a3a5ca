"""The command line of the app, which is read without loading the other commands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from flopod_backends import PostgresBackend
from flopod_tui.cli import _for_the_app, parser
from flopod_tui.launch import VARIABLES, Opening, looked_in
from flopod_tui.settings.file import Loaded
from flopod_tui.settings.model import Settings


@pytest.mark.parametrize(
    "line",
    [
        "",
        "tui",
        "tui RUN --filter status:failed",
        "--backend file:runs --theme ansi -w flows.py --read-only",
        "-w one.py tui -w two.py --no-worker --refresh 0.5 RUN",
        "--filter runs --no-mouse --once",
    ],
)
def test_it_says_the_same_as_to_the_whole_parser(line: str) -> None:
    found = _for_the_app(shlex.split(line))
    assert found is not None
    assert vars(found) == vars(parser().parse_args(shlex.split(line)))


@pytest.mark.parametrize(
    "line", ["runs", "--backend x runs", "nope", "--help", "--version", "--nope", "tui a b"]
)
def test_what_is_not_of_the_app_is_left_to_the_whole_parser(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _for_the_app(shlex.split(line)) is None
    assert capsys.readouterr() == ("", "")


def test_the_worker_that_the_app_starts_gets_a_password_where_nobody_sees_it() -> None:
    store = PostgresBackend("postgresql://alice:s3%20cret@db/runs")
    launch = Opening(store, Loaded(Settings(), {}, (), Path("none"))).launch
    assert launch
    assert "s3" not in " ".join(launch.arguments) + repr(launch)
    assert launch.secrets == {"PGPASSWORD": "s3 cret"}


def test_an_empty_store_says_what_decided_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", *VARIABLES):
        monkeypatch.delenv(name, raising=False)
    assert looked_in("file:/runs", named=True) == (("--backend", "file:/runs"),)
    assert looked_in("sqlite:runs.db", named=False)[0] == ("DATABASE_URL", "not set")
    monkeypatch.setenv("DATABASE_URL", "mysql://u:s3cret@h/d")
    told = ("DATABASE_URL", "set, but names no Postgres")
    assert looked_in("sqlite:runs.db", named=False)[0] == told
    found = looked_in("postgresql://u@h/d", named=False)
    assert found == (("DATABASE_URL", "postgresql://u@h/d"),)
