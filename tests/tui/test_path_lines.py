"""The lines of the path tree: what is folded, what stands for many, and that lines are spliced."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import encoded
from flopod.summary import Status
from flopod.tree import Node, TreeBuilder
from flopod_tui.paths.crowds import Crowd
from flopod_tui.paths.lines import PathLines, path_lines, place
from flopod_tui.paths.search import hits, troubled
from flopod_tui.paths.text import crowd_counts, path_row
from flopod_tui.run.view import RunView
from flopod_tui.text.spans import Spans, span_width
from tui.store import NOW, Story, failing, importing, waiting

OK = encoded(True)
ERROR = ErrorInfo("HTTPError", "502 Bad Gateway", "x")


def text_of(spans: Spans) -> str:
    return "".join(text for text, _ in spans)


def drawn(lines: PathLines) -> list[str]:
    """Return the lines as `depth path` (`…` after the path of a line that stands for many)."""
    shown = [lines.line(index) for index in range(len(lines.lines))]
    return [f"{one.depth} {one.node.path}{'…' if one.crowd else ''}" for one in shown]


def shown(story: Story) -> PathLines:
    lines = PathLines()
    lines.show(RunView.of(story.events).paths)
    return lines


def items(count: int, failed: tuple[int, ...] = ()) -> Story:
    """A run that has gone through so many items, some of which failed."""
    story = Story("r", timedelta(hours=1)).begin("job").tell(ev.EachStarted(total=count), "work")
    for index in range(count):
        fact = ev.EachItemFailed(error=ERROR) if index in failed else None
        story.step(f"work[{index}]/call")
        story.tell(fact or ev.EachItemCompleted(output=OK), f"work[{index}]")
    return story


def test_many_finished_items_are_one_line_and_the_one_at_work_is_seen() -> None:
    lines = shown(importing("r", timedelta(minutes=4), done=60))
    assert drawn(lines) == [
        "0 ",
        "1 process",
        "2 process…",
        "2 process[60]",
        "3 process[60]/enrich",
    ]
    crowd = lines.lines[2]
    assert isinstance(crowd, Crowd)
    assert (crowd.name, text_of(crowd_counts(crowd))) == ("[0..59]", "60 ok")


def test_failed_items_among_many_keep_rows_of_their_own_and_are_counted() -> None:
    lines = shown(items(40, failed=(3, 38)))
    assert [line for line in drawn(lines) if line.startswith("2")] == [
        "2 work…",
        "2 work[3]",
        "2 work[38]",
    ]
    crowd = lines.lines[2]
    assert isinstance(crowd, Crowd)
    assert (crowd.name, text_of(crowd_counts(crowd))) == ("[0..39]", "38 ok  2 failed")


def test_a_folded_group_opens_and_a_node_folds() -> None:
    lines = shown(importing("r", timedelta(minutes=4), done=30))
    lines.fold(2, True)
    assert drawn(lines)[2:5] == ["2 process…", "3 process[0]", "3 process[1]"]
    assert drawn(lines)[-1] == "4 process[30]/enrich"
    lines.fold(1, False)
    assert drawn(lines) == ["0 ", "1 process"]
    lines.fold(1, True)
    assert len(lines.lines) == 3 + 31 + 1


def test_a_failure_is_never_folded_away() -> None:
    assert "2 expedition[2]" in drawn(shown(failing("r", timedelta(hours=2))))
    assert "3 expedition[2]/classify" in drawn(shown(failing("r", timedelta(hours=2))))


def test_variables_stand_in_the_state_and_not_among_the_paths() -> None:
    view = RunView.of(waiting("r", timedelta(hours=2)).events)
    assert not {"total", "items", "counts"} & {line.node.path for line in path_lines(view.root)}
    assert view.state.variables["total"].value == 42
    assert view.state.variables["items"].value == ["bulbasaur", "charmander", "squirtle"]


def test_collapsed_paths_start_folded_and_never_hide_what_runs_or_waits() -> None:
    story = Story("r", timedelta(hours=1)).begin("job").tell(ev.ParallelStarted(total=2), "both")
    story.step("both[0]/tell/mail").step("both[1]/tell/mail")
    lines = PathLines(("*/tell/*",))
    lines.show(RunView.of(story.events).paths)
    assert drawn(lines)[2:] == ["2 both[0]", "3 both[0]/tell", "2 both[1]", "3 both[1]/tell"]
    story.tell(ev.ActivityStarted(), "both[1]/tell/phone")
    lines.show(RunView.of(story.events).paths)
    assert "4 both[1]/tell/phone" in drawn(lines)
    lines.fold(lines.index("both[0]/tell"), True)
    assert "4 both[0]/tell/mail" in drawn(lines)


def test_fold_all_leaves_the_run_and_unfold_all_opens_groups_too() -> None:
    lines = shown(items(40))
    lines.fold_all(False)
    assert drawn(lines) == ["0 ", "1 work"]
    lines.fold_all(True)
    assert len(lines.lines) == 3 + 40 + 40


def test_what_hides_a_path_is_unfolded_to_reveal_it() -> None:
    lines = shown(items(40))
    at = lines.reveal("work[17]/call")
    assert drawn(lines)[at] == "4 work[17]/call"
    assert drawn(lines)[lines.container(at)] == "3 work[17]"
    assert drawn(lines)[lines.container(lines.container(at))] == "2 work…"


def test_a_path_that_is_folded_away_is_found_at_the_line_that_holds_it() -> None:
    lines = shown(items(40, failed=(3,)))
    assert drawn(lines)[lines.index("work[17]/call")] == "2 work…"
    assert drawn(lines)[lines.index("work[3]/nothing/there")] == "2 work[3]"
    lines.fold_all(False)
    assert drawn(lines)[lines.index("work[3]/call")] == "1 work"


def test_a_new_leaf_among_100_000_lines_moves_no_other_line_and_looks_at_few(
    monkeypatch: object,
) -> None:
    tree = RunView.of(items(1000).events).paths
    lines = PathLines()
    lines.show(tree)
    lines.fold_all(True)
    before = list(lines.lines)
    looked: list[object] = []
    lines.folding.opened = lambda node: looked.append(node) or True  # type: ignore[method-assign]
    tree.add(Event(ev.ActivityStarted(), "work[1000]/call", NOW, 1))
    lines.show(tree)
    assert lines.lines[: len(before)] == before
    assert len(lines.lines) == len(before) + 2
    assert len(looked) < 10


def test_trouble_is_where_it_happened() -> None:
    view = RunView.of(failing("r", timedelta(hours=2)).events)
    assert [node.path for node in troubled(view.root)] == ["expedition[2]/classify"]
    body = Story("r", timedelta(hours=1)).begin("job").step("a").tell(ev.RunFailed(error=ERROR))
    assert [node.path for node in troubled(RunView.of(body.events).root)] == [""]
    assert troubled(RunView.of(items(3).events).root) == []


def test_a_search_finds_names_notes_and_errors_and_not_all_that_is_inside() -> None:
    view = RunView.of(waiting("r", timedelta(hours=2)).events)

    def found(text: str) -> list[str]:
        places = {place(node): node.path for node in view.root.walk()}
        return [places[hit] for hit in hits(view.root, text) if hit is not None]

    assert found("EXPEDITION") == ["expedition"]
    assert found("[1]/fetch") == ["expedition[1]/fetch-details"]
    assert found("researcher") == ["approval"]
    assert found("nowhere") == []
    broken = RunView.of(failing("r", timedelta(hours=2)).events)
    assert len([hit for hit in hits(broken.root, "bad gateway") if hit]) == 1


def told(line: Node | Crowd) -> str:
    """Return what a line that stands for many says of them."""
    return f"{line.name} {text_of(crowd_counts(line))}" if isinstance(line, Crowd) else ""


PATHS = st.sampled_from(
    ["a", "a/b", "a/b/c"]
    + [f"e[{n}]{end}" for n in range(30) for end in ("", "/s", "/s/t")]
    + [f"p[{n}]/q[{m}]" for n in range(3) for m in range(30)]
)
FACTS = st.sampled_from(
    [
        ev.ActivityStarted(),
        ev.ActivityCompleted(output=OK),
        ev.ActivityFailed(error=ERROR),
        ev.EachStarted(total=30),
        ev.EachItemCompleted(output=OK),
        ev.EachItemCompleted(output=OK),
        ev.EachItemFailed(error=ERROR),
        ev.WaitStarted(event="go"),
        ev.SleepCompleted(),
    ]
)
RUN = st.sampled_from(
    [ev.RunFailed(error=ERROR), ev.RunRetried(voided=("e[1]/s",)), ev.RunStarted()]
)
TOLD = st.one_of(
    st.tuples(FACTS, PATHS),
    st.tuples(FACTS, st.sampled_from([f"e[{n}]" for n in range(30)])),
    st.tuples(RUN, st.just("")),
    st.tuples(st.just(ev.VarSet(value=OK)), st.sampled_from(["v", "e[7]/v", "w/v"])),
)
MANY_END = st.integers(18, 30).map(
    lambda count: [(ev.EachItemCompleted(output=OK), f"e[{n}]") for n in range(count)]
)
STEPS = st.one_of(
    MANY_END,
    st.lists(TOLD, min_size=1, max_size=40),
    st.tuples(st.integers(0, 40), st.booleans()),
    st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_spliced_lines_are_those_that_would_be_laid_anew(steps: list[object]) -> None:
    tree, lines, seq = TreeBuilder(), PathLines(), 0
    for step in steps:
        if isinstance(step, list):
            for fact, path in step:
                seq += 1
                tree.add(Event(fact, path, NOW, seq))
            lines.show(tree)
        elif isinstance(step, tuple):
            lines.fold(step[0] % len(lines.lines), step[1])
        else:
            lines.fold_all(bool(step))
        anew = PathLines()
        anew.folding = lines.folding
        anew.show(tree)
        assert drawn(lines) == drawn(anew)
        assert [*map(told, lines.lines)] == [*map(told, anew.lines)]
        assert [*map(place, lines.lines)] == sorted(map(place, lines.lines))
        hidden = {Status.RUNNING, Status.WAITING, Status.RETRYING}
        assert all(
            not crowd.hides(node)
            for node in tree.root.walk()
            if node.status in hidden
            for crowd in lines.lines
            if isinstance(crowd, Crowd)
        )


def test_a_path_of_a_thousand_levels_is_shown_with_its_name() -> None:
    tree, path = TreeBuilder(), "/".join(f"s{n}" for n in range(3000))
    tree.add(Event(ev.ActivityStarted(), path, NOW, 1))
    tree.add(Event(ev.RunFailed(error=ERROR), "", NOW, 2))
    lines = PathLines()
    lines.show(tree)
    row = path_row(lines.line(3000), Status.RUNNING, 0, NOW, 60)
    assert "s2999" in text_of(row)
    assert lines.index(path) == 3000


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/[]"), min_size=1, max_size=30)


@given(st.lists(NAMES, min_size=1, max_size=8), st.integers(40, 120))
def test_a_row_is_exactly_as_wide_as_asked(names: list[str], width: int) -> None:
    tree = TreeBuilder()
    tree.add(Event(ev.WaitStarted(event=names[0]), "/".join(names), NOW, 1))
    lines = PathLines()
    lines.show(tree)
    for index in range(len(lines.lines)):
        assert span_width(path_row(lines.line(index), Status.WAITING, 0, NOW, width)) == width
