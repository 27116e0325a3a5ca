"""Sending only what changes paints the same cells, frame after frame."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopod_tui.terminal.canvas import Canvas

WIDTH, HEIGHT = 12, 4
STYLES = (
    *("1", "3", "4", "7", "9", "31", "94", "42", "103", "38;5;7", "48;5;200"),
    *("38;2;1;2;3;48;2;20;23;31", "1;38;2;9;9;9", "4;7;31", "1;4;7;9;97;44", "0;1"),
)
TEXTS = ("a", "word", "  ", " ", "x y z", "✓ é", "漢字", "e\u0301b", "       ")


@st.composite
def frames(draw: st.DrawFn) -> str:
    """Return a frame as Textual sends it: places, and styled texts with a reset behind each."""
    out = []
    for _ in range(draw(st.integers(0, 5))):
        y, x = draw(st.integers(1, HEIGHT)), draw(st.integers(1, WIDTH))
        out.append(f"\x1b[{y};{x}H")
        for _ in range(draw(st.integers(0, 4))):
            text, style = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(("", *STYLES)))
            out.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
        out.append(draw(st.sampled_from(["", "\r\n"])))
    return "".join([*out, "\x1b[1;1H"])


class Screen:
    """A terminal, and what stands in its cells."""

    def __init__(self) -> None:
        # Larger than the frames: nothing is cut at its edge, nothing scrolls.
        self.screen = pyte.Screen(WIDTH + 40, HEIGHT + 1)
        self.stream = pyte.Stream(self.screen)

    def cells(self) -> list[list[pyte.screens.Char]]:
        """Return the cells, without what no eye sees in a blank: its ink."""
        width = range(WIDTH + 40)
        return [[seen(self.screen.buffer[y][x]) for x in width] for y in range(HEIGHT)]


def seen(cell: pyte.screens.Char) -> pyte.screens.Char:
    """Return what is seen of a cell."""
    if cell.data == " " and not (cell.reverse or cell.underscore or cell.strikethrough):
        return cell._replace(fg="default", bold=False, italics=False)
    return cell


@settings(max_examples=300, deadline=None)
@given(st.lists(frames(), min_size=1, max_size=6))
def test_the_same_cells_are_painted_frame_after_frame(given: list[str]) -> None:
    canvas, whole, saved = Canvas(), Screen(), Screen()
    for frame in given:
        whole.stream.feed(frame)
        saved.stream.feed(canvas.needed(frame))
        assert saved.cells() == whole.cells()


@settings(max_examples=100, deadline=None)
@given(frames(), frames())
def test_after_forgetting_a_frame_is_whole_again(first: str, second: str) -> None:
    canvas, behind_our_back = Canvas(), Screen()
    canvas.needed(first)
    canvas.forget()
    behind_our_back.stream.feed("\x1b[1;31;44m" + canvas.needed(second))
    fresh = Screen()
    fresh.stream.feed("\x1b[1;31;44m" + Canvas().needed(second))
    assert behind_our_back.cells() == fresh.cells()


def page(words: str) -> str:
    """Return a full screen as Textual sends it."""
    style, ground = "\x1b[38;2;127;138;163;48;2;20;23;31m", "\x1b[38;2;200;208;224;48;2;20;23;31m"
    pieces = ((ground, " "), (style, f"{words}  "), (ground, "   "), (style, "5/5"))
    line = "".join(f"{pen}{text}\x1b[0m" for pen, text in (*pieces, (ground, " " * 90)))
    return "".join(f"\x1b[{y};1H{line}\r\n" for y in range(1, 30)) + "\x1b[1;1H"


def test_a_first_frame_is_less_than_its_half() -> None:
    frame = page("done")
    styles = len(frame) - 29 * 103
    assert len(Canvas().needed(frame)) - 29 * 103 < styles / 2


def test_what_is_shown_already_is_not_sent_again() -> None:
    canvas = Canvas()
    assert canvas.needed(page("done")) != ""
    assert canvas.needed(page("done")) == ""


def test_a_changed_word_is_all_that_is_sent() -> None:
    canvas = Canvas()
    canvas.needed(page("done"))
    changed = canvas.needed(
        "\x1b[3;1H" + page("wait").split("H", 1)[1].split("\r")[0] + "\x1b[1;1H"
    )
    assert changed.startswith("\x1b[3;2H")
    assert "wait" in changed and len(changed) < 60


@pytest.mark.parametrize(
    "data", ["\x1b[?25l", "\x1b]52;c;aGk=\x07", "", "\x1b[?2026h", "words", "\x1b[>25u"]
)
def test_what_is_no_frame_is_left_as_it_is(data: str) -> None:
    canvas = Canvas()
    canvas.needed(page("done"))
    assert canvas.needed(data) == data
    assert canvas.needed(page("done")) == ""


@pytest.mark.parametrize(
    "data",
    [
        *(
            "\x1b[?1049h",
            "\x1b[2J",
            "\x1bc",
            "\x1b[1;1Htext\x1b[K",
            "\x1b[1;1H\x1b[58;5;1mx\x1b[0m",
        ),
        *("head\x1b[1;1Hx", "\x1b[1;1H\x1b[31mred without an end", "\x1b[1;1Htab\t"),
    ],
)
def test_what_may_change_the_screen_makes_it_forget(data: str) -> None:
    canvas = Canvas()
    first = canvas.needed(page("done"))
    assert canvas.needed(data) == data
    assert canvas.needed(page("done")) == first


def test_a_frame_for_a_larger_terminal_is_not_remembered() -> None:
    canvas = Canvas()
    for size in ((103, 20), (80, 40)):
        first = canvas.needed(page("done"), size)
        assert canvas.needed(page("done"), size) == first
    assert canvas.needed(page("done"), (103, 29)) == first
    assert canvas.needed(page("done"), (103, 29)) == ""
