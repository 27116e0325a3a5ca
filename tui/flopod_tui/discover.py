"""Where workflows come from: files and modules named on the command line, or in the settings.

All sources count, and of two workflows of one name the one found first is taken: `-w`, then
FLOPOD_WORKFLOWS (a list with `:` or `,`), then `[tool.flopod] workflows` of the nearest
pyproject.toml, then the entry points of installed packages, then the built-in ones. A file is
loaded under a name made from its path, so it is the same module in every process.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from flopod.errors import WorkflowImportError, brief
from flopod.registry import Workflow, known_workflows

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")

BUILT_IN = ("flopod_tui.demo.inventory", "flopod_tui.demo.watch_disk")
GROUP = "flopod.workflows"
VARIABLE = "FLOPOD_WORKFLOWS"


@dataclass(frozen=True, slots=True)
class Source:
    """A module or file that holds workflows."""

    text: str
    """As it was given: `shop.orders`, `flows.py`."""
    told_by: str
    base: Path
    """Where a relative file, or the module, is looked for."""

    @property
    def file(self) -> Path | None:
        """The file that is meant; None where it is a module."""
        is_file = self.text.endswith(".py") or os.sep in self.text
        return (self.base / Path(self.text).expanduser()).resolve() if is_file else None

    def __str__(self) -> str:
        return f"{brief(self.text)} ({self.told_by})"


@dataclass(frozen=True, slots=True)
class Found:
    """A workflow, and where it was found."""

    workflow: Workflow[..., Any]
    source: str


def workflows(given: Sequence[str] = ()) -> list[Workflow[..., Any]]:
    """Return the workflows of all sources, `given` (the `-w` of the command) first.

    Raises:
        WorkflowImportError: a source does not load, or holds no workflow.
    """
    return [found.workflow for found in find(given)]


def find(given: Sequence[str] = ()) -> list[Found]:
    """Return the workflows of all sources with their places; see `workflows`."""
    taken: dict[str, Found] = {}
    for found in _all(given):
        taken.setdefault(found.workflow.name, found)
    return list(taken.values())


def sources(given: Sequence[str] = ()) -> list[Source]:
    """Return the sources named by the command, the environment and the project, in this order."""
    here = Path.cwd()
    named = [Source(text, "-w", here) for text in given]
    setting = os.environ.get(VARIABLE, "").replace(os.pathsep, ",").split(",")
    named += [Source(text.strip(), VARIABLE, here) for text in setting if text.strip()]
    return named + _of_project(here)


def load(source: Source) -> ModuleType:
    """Return the module of a source.

    Raises:
        WorkflowImportError: it does not load; the message names file and line.
    """
    file = source.file
    if file is None:
        return _guarded(source, lambda: _module(source))
    if not file.is_file():
        what = "is a directory; give a .py file or a module" if file.is_dir() else "does not exist"
        raise WorkflowImportError(str(source), f"{file} {what}")
    return _guarded(source, lambda: _file_module(file))


def _all(given: Sequence[str]) -> Iterable[Found]:
    for source in sources(given):
        yield from _held(source)
    from importlib.metadata import entry_points  # It takes long to load, and the app needs none.

    for point in entry_points(group=GROUP):
        yield from _of_entry_point(point)
    for name in BUILT_IN:
        yield from (Found(each, "built in") for each in _defined(import_module(name)))


def _held(source: Source) -> list[Found]:
    """Return what a source holds: what its module names, and what its import has defined."""
    before = known_workflows()
    module = load(source)
    registered = [made for name, made in known_workflows().items() if before.get(name) is not made]
    held = {made.name: made for made in (*_defined(module), *registered)}
    if not held:
        raise WorkflowImportError(
            str(source), "it holds no workflow; put @workflow above an async function"
        )
    return [Found(made, source.text) for made in held.values()]


def _defined(module: ModuleType) -> list[Workflow[..., Any]]:
    return [value for value in vars(module).values() if isinstance(value, Workflow)]


def _of_entry_point(point: EntryPoint) -> list[Found]:
    source = Source(point.value, f"entry point {point.name!r}", Path.cwd())
    loaded = _guarded(source, point.load)
    made = _defined(loaded) if isinstance(loaded, ModuleType) else [loaded]
    if not made or not all(isinstance(each, Workflow) for each in made):
        raise WorkflowImportError(str(source), "it names no workflow and no module with one")
    return [Found(each, point.value) for each in made]


def _of_project(here: Path) -> list[Source]:
    folders = (here, *here.parents)
    file = next((f for folder in folders if (f := folder / "pyproject.toml").is_file()), None)
    if file is None:
        return []
    import tomllib

    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WorkflowImportError(str(file), f"it cannot be read: {error}") from None
    named = settings.get("tool", {}).get("flopod", {}).get("workflows", [])
    if not isinstance(named, list) or not all(isinstance(text, str) for text in named):
        reason = f"[tool.flopod] workflows is {brief(named)}; it must be a list of strings"
        raise WorkflowImportError(str(file), reason)
    return [Source(text, str(file), file.parent) for text in named]


def _module(source: Source) -> ModuleType:
    _make_importable(source.base)
    return import_module(source.text)


def _file_module(file: Path) -> ModuleType:
    import hashlib

    digest = hashlib.blake2b(os.fsencode(file), digest_size=4).hexdigest()
    name = f"{file.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    _make_importable(file.parent)
    loader = _Uncached(name, str(file))
    spec = spec_from_file_location(name, file, loader=loader) if file.suffix == ".py" else None
    if spec is None:
        raise ImportError("only .py files are taken")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


class _Uncached(SourceFileLoader):
    """Compiles the file anew: a change of the same second and length leaves a cache in force."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _make_importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _guarded(source: Source, import_it: Callable[[], T]) -> T:
    """Return what `import_it` gives; a module that ends the program is an error like others."""
    try:
        return import_it()
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and _is_itself(source, error):
            reason = f"there is no such module in {source.base} or among those installed"
        else:
            what = error.msg if isinstance(error, SyntaxError) else error
            reason = f"{type(error).__name__}: {what} {_place(error, source)}".strip()
        raise WorkflowImportError(str(source), reason) from error


def _is_itself(source: Source, error: ModuleNotFoundError) -> bool:
    """Say whether it is the source that is missing, not something that it imports."""
    name = source.text.partition(":")[0]
    return source.file is None and bool(error.name) and f"{name}.".startswith(f"{error.name}.")


def _place(error: BaseException, source: Source) -> str:
    """Return where it went wrong: the line of the source itself, else the innermost one."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"({error.filename}, line {error.lineno})"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen") and frame.filename != __file__
    ]
    own = [frame for frame in frames if frame.filename == str(source.file)]
    for frame in (own or frames)[-1:]:
        return f"({frame.filename}, line {frame.lineno})"
    return ""
