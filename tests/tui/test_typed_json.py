"""JSON in an editor, what is remembered of it, and the editor and files it comes from."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flopod.control import Control
from flopod_backends import MemoryBackend
from flopod_tui.session import Session
from flopod_tui.settings.model import Settings
from flopod_tui.settings.recent import LONGEST, MOST, Recent
from flopod_tui.terminal.editor import EditorError, content_of, edited, editor_of
from flopod_tui.text.format import safe
from flopod_tui.values.masking import Masking
from flopod_tui.values.typed_json import harmless, indent_after, pretty, read, without_secrets

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
@example("\u0300" * 3)
def test_a_value_is_shown_without_harm_and_read_back_as_it_was(value: object) -> None:
    text = pretty(value)
    assert all(safe(line) == line for line in text.split("\n"))
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return  # half a character: a store would not have it
    assert read(text).value == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' stands there twice"),
        ("[NaN]", "NaN is not JSON; use null or a string"),
        ('{\n  "a": 1,\n}', "the last comma is one too many"),
        ('{"a": "b', "the string that starts here is not closed"),
        ('"\\ud800"', ""),
    ],
)
def test_what_is_no_json_is_told_in_one_sentence(text: str, told: str) -> None:
    assert told in read(text).problem


def test_the_place_of_a_last_comma_is_that_of_the_comma() -> None:
    parsed = read('{\n  "a": [1, 2, ],\n}')
    assert (parsed.line, parsed.column) == (2, 13)
    assert read('["a,", ]').column == 6


def test_nothing_at_all_is_null() -> None:
    assert read("  \n").value is None
    assert not read("").problem


def test_pasted_control_characters_become_escapes_of_json() -> None:
    assert harmless('"a\x1b[2Jb\u202e"') == '"a\\u001b[2Jb\\u202e"'
    assert harmless("{\r\n\t1}") == "{\n  1}"
    assert read(harmless('"\x7f"')).value == "\x7f"


def test_a_line_after_an_open_bracket_is_indented() -> None:
    assert indent_after('  "a": {') == "    "
    assert indent_after('  "a": 1,') == "  "
    assert indent_after("") == ""


@given(st.dictionaries(st.sampled_from(["token", "by", "API_KEY", "note"]), JSON))
def test_what_is_remembered_has_no_secrets(value: dict[str, object]) -> None:
    bare = without_secrets([value], Masking(revealed=True))
    assert "token" not in bare[0]
    assert "API_KEY" not in bare[0]
    assert set(bare[0]) == set(value) - {"token", "API_KEY"}


def session(*, history: bool = True) -> Session:
    control = Control(MemoryBackend(), workflows=())
    return Session(control, settings=Settings(history=history))


def test_the_newest_values_are_remembered_once_each() -> None:
    recent = Recent(session(), "payloads:go")
    for number in [*range(MOST + 5), 7]:
        recent.keep(number)
    assert recent.values[:2] == [7, MOST + 4]
    assert len(recent.values) == MOST


def test_a_long_value_is_not_remembered() -> None:
    recent = Recent(session(), "payloads:go")
    recent.keep("x" * LONGEST)
    assert recent.values == []


def test_without_history_nothing_is_remembered_and_nothing_offered() -> None:
    here = session(history=False)
    recent = Recent(here, "payloads:go")
    recent.keep(1)
    assert here.memory.get("payloads:go") is None
    here.memory.put("payloads:go", [1])
    assert recent.values == []


def script(folder: Path, body: str) -> list[str]:
    """Return the command of an editor that does this with the file."""
    file = folder / "editor.py"
    file.write_text(f"import os, sys\npath = sys.argv[1]\n{body}\n")
    return [sys.executable, str(file)]


def test_the_editor_is_given_a_private_file_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    body = (
        "mode = os.stat(path).st_mode, os.stat(os.path.dirname(path)).st_mode\n"
        f"open({str(seen)!r}, 'w').write(f'{{path}} {{mode[0]}} {{mode[1]}}')\n"
        "text = open(path).read()\n"
        "open(path, 'w').write(text.upper())"
    )
    assert edited('{"a": 1}', script(tmp_path, body)) == '{"A": 1}'
    path, mode, folder_mode = seen.read_text().split()
    assert stat.S_IMODE(int(mode)) == 0o600
    assert stat.S_IMODE(int(folder_mode)) == 0o700
    assert not os.path.exists(path)


def test_an_editor_that_fails_takes_nothing_away(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match="ended with 3; nothing was taken"):
        edited("1", script(tmp_path, "sys.exit(3)"))
    with pytest.raises(EditorError, match="No such file"):
        edited("1", [str(tmp_path / "no-editor")])


def test_visual_comes_before_editor_and_none_is_told() -> None:
    assert editor_of({"VISUAL": "code --wait", "EDITOR": "vi"}) == ["code", "--wait"]
    assert editor_of({"VISUAL": "", "EDITOR": "vi"}) == ["vi"]
    with pytest.raises(EditorError, match="set VISUAL or EDITOR"):
        editor_of({})


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(EditorError, match="not UTF-8 at byte 1"):
        content_of(file)
    file.write_bytes(b"1" * 2_000_001)
    with pytest.raises(EditorError, match="more than 2 MB"):
        content_of(file)
    with pytest.raises(EditorError, match="No such file"):
        content_of(tmp_path / "none")
