"""What the fault tests share: one mother of all the children of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

pytest.register_assert_rewrite("faults.oracle")

from faults.victims import Nursery, nursery  # noqa: E402


@pytest.fixture
async def mother() -> AsyncIterator[Nursery]:
    """Give the process that children come from."""
    async with nursery() as made:
        yield made
