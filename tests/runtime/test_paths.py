"""Paths and ids: what may be part of one, and how a path comes apart again."""

from __future__ import annotations

import enum
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod import paths
from flopod.errors import InvalidIdError, InvalidRunIdError

NOW = datetime(2026, 11, 22, 14, 35, 1, 999_999, UTC)


class Step(enum.StrEnum):
    FETCH = "fetch"


@pytest.mark.parametrize(
    "id", ["a", "fetch-details", "x" * 200, "é", "日本", "a b", "a.b", "😀", " "]
)
def test_an_id_that_is_taken(id: str) -> None:
    assert paths.check_id(id) == id


def test_a_member_of_a_str_enum_is_an_id_and_becomes_plain() -> None:
    assert type(paths.check_id(Step.FETCH)) is str
    assert paths.check_id(Step.FETCH) == "fetch"


@pytest.mark.parametrize(
    "id",
    ["", "x" * 201, "a/b", "a[0]", "a]", "/", "a\n", "\x00", "\x1b[0m", "\x7f", "\x85", "\ud800",
     None, 1, b"a", ["a"], object()],
    ids=lambda id: ascii(id)[:20],
)  # fmt: skip
def test_an_id_that_is_refused(id: object) -> None:
    with pytest.raises(InvalidIdError, match="an id is 1 to 200 characters") as caught:
        paths.check_id(id)
    assert str(caught.value).isprintable()


def test_paths_are_built_from_ids_indices_and_keys() -> None:
    inside = paths.child(paths.item(paths.child("", "expedition"), 2), "analyze")
    assert inside == "expedition[2]/analyze"
    path = paths.child(paths.item(inside, "bulba saur"), "classify")
    assert path == "expedition[2]/analyze[bulba saur]/classify"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (0, "0"),
        ("a", "a"),
        (True, "True"),
        (None, "None"),
        ("", ""),
        ("a/b[c]", "a%2Fb%5Bc%5D"),
        ("50%", "50%"),
        ("a%2Fb", "a%252Fb"),
        ("x\n\x1b", "x%0A%1B"),
        ("\x85\ud800", "%C2%85%ED%A0%80"),
        ("é", "é"),
        (Step.FETCH, "fetch"),
    ],
)
def test_a_key_is_made_safe_for_a_path(key: object, text: str) -> None:
    assert paths.key_text(key) == text


def test_a_long_key_is_cut_and_stays_distinct() -> None:
    first, second = (paths.key_text("/" * 10_000 + end) for end in "ab")
    assert len(first) == len(second) == 200
    assert first != second


keys = st.text(st.characters(exclude_categories=()) | st.sampled_from("/[]%25F\n"), max_size=20)
ids = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/[]"),
    min_size=1,
    max_size=200,
)
labels = st.tuples(ids, st.lists(keys | st.integers(0, 9), max_size=2))


@given(keys, keys)
def test_two_keys_never_give_the_same_path(one: str, other: str) -> None:
    assert (paths.item("a", one) == paths.item("a", other)) == (one == other)


@given(st.lists(labels, min_size=1, max_size=4))
def test_a_path_comes_apart_as_it_was_built(steps: list[tuple[str, list[Any]]]) -> None:
    path, around, expected = "", [""], []
    for id, brackets in steps:
        path = paths.child(path, paths.check_id(id))
        around.append(path)
        expected.append(id)
        for key in brackets:
            path = paths.item(path, key)
            around.append(path)
            expected.append(f"[{paths.key_text(key)}]")
    assert paths.check_path(path) == path
    assert paths.split(path) == expected
    assert [path, *paths.ancestors(path)] == around[::-1]


def test_the_scopes_around_come_nearest_first() -> None:
    assert list(paths.ancestors("a[2]/b")) == ["a[2]", "a", ""]
    assert list(paths.ancestors("")) == []
    assert paths.parent("") == ""


@pytest.mark.parametrize(
    "path", ["", "/", "a/", "/a", "a//b", "[0]", "a[0", "a]", "a[0]b", "a[[0]]", "a/\n", None, 5,
             "x" * 201, "a[0]/" + "x" * 201],
    ids=lambda path: ascii(path)[:20],
)  # fmt: skip
def test_a_path_that_no_call_can_have_is_refused(path: object) -> None:
    with pytest.raises(InvalidIdError):
        paths.check_path(path)


@pytest.mark.parametrize(
    "run_id", ["a", "0", "main-run", "A.b_c-d", "a" * 128, "a..b", "con", "1-"]
)
def test_a_run_id_that_is_taken(run_id: str) -> None:
    assert paths.check_run_id(run_id) == run_id


@pytest.mark.parametrize(
    "run_id",
    ["", ".", "..", "../../etc/x", "/etc/passwd", "a/b", "a\\b", "a\x00", "a\n", "\x1b[0m", "-a",
     "_a", "~", "$(id)", "a" * 129, "\u00e9", "e\u0301", "a.", "a ", " a", "a:b", "a*",
     None, 5, b"a"],
    ids=lambda run_id: ascii(run_id)[:20],
)  # fmt: skip
def test_a_run_id_that_is_refused(run_id: object) -> None:
    with pytest.raises(InvalidRunIdError, match="it must match"):
        paths.check_run_id(run_id)


def test_a_new_run_id_reads_well_and_sorts_by_time() -> None:
    id = paths.new_run_id("order", NOW, 123_456_789)
    assert re.fullmatch(r"order-20261122-143501-[0-9a-z]{4}", id)
    assert paths.new_run_id("order", NOW + timedelta(seconds=1), 0) > id
    abroad = NOW.astimezone(timezone(timedelta(hours=9)))
    assert paths.new_run_id("order", abroad, 123_456_789) == id
    assert len({paths.new_run_id("order", NOW, entropy) for entropy in range(36**2)}) == 36**2


@pytest.mark.parametrize(
    ("workflow", "name"),
    [
        ("Order v2!", "Order-v2"),
        ("", "run"),
        ("../..", "run"),
        ("é", "run"),
        ("__x__", "x"),
        ("日-a", "a"),
    ],
)
def test_the_name_of_the_workflow_is_made_legal(workflow: str, name: str) -> None:
    assert paths.new_run_id(workflow, NOW, 0).startswith(f"{name}-2026")


@given(st.text(st.characters(exclude_categories=())), st.integers(0))
def test_a_new_run_id_is_always_legal(workflow: str, entropy: int) -> None:
    paths.check_run_id(paths.new_run_id(workflow, NOW, entropy))
