"""`flopod doctor`: what it says, in which form, how it asks, and how it ends."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pexpect
import pytest

from cli.conftest import FLOWS, Flopod
from cli.test_imports import loaded

ORDER = '{"id": 7, "items": ["pen", "ink"]}'
FIELDS = ["level", "kind", "file", "line", "byte", "run", "what", "taken", "mend", "lost"]


@pytest.fixture
def ran(flopod: Flopod, store: str) -> str:
    """Run a run to its end; return the URL of its store."""
    flopod("run", "order", ORDER, "-w", FLOWS, "--backend", store, "--run-id", "o-7")
    return store


@pytest.fixture
def damaged(flopod: Flopod, home: Path) -> Path:
    """Damage the fifth line of the log of a run; return the log."""
    store = f"file:{home}/runs"
    flopod("run", "order", ORDER, "-w", FLOWS, "--backend", store, "--run-id", "o-7")
    log = home / "runs/events/o-7.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:4], lines[4].replace(b'":', b'";', 1), *lines[5:]]))
    return log


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sound_store_is_one_line_and_exit_0(flopod: Flopod, ran: str) -> None:
    said = flopod("doctor", "--backend", ran)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"checked 1 run in {ran}: nothing wrong\n"


def test_damage_is_one_line_with_file_line_and_byte_and_exit_3(
    flopod: Flopod, damaged: Path, home: Path
) -> None:
    before = content(home)
    said = flopod("doctor", "--backend", f"file:{home}/runs")
    assert said.code == 3
    finding, last = said.out.splitlines()
    lines = before[str(damaged)].splitlines(keepends=True)
    assert finding == (
        f"{damaged}:5 (byte {sum(map(len, lines[:4]))}): damage: the checksum does not fit; events "
        f"1 to 3 are read, and nobody goes on with the run; its summary has seen {len(lines)}"
    )
    assert last.endswith("1 damaged; `flopod doctor --repair` mends 1")
    assert content(home) == before


def test_json_has_exactly_the_fields_that_help_names(
    flopod: Flopod, damaged: Path, home: Path
) -> None:
    said = flopod("doctor", "--backend", f"file:{home}/runs", "--json")
    assert said.code == 3
    assert list(said.json) == ["stores", "findings", "mended", "left", "counts"]
    assert said.json["stores"] == [{"store": f"file:{home}/runs", "runs": 1}]
    assert said.json["counts"] == {"note": 0, "warning": 0, "damage": 1}
    [finding] = said.json["findings"]
    assert list(finding) == FIELDS
    assert (finding["kind"], finding["run"], finding["line"]) == ("damaged-log", "o-7", 5)
    assert list(finding["lost"][1]) == ["line", "byte", "size", "seq", "type", "path"]
    assert [lost["seq"] for lost in finding["lost"]][:3] == [4, None, 6]
    assert said.json["left"] == said.json["findings"] and said.json["mended"] == []
    words = flopod("doctor", "--help").out
    assert all(name in words for name in (*said.json, *FIELDS, *finding["lost"][1]))


def test_without_a_terminal_a_repair_needs_yes(flopod: Flopod, damaged: Path, home: Path) -> None:
    before = content(home)
    for wrong in (("--repair",), ("--yes",)):
        said = flopod("doctor", "--backend", f"file:{home}/runs", *wrong)
        assert (said.code, said.out) == (2, "")
        assert said.err.count("\n") == 1 and "--repair" in said.err
    assert content(home) == before


def test_a_repair_says_what_is_left_out_and_where_the_original_is(
    flopod: Flopod, damaged: Path, home: Path
) -> None:
    broken = damaged.read_bytes()
    said = flopod("doctor", "--backend", f"file:{home}/runs", "--repair", "--yes")
    assert said.code == 0
    assert "left out: line 6 (byte " in said.out and "): event 6 " in said.out
    [kept] = re.findall(r"^mended: .*; the original: (.*)$", said.out, re.MULTILINE)
    assert Path(kept).read_bytes() == broken
    assert said.out.splitlines()[-1].endswith("nothing wrong")
    assert flopod("doctor", "--backend", f"file:{home}/runs").code == 0


def test_a_repaired_run_goes_on_when_somebody_says_so(
    flopod: Flopod, damaged: Path, home: Path
) -> None:
    store = ("--backend", f"file:{home}/runs")
    assert flopod("doctor", *store, "--repair", "--yes", "--json").json["mended"][0]["done"]
    [run] = flopod("runs", *store, "--json").json
    assert (run["status"], run["error"]["type"]) == ("needs_attention", "CorruptLogError")
    again = ("run", "order", ORDER, "-w", FLOWS, *store, "--run-id", "o-7")
    assert flopod(*again).code == 1
    assert flopod("retry", "o-7", *store).code == 0
    assert flopod(*again).json == {"id": 7, "packed": ["PEN", "INK"]}
    assert flopod("doctor", *store).out.endswith("nothing wrong\n")


def test_what_cannot_be_mended_is_left_with_exit_3(flopod: Flopod, home: Path) -> None:
    (home / "runs.db").write_bytes(b"dear diary " * 100)
    said = flopod("doctor", "--backend", f"sqlite:{home}/runs.db", "--repair", "--yes")
    assert said.code == 3
    assert "put a backup in its place" in said.out
    assert (home / "runs.db").read_bytes() == b"dear diary " * 100


@pytest.mark.parametrize(("answer", "code"), [("n", 3), ("", 3), ("y", 0)])
def test_on_a_terminal_it_asks_first(damaged: Path, home: Path, answer: str, code: int) -> None:
    before = damaged.read_bytes()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "flopod_tui", "doctor", "--backend", f"file:{home}/runs", "--repair"],
        timeout=20,
        encoding="utf-8",
    )
    child.expect_exact("left out: line 5")
    child.expect_exact("mend 1 finding? [y/N] ")
    assert damaged.read_bytes() == before
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert (damaged.read_bytes() == before) == (code == 3)


def test_without_a_url_every_store_of_the_data_directory_is_checked(
    flopod: Flopod, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = flopod("doctor")
    assert (said.code, list(home.iterdir())) == (0, [])
    assert ".flopod: note: there is no data directory" in said.out
    flopod("start", "watch-disk")
    monkeypatch.setenv("FLOPOD_BACKEND", "file")
    flopod("start", "watch-disk", "--run-id", "w")
    (home / ".flopod/events/w.jsonl").write_bytes(b"")
    (home / ".flopod").chmod(0o755)
    (home / ".flopod/worker.log").touch(mode=0o600)
    (home / ".flopod/worker.log").chmod(0o644)
    said = flopod("doctor", "--json")
    assert [store["runs"] for store in said.json["stores"]] == [1, 1]
    assert {(Path(f["file"]).name, f["kind"]) for f in said.json["findings"]} == {
        (".flopod", "lax-mode"),
        ("worker.log", "lax-mode"),
        ("w.jsonl", "short-log"),
    }
    assert flopod("doctor", "--repair", "--yes").code == 0
    assert (home / ".flopod").stat().st_mode & 0o777 == 0o700


def test_a_store_that_is_not_there_is_said_in_one_line(flopod: Flopod, home: Path) -> None:
    for url in (f"file:{home}/none", f"sqlite:{home}/none.db", "memory:", "redis://me:secret@h"):
        said = flopod("doctor", "--backend", url)
        assert (said.code, said.out) == (3, "")
        assert said.err.count("\n") == 1 and "secret" not in said.err
    assert list(home.iterdir()) == []


def test_no_name_of_a_file_can_drive_the_terminal(flopod: Flopod, damaged: Path) -> None:
    (damaged.parent / "\x1b[2J\n.jsonl").touch(mode=0o600)
    said = flopod("doctor", "--backend", f"file:{damaged.parent.parent}")
    assert "\\x1b[2J\\x0a.jsonl" in said.out and "\x1b" not in said.out
    said = flopod("doctor", "--backend", f"file:{damaged.parent.parent}", "--json")
    assert "\x1b" not in said.out


def test_help_teaches_and_the_completion_knows_it(flopod: Flopod) -> None:
    said = flopod("doctor", "--help")
    assert said.code == 0
    assert "examples:" in said.out and "exit codes:" in said.out and "--repair" in said.out
    for shell in ("bash", "zsh", "fish"):
        script = flopod("completion", shell).out
        assert "doctor" in script and "repair" in script


def test_it_loads_no_textual_and_no_engine_of_another_store(home: Path) -> None:
    code = "from flopod_tui.cli import main\nmain(['doctor'])"
    assert loaded(code).isdisjoint({"textual", "aiosqlite", "watchfiles", "jsonschema"})
