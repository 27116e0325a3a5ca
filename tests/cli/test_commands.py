"""What each command does and prints, called as a shell would call it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest

from cli.conftest import FLOWS, Flopod
from flopod_tui.output.csv_text import csv_row

SUMMARY = [
    *("run_id", "workflow", "status", "submitted_at", "started_at", "ended_at", "updated_at"),
    *("error", "progress", "open_waits", "wake_at", "attempt", "last_seq", "worker", "parent"),
]
COMMANDS = (
    *("tui", "demo", "run", "start", "worker", "runs", "show", "tail", "waits", "deliver"),
    *("retry", "cancel", "fork", "workflows", "doctor", "completion"),
)
ORDER = '{"id": 7, "items": ["pen", "ink"]}'


def test_run_prints_the_result_on_stdout_and_the_run_id_on_stderr(
    flopod: Flopod, store: str
) -> None:
    said = flopod("run", "order", ORDER, "-w", FLOWS, "--backend", store, "--run-id", "o-7")
    assert said.code == 0
    assert said.json == {"id": 7, "packed": ["PEN", "INK"]}
    assert said.err == "flopod: run o-7\n"


def test_a_finished_run_gives_its_recorded_result_again(flopod: Flopod) -> None:
    first = flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    events = flopod("tail", "o-7", "--no-follow").out
    again = flopod("run", "order", "-w", FLOWS, "--run-id", "o-7")
    assert (again.code, again.out) == (0, first.out)
    assert flopod("tail", "o-7", "--no-follow").out == events


def test_input_is_taken_from_a_file_as_well(flopod: Flopod, home: Path) -> None:
    (home / "in.json").write_text(ORDER)
    for given in (("@in.json",), ("--input-file", "in.json")):
        assert flopod("run", "order", *given, "-w", FLOWS).json["id"] == 7


def test_a_failed_run_exits_1_with_one_line_and_the_next_step(flopod: Flopod) -> None:
    said = flopod("run", "broken", "-w", FLOWS, "--run-id", "b")
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[1:] == [
        "flopod: run b failed at look: ValueError: no\\x1b[31m such\\x0athing; "
        "`flopod retry b` lets it go on"
    ]


def test_a_retried_run_goes_on_and_keeps_what_was_done(flopod: Flopod, home: Path) -> None:
    found = home / "found"
    flopod("run", "broken", f'"{found}"', "-w", FLOWS, "--run-id", "b")
    found.touch()
    assert "look will run again" in flopod("retry", "b").out
    assert flopod("run", "broken", "-w", FLOWS, "--run-id", "b").json == [1, "found"]
    [summary] = flopod("runs", "--json").json
    assert (summary["status"], summary["attempt"]) == ("ok", 2)
    types = [line.split()[2] for line in flopod("tail", "b", "--no-follow").out.splitlines()]
    assert types.count("ActivityCompleted") == 2


def test_start_prints_the_run_id_only(flopod: Flopod, store: str) -> None:
    start = ("start", "order", ORDER, "-w", FLOWS, "--backend", store)
    said = flopod(*start)
    assert said.code == 0
    assert said.out.startswith("order-") and said.out.count("\n") == 1
    assert flopod(*start, "--run-id", "mine").out == "mine\n"
    assert flopod(*start, "--run-id", "mine").code == 2
    assert [run["status"] for run in flopod("runs", "--json", "--backend", store).json] == [
        "queued",
        "queued",
    ]


def test_a_run_id_that_is_not_given_comes_from_the_environment(
    flopod: Flopod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOPOD_RUN_ID", "main-run")
    assert flopod("start", "watch-disk").out == "main-run\n"
    assert flopod("start", "watch-disk", "--run-id", "other").out == "other\n"


@pytest.mark.parametrize("command", ["run", "start"])
def test_an_empty_run_id_begins_no_new_run(flopod: Flopod, command: str) -> None:
    said = flopod(command, "watch-disk", "--run-id", "")
    assert said.code == 2
    assert "run id ''" in said.err
    assert flopod("runs", "--json").json == []


def test_runs_lists_summaries_with_exactly_their_public_fields(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    [summary] = flopod("runs", "--json").json
    assert list(summary) == SUMMARY
    assert summary["progress"] == {"done": 2, "total": None}
    assert summary["started_at"].endswith("Z") and "T" in summary["started_at"]


def test_runs_can_be_filtered(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "good")
    flopod("run", "broken", "-w", FLOWS, "--run-id", "bad")

    def ids(*given: str) -> list[str]:
        return [run["run_id"] for run in flopod("runs", "--json", *given).json]

    assert ids() == ["bad", "good"]
    assert ids("--status", "error") == ["bad"]
    assert ids("--status", "error", "--status", "ok") == ["bad", "good"]
    assert ids("--workflow", "order") == ["good"]
    assert ids("--search", "GOO") == ["good"]
    assert ids("--limit", "1") == ["bad"]
    table = flopod("runs", "--status", "error").out.splitlines()
    assert table[0].split()[:3] == ["RUN", "WORKFLOW", "STATUS"]
    assert table[1].split()[:3] == ["bad", "broken", "failed"]


def test_runs_takes_the_filter_of_the_app(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "good")
    flopod("run", "broken", "-w", FLOWS, "--run-id", "bad")

    def ids(*given: str) -> list[str]:
        return [run["run_id"] for run in flopod("runs", "--json", *given).json]

    assert ids("status:failed") == ["bad"]
    assert ids("status:failed", "wf:order") == []
    assert ids("wf:order | status:failed") == ["bad", "good"]
    assert ids("--", "-broken") == ["good"]
    assert ids("age<1h", "--limit", "1") == ["bad"]
    assert ids("age<1h", "--status", "ok") == ["good"]


def test_runs_prints_json_lines_and_csv(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "good")
    flopod("run", "broken", "-w", FLOWS, "--run-id", "bad")
    lines = [json.loads(line) for line in flopod("runs", "--jsonl").out.splitlines()]
    assert lines == flopod("runs", "--json").json
    text = flopod("runs", "--csv").out
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["run_id"] for row in rows] == ["bad", "good"]
    assert rows[0]["error_message"] == "no\\x1b[31m such\\x0athing"
    assert rows[0]["status"] == "error" and rows[1]["done"] == "2"
    assert text.count("\r\n") == text.count("\n") == 3


def test_a_table_that_opens_the_csv_calculates_nothing() -> None:
    for text in ("=1+1", "+1", "-1", "@x", '=HYPERLINK("a,b")'):
        [[cell]] = csv.reader([csv_row([text])])
        assert cell == f"'{text}"
    assert csv_row(["a,b", 'say "x"', "x=1"]) == '"a,b","say ""x""",x=1\r'


def test_show_tells_summary_tree_and_state(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    shown = flopod("show", "o-7", "--json").json
    assert list(shown) == ["summary", "tree", "state"]
    assert shown["state"] == {"packed": {"kind": "list", "value": ["PEN", "INK"]}}
    assert [child["path"] for child in shown["tree"]["children"]] == ["packed", "pack-0", "pack-1"]
    text = flopod("show", "o-7").out
    assert "✓ pack-1" in text and '["PEN", "INK"]' in text


def test_show_tells_a_run_as_it_was(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    events = [line.split() for line in flopod("tail", "o-7", "--no-follow").out.splitlines()]
    first_push = next(seq for seq, _, type, *_ in events[4:] if type == "ListSet")
    shown = flopod("show", "o-7", "--at", first_push, "--json").json
    assert shown["state"]["packed"]["value"] == ["PEN"]
    assert shown["summary"]["status"] == "running"
    assert shown["summary"]["last_seq"] == int(first_push)


def test_tail_prints_one_event_a_line(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    events = [json.loads(line) for line in flopod("tail", "o-7", "--json").out.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert list(events[0]) == ["seq", "at", "type", "path", "data"]
    assert events[0]["data"] == {"workflow": "order", "input": {"id": 7, "items": ["pen", "ink"]}}
    assert events[-1]["type"] == "RunCompleted"
    later = flopod("tail", "o-7", "--after", str(len(events) - 1)).out
    assert later.split()[2] == "RunCompleted"


def test_tail_tells_by_its_exit_code_how_the_run_ended(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "good")
    flopod("run", "broken", "-w", FLOWS, "--run-id", "bad")
    assert flopod("tail", "good", "--exit-status").code == 0
    assert flopod("tail", "bad", "--exit-status").code == 1
    assert flopod("tail", "bad").code == 0
    assert flopod("tail", "bad", "--jsonl").out == flopod("tail", "bad", "--json").out


def test_cancel_and_retry_say_what_they_did(flopod: Flopod) -> None:
    flopod("start", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    assert flopod("cancel", "o-7").out == "run o-7 is cancelled\n"
    assert flopod("cancel", "o-7").code == 2
    assert flopod("run", "order", "-w", FLOWS, "--run-id", "o-7").code == 1
    assert flopod("retry", "o-7", "--json").json["run_id"] == "o-7"
    assert flopod("run", "order", "-w", FLOWS, "--run-id", "o-7").code == 0


def test_fork_prints_the_new_id(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    new = flopod("fork", "o-7", "--at", "5").out.strip()
    assert flopod("fork", "o-7", "--at", "5", "--run-id", "again").out == "again\n"
    assert flopod("run", "order", "-w", FLOWS, "--run-id", new).json["packed"] == ["PEN", "INK"]


def test_an_event_that_a_run_does_not_have_is_refused(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    for command in ("show", "fork"):
        for seq, why in (("99", "run 'o-7' has events 1 to"), ("0", "from 1 up")):
            told = flopod(command, "o-7", "--at", seq)
            assert (told.code, told.out) == (2, "")
            assert why in told.err and told.err.count("\n") == 1


def test_workflows_lists_those_found_with_their_input(flopod: Flopod) -> None:
    listed = {each["name"]: each for each in flopod("workflows", "-w", FLOWS, "--json").json}
    assert listed["order"]["schema"] is not None
    assert (listed["approve"]["takes_input"], listed["approve"]["schema"]) == (False, None)
    assert listed["inventory"]["source"] == "built in"
    assert "{id: integer, items: [string]}" in flopod("workflows", "-w", FLOWS).out


def test_without_a_terminal_the_app_is_a_list(flopod: Flopod) -> None:
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "o-7")
    for alone in ((), ("tui",), ("--no-worker",)):
        said = flopod(*alone)
        assert said.code == 0
        assert said.out == flopod("runs").out


def test_both_places_of_w_count(flopod: Flopod) -> None:
    assert flopod("-w", FLOWS, "run", "order", ORDER).code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(flopod: Flopod, command: str) -> None:
    said = flopod(command, "--help")
    assert said.code == 0
    assert "examples:" in said.out
    assert "--backend" in said.out


def test_the_version_is_told(flopod: Flopod) -> None:
    said = flopod("--version")
    assert said.code == 0
    assert said.out.startswith("flopod ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_every_command(flopod: Flopod, shell: str) -> None:
    script = flopod("completion", shell).out
    assert all(command in script for command in COMMANDS)


def test_the_completion_completes_in_bash(flopod: Flopod) -> None:
    ask = "COMP_WORDS=(flopod de); COMP_CWORD=1; _flopod; echo ${COMPREPLY[*]}"
    ask += "; COMP_WORDS=(flopod tail --no); COMP_CWORD=2; _flopod; echo ${COMPREPLY[*]}"
    script = flopod("completion", "bash").out
    done = subprocess.run(["bash"], input=f"{script}\n{ask}\n", capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("demo deliver\n--no-follow\n", "")
