"""Which room may look into which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import flopod_tui

HOME = Path(flopod_tui.__path__[0])


def imports_of(file: Path) -> set[str]:
    """Return the modules that a file names in its imports, those for types included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return found


def named(folder: str, *starts: str) -> list[str]:
    """Return the files of a folder that import what starts so."""
    return [
        f"{file.name}: {module}"
        for file in sorted((HOME / folder).glob("*.py"))
        for module in imports_of(file)
        if module.startswith(starts)
    ]


def test_widgets_know_no_screen_and_no_app() -> None:
    assert named("widgets", "flopod_tui.screens", "flopod_tui.app", "flopod_tui.launch") == []


def test_widgets_reach_no_store() -> None:
    assert named("widgets", "flopod.control", "flopod_backends") == []


def test_screens_know_neither_the_app_nor_a_store() -> None:
    assert named("screens", "flopod_tui.app", "flopod_tui.launch", "flopod_backends") == []


def test_the_commands_are_there_before_textual_is_loaded() -> None:
    code = "import sys, flopod_tui.cli; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_file_is_two_rooms() -> None:
    rooms = [*HOME.glob("widgets/*.py"), *HOME.glob("screens/*.py")]
    assert [f.name for f in rooms if len(f.read_text().splitlines()) > 300] == []
