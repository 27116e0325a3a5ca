"""Every view can be read: with few colours, without any, on white, and in ASCII.

With all colours on a dark ground, `test_hostile.py` looks at every view; `make soak` looks at every
view on every terminal.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tui.colours import ASCII, COLOURLESS, LIGHT, SIXTEEN, look, some_statuses
from tui.scenes import SCENES

# Sixteen colours is where it fails first: every other view. The rest share them.
LOOKS = (
    (SIXTEEN, SCENES[::4]),
    (SIXTEEN, SCENES[1::4]),
    (COLOURLESS, SCENES[::6]),
    (LIGHT, SCENES[1::6]),
    (ASCII, SCENES[2::6]),
)


def test_on_every_terminal_every_view_can_be_read(tmp_path: Path) -> None:
    folder = some_statuses(tmp_path)
    with ThreadPoolExecutor(len(LOOKS)) as pool:
        found = list(pool.map(lambda one: look(folder, *one), LOOKS))
    assert [wrong for wrongs in found for wrong in wrongs] == []
