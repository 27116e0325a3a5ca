"""For pytest: a fixture with an open environment, whose end is part of the test.

Nothing but this module is loaded until a test asks for the fixture. The environment is opened and
closed around the test in the test's own loop, whichever plugin runs it; so a run that does not
replay fails the test itself. Without such a plugin the test is run here.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flopod.testing.environment import WorkflowEnvironment

FIXTURE = "flopod_env"


@pytest.fixture
def flopod_env() -> WorkflowEnvironment:
    """An environment that runs workflows and skips time, open while the test runs."""
    from flopod.testing.environment import WorkflowEnvironment

    return WorkflowEnvironment()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let the environment be open while the test runs."""
    env = getattr(item, "funcargs", {}).get(FIXTURE)
    if env is None or not isinstance(item, pytest.Function):
        return (yield)
    test = item.obj
    if not inspect.iscoroutinefunction(test):
        return (yield)
    item.obj = _inside(env, test)
    try:
        return (yield)
    finally:
        item.obj = test


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that uses the fixture and that no other plugin runs."""
    if FIXTURE not in pyfuncitem.funcargs or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    import asyncio

    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


def _inside(
    env: WorkflowEnvironment, test: Callable[..., Awaitable[None]]
) -> Callable[..., Awaitable[None]]:
    """Return the test, run inside the environment."""

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        async with env:
            await test(*args, **kwargs)

    return run
