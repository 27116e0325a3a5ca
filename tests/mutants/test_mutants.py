"""The mutants still fit the code, and the tests that must notice them are still there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from mutants.catalogue import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_one_place_and_its_test_exists(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.applied(text) != text
    for test in mutant.test.split():
        file, *names = test.partition("[")[0].split("::")
        assert (ROOT / file).is_file()
        assert not names or names[-1] in _tests_in(Path(file).parent)


@cache
def _tests_in(folder: Path) -> set[str]:
    """Return the tests of a folder: what a class inherits may stand in another file."""
    parsed = (ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / folder).glob("*.py"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for tree in parsed for node in ast.walk(tree) if isinstance(node, kinds)}


def test_each_mutant_has_a_name_of_its_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))
