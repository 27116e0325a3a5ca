"""Workflows by name: what `@workflow` makes of a function, and the input it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel

from flopod import (
    Control,
    InvalidPayloadError,
    Runtime,
    SerializableError,
    UnknownWorkflowError,
    Workflow,
    run_workflow,
    workflow,
)
from flopod.registry import by_name, find, known_workflows
from flopod.stored import decoded
from flopod_backends import MemoryBackend


@dataclass
class Order:
    item: str
    count: int = 1


class Address(TypedDict):
    city: str


class Model(BaseModel):
    names: list[str]


async def takes_nothing(wf: Runtime) -> None: ...


async def takes_order(wf: Runtime, input: Order) -> Order:
    assert isinstance(input, Order)
    return Order(input.item, input.count + 1)


async def takes_address(wf: Runtime, input: Address) -> str:
    return input["city"]


async def takes_model(wf: Runtime, input: Model) -> Model:
    assert isinstance(input, Model)
    return input


async def takes_default(wf: Runtime, input: Order = Order("book", 7)) -> int:  # noqa: B008
    return input.count


async def takes_anything(wf: Runtime, input) -> Any:  # as authors may
    return input


def test_a_decorated_function_is_a_workflow_and_still_a_function() -> None:
    @workflow
    async def plainly(wf: Runtime) -> str:
        """What it is for."""
        return "called"

    @workflow(name="named-so")
    async def named(wf: Runtime) -> None: ...

    assert (plainly.name, named.name) == ("plainly", "named-so")
    assert plainly.__doc__ == "What it is for."
    assert {"plainly", "named-so"} <= set(known_workflows())
    assert repr(plainly) == "<workflow plainly>"
    coroutine: Any = plainly(None)
    with pytest.raises(StopIteration, match="called"):
        coroutine.send(None)


@pytest.mark.parametrize("fn", [lambda: None, lambda a, b, c: None])
def test_a_workflow_takes_the_runtime_and_perhaps_an_input(fn: Any) -> None:
    with pytest.raises(TypeError, match="parameters; it must take the runtime"):
        Workflow(fn, "odd")


@pytest.mark.parametrize(
    ("fn", "input", "result"),
    [
        (takes_nothing, None, None),
        (takes_order, Order("pen", 2), Order("pen", 3)),
        (takes_order, {"item": "pen"}, Order("pen", 2)),
        (takes_address, {"city": "Ulm"}, "Ulm"),
        (takes_model, {"names": ["a"]}, Model(names=["a"])),
        (takes_default, None, 7),
        (takes_default, {"item": "pen"}, 1),
        (takes_anything, {1: (2, {3})}, {1: (2, {3})}),
        (takes_anything, None, None),
    ],
)
async def test_the_input_comes_as_it_is_annotated(fn: Any, input: Any, result: Any) -> None:
    backend = MemoryBackend()
    for _ in range(2):
        got = await run_workflow(fn, input, backend=backend, run_id="r")
        assert got == result
        assert type(got) is type(result)


@pytest.mark.parametrize(
    ("fn", "input", "error"),
    [
        (takes_nothing, 1, InvalidPayloadError),
        (takes_order, {"count": 1}, InvalidPayloadError),
        (takes_order, {"item": 3}, InvalidPayloadError),
        (takes_order, None, InvalidPayloadError),
        (takes_model, {"names": "a"}, InvalidPayloadError),
        (takes_anything, object(), SerializableError),
    ],
)
async def test_a_wrong_input_is_refused_before_anything_is_recorded(
    fn: Any, input: Any, error: type[Exception]
) -> None:
    backend = MemoryBackend()
    with pytest.raises(error, match="input of workflow"):
        await run_workflow(fn, input, backend=backend, run_id="r")
    assert await backend.summary("r") is None
    assert await Control(backend).list_runs() == []


async def test_a_result_that_is_not_as_annotated_fails_the_run() -> None:
    async def wrong(wf: Runtime) -> Order:
        return {"item": 3}

    async def unstorable(wf: Runtime) -> Any:
        return object()

    for fn, error in [(wrong, InvalidPayloadError), (unstorable, SerializableError)]:
        with pytest.raises(error, match="result of the workflow"):
            await run_workflow(fn, backend=MemoryBackend())


def test_what_front_ends_are_told_is_name_doc_and_form() -> None:
    made = Workflow(takes_order)
    assert made.info.name == "takes_order"
    assert made.info.schema is not None
    assert Workflow(takes_nothing).info.schema is None
    assert not Workflow(takes_nothing).info.takes_input
    assert made.code and made.code != Workflow(takes_model).code
    assert decoded(made.store_input(Order("pen"))) == {"item": "pen", "count": 1}


def test_an_unknown_name_is_told_with_its_neighbours() -> None:
    among = by_name([Workflow(takes_order), Workflow(takes_model)])
    assert find("takes_order", among).name == "takes_order"
    with pytest.raises(UnknownWorkflowError, match="did you mean takes_order"):
        find("take_order", among)


def test_the_form_knows_the_default_of_a_plain_input() -> None:
    async def body(wf: Runtime, n: int = 5) -> None: ...

    assert Workflow(body).info.schema == {"type": "integer", "default": 5}
