"""Workflows by name: what `@workflow` makes of a function, and where the program finds it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints, overload

from flopod import shapes
from flopod.backend import WorkflowInfo
from flopod.errors import FlopodError, InvalidPayloadError, UnknownWorkflowError, brief
from flopod.records import json_part
from flopod.stored import Encoded, decoded, encoded

P = ParamSpec("P")
R = TypeVar("R")

MISSING: Any = inspect.Parameter.empty

_known: dict[str, Workflow[..., Any]] = {}


class Workflow(Generic[P, R]):
    """A function that is a workflow. It can still be called as the function it was."""

    def __init__(
        self,
        fn: Callable[P, Awaitable[R]],
        name: str | None = None,
        concurrency: int | None = None,
    ) -> None:
        functools.update_wrapper(self, fn)
        self.fn = fn
        self.name = name or fn.__name__
        self.concurrency = _checked(concurrency, self.name)
        parameters = list(inspect.signature(fn).parameters.values())
        if not 1 <= len(parameters) <= 2:
            raise TypeError(
                f"workflow {self.name!r} takes {len(parameters)} parameters; "
                "it must take the runtime, and an input if it has one"
            )
        self.takes_input = len(parameters) == 2
        self._parameter = parameters[-1].name if self.takes_input else ""
        self._default = parameters[-1].default if self.takes_input else MISSING

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Awaitable[R]:
        """Call the function itself."""
        return self.fn(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<workflow {self.name}>"

    @functools.cached_property
    def _hints(self) -> Mapping[str, Any]:
        return get_type_hints(self.fn)

    @property
    def input_type(self) -> Any:
        """The annotation of the input; None where there is none."""
        return _meant(self._hints.get(self._parameter))

    @property
    def output_type(self) -> Any:
        """The annotation of the result; None where there is none."""
        return _meant(self._hints.get("return"))

    @functools.cached_property
    def info(self) -> WorkflowInfo:
        """What front ends are told of it."""
        return WorkflowInfo(
            name=self.name,
            doc=inspect.getdoc(self.fn) or "",
            schema=self._schema(),
            takes_input=self.takes_input,
            concurrency=self.concurrency,
        )

    def _schema(self) -> dict[str, Any] | None:
        """Return the schema of the input, with the parameter's default if it can be shown."""
        schema = shapes.schema_of(self.input_type) if self.input_type is not None else None
        if schema is None or self._default is MISSING:
            return schema
        with suppress(FlopodError):
            default = json_part(store_as(self.input_type, self._default, "default"))
            return {**schema, "default": default}
        return schema

    @functools.cached_property
    def code(self) -> str:
        """A fingerprint of its source; empty where there is none to read."""
        try:
            source = inspect.getsource(self.fn)
        except (OSError, TypeError):
            return ""
        import hashlib  # It loads a library that who only looks at runs needs not.

        return hashlib.blake2b(source.encode(), digest_size=6).hexdigest()

    def store_input(self, value: object) -> Encoded:
        """Return `value` as the log will hold it, checked against the annotation.

        Raises:
            InvalidPayloadError: it is not of the annotated type, or none is taken.
            SerializableError: it can't be stored.
        """
        where = f"input of workflow {self.name!r}"
        if not self.takes_input:
            if value is not None:
                raise InvalidPayloadError(where, "it takes none")
            return encoded(None)
        if value is None and self._default is not MISSING:
            value = self._default
        return store_as(self.input_type, value, where)

    def load_input(self, stored: Encoded | None) -> tuple[Any, ...]:
        """Return the arguments after the runtime, from what the log holds."""
        if not self.takes_input:
            return ()
        value = decoded(stored) if stored is not None else None
        return (load_as(self.input_type, value, f"input of workflow {self.name!r}"),)


@overload
def workflow(fn: Callable[P, Awaitable[R]], /) -> Workflow[P, R]: ...


@overload
def workflow(
    *, name: str | None = None, concurrency: int | None = None
) -> Callable[[Callable[P, Awaitable[R]]], Workflow[P, R]]: ...


def workflow(
    fn: Callable[..., Awaitable[Any]] | None = None,
    /,
    *,
    name: str | None = None,
    concurrency: int | None = None,
) -> Any:
    """Make a workflow of an async function `f(wf)` or `f(wf, input)`, known by its name.

    Give it as `@workflow` or as `@workflow(name="order")`. The name is what commands and lists
    use; a second workflow of the same name takes the place of the first.

    Args:
        concurrency: at most so many of its runs are executed at once, by all workers of a store
            together; the others stay queued. One that sleeps or waits counts until it is unloaded.

    Raises:
        ValueError: `concurrency` is no whole number from 1 up.
    """

    def make(fn: Callable[..., Awaitable[Any]]) -> Workflow[..., Any]:
        made = Workflow(fn, name, concurrency)
        _known[made.name] = made
        return made

    return make if fn is None else make(fn)


def as_workflow(given: Workflow[..., R] | Callable[..., Awaitable[R]]) -> Workflow[..., R]:
    """Return `given`, made a workflow if it is a plain async function."""
    return given if isinstance(given, Workflow) else Workflow(given)


def known_workflows() -> dict[str, Workflow[..., Any]]:
    """Return the workflows that this program has defined, by name."""
    return dict(_known)


def by_name(given: Iterable[Workflow[..., Any]] | None) -> dict[str, Workflow[..., Any]]:
    """Return `given` by name; those that this program has defined, if nothing is given."""
    if given is None:
        return known_workflows()
    return {made.name: made for made in map(as_workflow, given)}


def find(name: str, among: Mapping[str, Workflow[..., Any]]) -> Workflow[..., Any]:
    """Return the workflow of that name.

    Raises:
        UnknownWorkflowError: there is none.
    """
    if name not in among:
        raise UnknownWorkflowError(name, among)
    return among[name]


def store_as(type: Any, value: object, where: str) -> Encoded:
    """Return `value` as the log will hold it, checked against `type` (None: any storable)."""
    if type is None:
        return encoded(value, where)
    checked = load_as(type, shapes.reduce(value, type, where), where)
    return encoded(shapes.reduce(checked, type, where), where)


def load_as(type: Any, value: object, where: str) -> Any:
    """Return a stored value as the author wants it."""
    return value if type is None else shapes.convert(value, type, where)


def _checked(concurrency: object, name: str) -> int | None:
    if concurrency is None:
        return None
    if isinstance(concurrency, int) and not isinstance(concurrency, bool) and concurrency >= 1:
        return concurrency
    raise ValueError(
        f"workflow {name!r}: concurrency is {brief(concurrency)}; "
        "it must be a whole number from 1 up, or left out for no limit"
    )


def _meant(annotation: Any) -> Any:
    """Return the type that an annotation asks for; None where it asks for nothing special."""
    return None if annotation in (None, type(None), Any, object) else annotation
