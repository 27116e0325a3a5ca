"""Where workflows are found, in which order, and what a source that does not load says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli.conftest import Flopod
from flopod_tui import discover

WORKFLOW = """
from flopod import workflow

@workflow
async def {name}(wf):
    "From {doc}."
"""


def write(path: Path, name: str, doc: str = "") -> Path:
    """Write a module with one workflow."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(WORKFLOW.format(name=name, doc=doc or path.name))
    return path


def names(*given: str) -> list[str]:
    """Return the names of all workflows found."""
    return [made.name for made in discover.workflows(given)]


def test_the_built_in_ones_are_always_known() -> None:
    assert names() == ["inventory", "watch-disk"]


def test_files_and_modules_are_taken(home: Path) -> None:
    write(home / "one.py", "first")
    write(home / "shop_a/orders.py", "second")
    assert names("one.py", "shop_a.orders")[:2] == ["first", "second"]
    assert names(str(home / "one.py"))[0] == "first"


def test_the_environment_names_several(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "three"):
        write(home / f"{name}.py", name)
    monkeypatch.setenv("FLOPOD_WORKFLOWS", "one.py:two.py, three.py")
    assert names()[:3] == ["one", "two", "three"]


def test_the_nearest_project_file_names_them_beside_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "project/flows.py", "mine")
    write(home / "project/shop_b.py", "sold")
    (home / "pyproject.toml").write_text('[tool.flopod]\nworkflows = ["not_this_one"]\n')
    (home / "project/pyproject.toml").write_text(
        '[tool.flopod]\nworkflows = ["./flows.py", "shop_b"]\n'
    )
    (home / "project/deep/inside").mkdir(parents=True)
    monkeypatch.chdir(home / "project/deep/inside")
    assert names()[:2] == ["mine", "sold"]


def test_an_installed_package_names_them_as_entry_points(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "site/shop_c.py", "listed")
    (home / "site/shop_c-1.0.dist-info").mkdir()
    (home / "site/shop_c-1.0.dist-info/METADATA").write_text("Name: shop-c\nVersion: 1.0\n")
    (home / "site/shop_c-1.0.dist-info/entry_points.txt").write_text(
        "[flopod.workflows]\nmodule = shop_c\none = shop_c:listed\n"
    )
    monkeypatch.syspath_prepend(home / "site")
    assert names()[0] == "listed"


def test_of_two_of_one_name_the_first_source_counts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "a.py", "inventory")
    write(home / "b.py", "inventory")
    monkeypatch.setenv("FLOPOD_WORKFLOWS", "b.py")
    [found] = [each for each in discover.find(["a.py"]) if each.workflow.name == "inventory"]
    assert found.source == "a.py"


def test_a_file_is_the_same_module_every_time(home: Path) -> None:
    write(home / "once.py", "once")
    first, again = discover.workflows(["once.py"])[0], discover.workflows(["./once.py"])[0]
    assert first is again
    assert sys.modules[first.fn.__module__].__file__ == str(home / "once.py")


def test_a_file_may_import_its_neighbours(home: Path) -> None:
    write(home / "sub/neighbour_d.py", "beside")
    (home / "sub/main.py").write_text("from neighbour_d import beside\n")
    assert names("sub/main.py")[0] == "beside"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("import nothing_like_it\n", "No module named 'nothing_like_it' ({file}, line 1)"),
        ("x = 1\n\ndef f(:\n", "SyntaxError: invalid syntax ({file}, line 3)"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3 ({file}, line 2)"),
        ("\n\n1 / 0\n", "ZeroDivisionError: division by zero ({file}, line 3)"),
        ("import json\njson.loads('{')\n", "({file}, line 2)"),
        ("x = 1\n", "holds no workflow"),
    ],
)
def test_a_source_that_does_not_load_names_its_line(
    flopod: Flopod, home: Path, text: str, phrase: str
) -> None:
    file = home / "odd.py"
    file.write_text(text)
    said = flopod("start", "inventory", "-w", "odd.py")
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert phrase.format(file=file) in said.err
    assert flopod("runs", "--json").json == []


@pytest.mark.parametrize(
    ("source", "phrase"),
    [
        ("gone.py", "gone.py does not exist"),
        ("./", "is a directory"),
        ("no.such.module", "there is no such module"),
        ("json", "holds no workflow"),
    ],
)
def test_a_source_that_is_none_is_named(flopod: Flopod, source: str, phrase: str) -> None:
    said = flopod("workflows", "-w", source)
    assert (said.code, said.out) == (2, "")
    assert phrase in said.err and source in said.err


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("[tool.flopod\n", "cannot be read"),
        ('[tool.flopod]\nworkflows = "one"\n', "must be a list of strings"),
    ],
)
def test_a_project_file_that_is_wrong_is_named(
    flopod: Flopod, home: Path, text: str, phrase: str
) -> None:
    (home / "pyproject.toml").write_text(text)
    said = flopod("workflows")
    assert said.code == 2
    assert "pyproject.toml" in said.err and phrase in said.err
