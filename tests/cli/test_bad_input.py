"""Wrong use: one clear line on stderr, nothing on stdout, nothing recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import FLOWS, Flopod
from flopod_tui.forms import json_input

W = ("-w", FLOWS)
WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown command": (("rnus",), "did you mean 'runs'"),
    "unknown option": (("runs", "--jsn"), "did you mean '--json'"),
    "missing argument": (("show",), "RUN"),
    "extra argument": (("start", "order", "{}", "{}", *W), "unrecognized"),
    "unknown workflow": (("start", "ordr", *W), "did you mean order"),
    "unknown workflow to run": (("run", "ordr", *W), "did you mean order"),
    "unknown run": (("show", "nope"), "no run 'nope'"),
    "unknown run to tail": (("tail", "nope"), "no run 'nope'"),
    "unknown run to deliver to": (("deliver", "nope", "a", "b"), "no run 'nope'"),
    "unknown run to retry": (("retry", "nope"), "no run 'nope'"),
    "unknown run to fork": (("fork", "nope", "--at", "1"), "no run 'nope'"),
    "unknown status": (("runs", "--status", "fine"), "needs_attention"),
    "no number": (("runs", "--limit", "ten"), "'ten' is not a whole number"),
    "a broken filter": (("runs", "wf:order status:"), "character 17"),
    "a broken filter of the app": (("--once", "--filter", "age<soon"), "filter 'age<soon'"),
    "two forms": (("runs", "--json", "--csv"), "not allowed with"),
    "no such theme": (("--theme", "drak"), "auto"),
    "no such theme of the demo": (("demo", "--theme", "drak"), "auto"),
    "no time": (("--refresh", "soon"), "it takes seconds, from 0.02 to 60"),
    "a time too short": (("tui", "--refresh", "0"), "it takes seconds"),
    "broken JSON": (("start", "order", '{"id": }', *W), "line 1 column 8"),
    "single quotes": (("start", "order", "{'id': 1}", *W), "single quotes"),
    "quotes lost": (("start", "order", "{id: 1}", *W), "single quotes"),
    "empty": (("start", "order", "", *W), "is empty"),
    "a key twice": (("start", "order", '{"id":1,"id":2}', *W), "'id' stands there twice"),
    "text behind": (("start", "order", "{} {}", *W), "line 1 column 4"),
    "NaN": (("start", "order", "NaN", *W), "NaN is not JSON"),
    "a byte order mark": (("start", "order", "\ufeff{}", *W), "BOM"),
    "Latin-1": (("start", "order", '"\udce9"', *W), "not UTF-8"),
    "too deep": (("start", "order", "[" * 5000, *W), "nested too deeply"),
    "two thousand levels": (("run", "order", "[" * 2000 + "]" * 2000, *W), "nested too deeply"),
    "five hundred levels": (("run", "order", "[" * 500 + "]" * 500, *W), "200 levels deep"),
    "a huge number": (("start", "order", "9" * 5000, *W), "digit"),
    "no such file": (("start", "order", "@gone.json", *W), "No such file"),
    "given twice": (("start", "order", "1", "--input-file", "x", *W), "give one"),
    "another type": (("start", "order", '{"id":"x","items":[]}', *W), "$.id"),
    "a field missing": (("run", "order", '{"id":1}', *W), "items"),
    "no input": (("run", "order", *W), "input of workflow 'order'"),
    "input for none": (("start", "approve", "{}", *W), "it takes none"),
    "a run id outside": (("start", "approve", "--run-id", "../../x", *W), "run id '../../x'"),
    "an empty run id": (("start", "approve", "--run-id", "", *W), "run id ''"),
    "a long run id": (("run", "approve", "--run-id", "x" * 129, *W), "run id"),
    "a store of no kind": (("runs", "--backend", "redis://me:secret@host"), "'redis:'"),
    "a missing folder": (("runs", "--backend", "sqlite:/nowhere/x.db"), "/nowhere"),
    "no path": (("runs", "--backend", "sqlite:"), "names no path"),
    "a store that ends with us": (("start", "approve", "--backend", "memory:", *W), "gone"),
    "nothing to watch": (("worker", "--reload"), "-w"),
}
UNREADABLE = {"a store of no kind", "a missing folder", "no path"}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_line_and_records_nothing(flopod: Flopod, name: str) -> None:
    argv, phrase = WRONG[name]
    said = flopod(*argv)
    assert said.code == (3 if name in UNREADABLE else 2), said.err
    assert said.out == ""
    assert said.err.count("\n") == 1 and said.err.startswith("flopod")
    assert phrase in said.err
    assert "secret" not in said.err
    assert flopod("runs", "--json").json == []


def test_a_database_of_another_program_is_left_alone(flopod: Flopod, home: Path) -> None:
    (home / "notes.db").write_text("these are my notes, not a database, and long enough to see")
    said = flopod("start", "approve", *W, "--backend", "sqlite:notes.db")
    assert (said.code, said.out) == (3, "")
    assert "notes.db" in said.err and said.err.count("\n") == 1
    assert (home / "notes.db").read_text().startswith("these are my notes")


def test_a_log_that_is_damaged_is_shown_up_to_there(flopod: Flopod, home: Path) -> None:
    store = ("--backend", f"file:{home}/runs")
    flopod("run", "order", '{"id":1,"items":["a","b","c"]}', *W, *store, "--run-id", "o")
    log = home / "runs/events/o.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:5], b"{not a record}\n", *lines[6:]]))
    said = flopod("tail", "o", "--no-follow", *store)
    assert said.code == 3
    assert len(said.out.splitlines()) == 5
    assert "damaged" in said.err and said.err.count("\n") == 1


def test_a_payload_of_another_type_is_not_delivered(flopod: Flopod) -> None:
    flopod("start", "broken", *W, "--run-id", "b")
    for payload, phrase in (("{'by': 1}", "single quotes"), ('{"by": "a"', "line 1 column")):
        said = flopod("deliver", "b", "approval", "approve", payload)
        assert (said.code, said.out) == (2, "")
        assert phrase in said.err
    assert [r["last_seq"] for r in flopod("runs", "--json").json] == [1]


def test_a_value_that_cannot_be_stored_is_named_with_its_place(flopod: Flopod) -> None:
    said = flopod("run", "unstorable", *W)
    assert said.code == 1
    assert "result['rows'][0]['file'] is a TextIOWrapper" in said.err


def test_a_run_id_of_another_workflow_is_refused(flopod: Flopod) -> None:
    flopod("run", "order", '{"id":1,"items":[]}', *W, "--run-id", "o")
    before = flopod("tail", "o", "--no-follow").out
    for other in (("broken",), ("order", '{"id":2,"items":[]}')):
        said = flopod("run", *other, *W, "--run-id", "o")
        assert (said.code, said.out) == (2, "")
        assert "run 'o' exists already" in said.err
    assert flopod("tail", "o", "--no-follow").out == before


def test_a_number_keeps_all_its_digits() -> None:
    assert json_input.parse("12345678901234567890", "input") == 12345678901234567890
