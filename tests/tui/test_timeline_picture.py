"""The timeline as a picture: whole, harmless, of bounded size, and written with a key."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from xml.dom import minidom

import pytest

from flopod import events as ev
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.terminal.themes import DARK, LIGHT
from flopod_tui.timeline import svg
from flopod_tui.widgets.inks import palette_of
from tui.looking import until_seen
from tui.screening import unsafe
from tui.store import NOW, Story, app_over, failing, waiting

HOUR = timedelta(hours=1)


def drawn(events: list[Event], *, dark: bool = True) -> minidom.Document:
    """Return the picture, read as a browser reads it."""
    text = svg.timeline_svg(events, NOW, 120, "a <title> & more", palette_of(dark=dark))
    return minidom.parseString(text.encode())


def texts(picture: minidom.Document) -> list[str]:
    """Return what stands in the picture."""
    return [str(one.firstChild.data) for one in picture.getElementsByTagName("text")]  # type: ignore[union-attr]


def test_a_picture_has_the_rows_the_bars_and_the_times() -> None:
    picture = drawn(waiting("r", HOUR).events)
    assert {"a <title> & more", "fetch", "[2]", "◆ open", "1.2s", "at work"} <= set(texts(picture))
    bars = picture.getElementsByTagName("rect")
    assert {"ok", "quiet"} <= {bar.getAttribute("class") for bar in bars}
    width = float(picture.documentElement.getAttribute("viewBox").split()[2])
    ends = [float(bar.getAttribute("x")) + float(bar.getAttribute("width")) for bar in bars[1:]]
    assert 0 < max(ends) < width


def test_its_colours_are_those_of_the_theme() -> None:
    for theme, dark in ((DARK, True), (LIGHT, False)):
        style = drawn(failing("r", HOUR).events, dark=dark).getElementsByTagName("style")[0].toxml()
        assert f".failed{{fill:{theme.variables['failed']}}}" in style
        assert str(theme.foreground) in style


@pytest.mark.parametrize(
    "path", ["<script>alert(1)</script>", "&amp;", "\x1b]0;x\x07", "\u202ea", "]]>", '"', "\ud800"]
)
def test_nothing_that_is_stored_becomes_a_part_of_it(path: str) -> None:
    story = Story("r", HOUR).begin("w").tell(ev.ActivityStarted(), path)
    picture = drawn(story.tell(ev.ActivityCompleted(output=encoded(1)), path).events)
    used = {one.tagName for one in picture.getElementsByTagName("*")}
    assert used == {"svg", "style", "rect", "text"}
    assert all(unsafe(text) == [] for text in texts(picture))


def test_of_many_rows_it_holds_the_first_and_says_how_many_more_there_are() -> None:
    story = Story("r", HOUR).begin("w")
    for number in range(svg.MOST + 500):
        story.tell(ev.ActivityStarted(), f"step-{number}")
    assert "… 500 more rows" in texts(drawn(story.events))


async def test_e_then_p_writes_the_timeline_as_a_picture(
    store: MemoryBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = app_over(store, run_id="research-2026-0142")
    async with app.run_test(size=(80, 24)) as pilot:
        await until_seen(pilot, "approval")
        await pilot.press("e")
        await until_seen(pilot, "timeline as a picture")
        await pilot.press("p")
        await until_seen(pilot, "research-2026-0142.timeline.svg", "a file that is not there yet")
        await pilot.press("enter")
        await until_seen(pilot, "wrote timeline as a picture to")
    text = (tmp_path / "research-2026-0142.timeline.svg").read_text(encoding="utf-8")
    assert re.search(r">research-2026-0142 at seq \d+<", text)
    minidom.parseString(text)
