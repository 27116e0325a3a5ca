"""The language in which runs are looked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.errors import ErrorInfo
from flopod.inner import OpenWait, Progress
from flopod.summary import RunSummary, Status
from flopod_tui.query import Query, QueryError, Vocabulary, complete, parse
from flopod_tui.query.completing import STARTS
from tui.store import NOW

HOUR = timedelta(hours=1)
FAILED = RunSummary(
    run_id="research-0141",
    workflow="pokemon-research",
    status=Status.ERROR,
    submitted_at=NOW - 3 * HOUR,
    started_at=NOW - 3 * HOUR,
    ended_at=NOW - 3 * HOUR + timedelta(seconds=12),
    error=ErrorInfo("HTTPError", "502 Bad Gateway", "expedition[2]/classify"),
    progress=Progress(4, 9),
)
WAITING = RunSummary(
    run_id="import-77",
    workflow="catalog-import",
    status=Status.WAITING,
    submitted_at=NOW - HOUR,
    started_at=NOW - HOUR,
    open_waits=(OpenWait(path="gate", event="approved-by-QA", opened_at=NOW - HOUR / 2),),
    progress=Progress(512),
    worker="kanto:4121",
    current_path="process[512]/enrich",
)
QUEUED = RunSummary(run_id="night", workflow="nightly", submitted_at=NOW, parent="import-77")
RUNS = {"failed": FAILED, "waiting": WAITING, "queued": QUEUED}
SAVED = {
    "bad": "status:failed | wf:nightly",
    "worse": "@bad -night",
    "loop": "@pool",
    "pool": "@loop",
}
WORDS = Vocabulary(workflows=("catalog-import", "nightly"), events=("approved",), saved=("bad",))


def found(text: str) -> str:
    """Return the names of the runs that a filter takes."""
    query = parse(text, SAVED)
    return " ".join(name for name, run in RUNS.items() if query.takes(run, NOW))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "failed waiting queued"),
        ("RESEARCH 502", "failed"),
        ("research nothing", ""),
        ("classify", "failed"),
        ("process[512]", "waiting"),
        ("approved", "waiting"),
        ("status:failed", "failed"),
        ("status:error", "failed"),
        ("status:fa,wait", "failed waiting"),
        ("wf:import", "waiting"),
        ("workflow:research,nightly", "failed queued"),
        ("id:77", "waiting"),
        ("path:expedition", "failed"),
        ("err:httperror", "failed"),
        ('error:"bad gateway"', "failed"),
        ("event:QA", "waiting"),
        ("worker:kanto", "waiting"),
        ("parent:import-77", "queued"),
        ("id~^imp.*7$", "waiting"),
        ("id~^77", ""),
        ("err~50[0-9]", "failed"),
        ("age<2h", "waiting queued"),
        ("age>=3h", "failed"),
        ("took>30s", "waiting"),
        ("took<30s", "failed"),
        ("wait>20m", "waiting"),
        ("wait>1d", ""),
        ("steps>100", "waiting"),
        ("steps=4", "failed"),
        ("-research", "waiting queued"),
        ("-status:failed -night", "waiting"),
        ("-took>30s", "failed queued"),
        ("night | status:failed", "failed queued"),
        ("night|import gate", "waiting queued"),
        ('"research nothing"', ""),
        ('"http" -"-x"', "failed"),
        ("@bad", "failed queued"),
        ("@worse", "failed queued"),
        ("-@bad", "waiting"),
    ],
)
def test_a_filter_takes(text: str, names: str) -> None:
    if text == "@worse":
        names = "failed"
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "position", "told"),
    [
        ("status:zz", 7, "no status begins so: queued, running"),
        ("status:ok,", 10, "a value is missing"),
        ("wf:", 3, "a value is missing"),
        ("ok colour:red", 3, "no field colour: there are status, workflow"),
        ("statu:ok", 0, "no field statu; status?"),
        ("age:2h", 3, "age is compared with < or >"),
        ("age<", 4, "something to compare with is missing"),
        ("age<soon", 4, "not a length of time, such as 30s"),
        ("steps>many", 6, "not a whole number"),
        ("agf<2h", 0, "no field agf; age?"),
        ("path<3", 4, "path is asked for with a colon"),
        ("a -", 3, "after - stands what is left out"),
        ("a |", 3, "something must stand after |"),
        ("a || b", 3, "something must stand before |"),
        ("| a", 0, "something must stand before |"),
        ('a "b c', 2, "this quote is not closed"),
        ('""', 0, "nothing stands between the quotes"),
        ("id~[a", 3, "no regular expression"),
        ("id~a(b", 4, "no regular expression"),
        ("id~", 3, "a pattern is missing"),
        ("@nobody", 0, "no filter is saved as @nobody: @bad"),
        ("x @loop", 2, "needs itself"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_place(
    text: str, position: int, told: str
) -> None:
    with pytest.raises(QueryError, match=r".") as raised:
        parse(text, SAVED)
    assert raised.value.position == position
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


@given(st.text(alphabet='ab:~<>=-|@" ,()[]*+?{}1\\.^$sidtuage\t\u0301é', max_size=30) | st.text())
def test_any_text_is_a_filter_or_told_as_none(text: str) -> None:
    try:
        query = parse(text, SAVED)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert str(error)
    else:
        for run in RUNS.values():
            assert query.takes(run, NOW) in (True, False)
        assert query.is_all == (not text.strip())


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "-a", "a|b", "id:a", "abc"]), max_size=4), st.data()
)
def test_a_filter_within_another_takes_nothing_that_it_leaves_out(
    words: list[str], data: st.DataObject
) -> None:
    others = data.draw(st.lists(st.sampled_from(["a", "b", "-a", "id:a", "bc"]), max_size=3))
    narrow, wide = parse(" ".join(words)), parse(" ".join(others))
    if narrow.within(wide):
        for name in ("a", "b", "ab", "abc", "c", ""):
            run = RunSummary(run_id=name)
            assert wide.takes(run, NOW) or not narrow.takes(run, NOW)


@pytest.mark.parametrize(
    "text",
    [
        *("(a+)+", "(a|aa)+", "(a?b)*c", "((a|b))*", "(x+x+)+y", "(.*)*", "(a{1,9}){1,9}"),
        *("a*a*a*a*b", "(a)\\1+", "(?:a)", "a?a?a?a?"),
    ],
)
def test_a_pattern_that_could_take_for_ever_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse(f'id~"{text}"')


@pytest.mark.parametrize(
    "text", ["^imp.*7$", "\\d+-\\d+", "(ab)*c", "[*+?|]", "a\\*\\*\\*\\*", "[[]"]
)
def test_a_pattern_that_is_bounded_is_taken(text: str) -> None:
    assert not parse(f'id~"{text}"').is_all


@pytest.mark.parametrize(
    ("text", "ghost"),
    [
        ("st", "atus:"),
        ("s", ""),
        ("a wo", "rkflow:"),
        ("ag", "e>"),
        ("status:fa", "iled"),
        ("status:ok,wa", "iting"),
        ("-wf:cat", "alog-import"),
        ("event:ap", "proved"),
        ("@b", "ad"),
        ("x|status:at", "tention"),
        ("status:ok", ""),
        ('err:"st', ""),
        ("", ""),
    ],
)
def test_what_could_come_next_is_known(text: str, ghost: str) -> None:
    assert complete(text, len(text), WORDS) == ghost


def test_nothing_is_completed_in_the_middle_of_a_word() -> None:
    assert complete("status:fa x", 9, WORDS) == "iled"
    assert complete("status:fax", 9, WORDS) == ""


@pytest.mark.parametrize("start", STARTS)
def test_every_field_that_is_offered_is_taken(start: str) -> None:
    value = "ok" if start == "status:" else "1" if start == "steps>" else "1h"
    assert isinstance(parse(start + value), Query)
