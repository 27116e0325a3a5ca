"""Errors: what a body catches is the same on the first run and on replay, and never a class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flopod import (
    ActivityError,
    ActivityTimeoutError,
    Control,
    FlopodError,
    Runtime,
    SerializableError,
    run_workflow,
)
from flopod import errors as tree
from flopod.errors import ErrorInfo
from flopod.failures import RecordedError, describe, failed_paths, rebuild
from flopod_backends import MemoryBackend
from runtime.lives import RUN


class OfMine(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


def raising(error: BaseException) -> Callable[[], Any]:
    def step() -> Any:
        raise error

    return step


def caught(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as raised:
        return raised


@pytest.mark.parametrize("error", [ValueError("no"), OfMine(3), KeyError("k"), OSError(2, "gone")])
async def test_a_body_catches_the_same_live_and_on_replay(error: Exception) -> None:
    seen: list[Any] = []

    async def body(wf: Runtime) -> None:
        for call in (
            lambda: wf.activity("step", raising(error)),
            lambda: wf.parallel("both", [raising(error), lambda: 1]),
        ):
            try:
                await call()
            except Exception as failed:
                seen.append((type(failed), str(failed), failed_paths(failed)))
        done = await wf.each("all", [1], lambda item, index: raising(error)())
        seen.extend((type(failed.error), str(failed.error)) for failed in done.errors)
        raise LookupError("again")

    backend = MemoryBackend()
    for _ in range(2):
        with pytest.raises(LookupError):
            await run_workflow(body, backend=backend, run_id=RUN)
        await Control(backend).retry(RUN)
    assert seen[:3] == seen[3:]
    assert seen[0][0] is ActivityError


def test_of_an_exception_its_type_message_place_and_own_frames_are_kept() -> None:
    info = describe(caught(OfMine(7)), "a/b")
    assert (info.type, info.message, info.path) == ("OfMine", "code 7", "a/b")
    assert Path(__file__).name in info.traceback
    assert str(info) == "OfMine: code 7"


async def test_frames_of_the_engine_are_not_the_authors() -> None:
    async def body(wf: Runtime) -> None:
        await wf.activity("step", raising(ValueError("x")))

    backend = MemoryBackend()
    with pytest.raises(ActivityError):
        await run_workflow(body, backend=backend, run_id=RUN)
    error = (await Control(backend).get(RUN)).error
    assert error is not None
    assert "in step" in error.traceback
    assert "calls.py" not in error.traceback


@pytest.mark.parametrize(
    ("info", "cls", "message"),
    [
        (ErrorInfo("ValueError", "no"), ValueError, "no"),
        (ErrorInfo("KeyError", "'no'"), KeyError, "'no'"),
        (ErrorInfo("ConnectionResetError", "no"), ConnectionResetError, "no"),
        (ErrorInfo("OfMine", "no"), RecordedError, "OfMine: no"),
        (ErrorInfo("eval", "no"), RecordedError, "eval: no"),
        (ErrorInfo("SystemExit", "no"), RecordedError, "SystemExit: no"),
        (ErrorInfo("ValueError", "no", "p", kind="activity"), ActivityError, "activity 'p' failed"),
        (ErrorInfo("TooLong", "no", "p", kind="timeout"), ActivityTimeoutError, "after 1 attempt"),
        (ErrorInfo("SerializableError", "bad", "p"), SerializableError, "bad"),
    ],
)
def test_an_error_comes_back_as_what_a_message_makes_whole(
    info: ErrorInfo, cls: type[Exception], message: str
) -> None:
    error = rebuild(info)
    assert type(error) is cls
    assert message in str(error)
    assert failed_paths(error) == ((info.path,) if info.path else ())


def test_what_is_described_twice_is_the_same_data() -> None:
    for info in (
        ErrorInfo("OfMine", "no", "p"),
        ErrorInfo("ValueError", "no", "p", kind="activity"),
    ):
        assert describe(rebuild(info), "elsewhere") == info


def test_odd_and_endless_messages_can_be_stored() -> None:
    info = describe(caught(ValueError("\udcff" + "x" * 10_000)))
    assert info.message.startswith("\\udcff")
    assert len(info.message) <= 4000


def test_every_error_is_in_the_tree_and_says_one_line() -> None:
    made: list[FlopodError] = [
        tree.SerializableError("result['user'].session", "is a Session"),
        tree.InvalidIdError("a/b"),
        tree.DuplicateIdError("a/b"),
        tree.UnknownBranchError("a", "x", ["y", "z"]),
        tree.NondeterminismError("a", "an activity", "a sleep"),
        tree.UnknownWorkflowError("ordr", ["order"]),
        tree.RunNotFoundError("x" * 500),
        tree.RunBusyError("r", "host:1"),
        tree.CorruptLogError("r", "line 3", "bad checksum"),
    ]
    for error in made:
        assert isinstance(error, FlopodError)
        assert "\n" not in str(error)
        assert len(str(error)) < 300


def test_suspension_passes_an_authors_except_exception() -> None:
    assert not issubclass(tree.Suspended, Exception)
