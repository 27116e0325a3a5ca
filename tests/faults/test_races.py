"""Races on a loop whose order is drawn by lot, and whose time costs nothing."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest

from faults import deadlines, endings, liveness, slow_answers
from faults.seeded_loop import SeededLoop, run

MOMENTS = range(0, 24, 2)
"""Turns of the loop after which something is done; the run takes about twenty of them."""


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("offset", deadlines.OFFSETS)
def test_a_delivery_accepted_before_its_deadline_wins_and_a_late_one_does_not(
    offset: int, alive: bool
) -> None:
    run(None, lambda clock: deadlines.race(clock, offset, alive, None))


def test_the_deadline_holds_in_any_order_of_worker_and_sender() -> None:
    for seed in range(986):
        deadlines.trial(seed)


@pytest.mark.parametrize("held", [True, False])
def test_cancel_delivery_and_completion_are_answered_truly_whichever_comes_first(
    held: bool,
) -> None:
    for delays in product(MOMENTS, MOMENTS[::4], MOMENTS[::2]):
        run(None, lambda clock: endings.race(clock, delays, held))  # noqa: B023


def test_a_run_has_one_end_in_any_order_of_those_who_want_another() -> None:
    for seed in range(300):
        endings.trial(seed)


def test_every_run_comes_to_its_end_once_the_faults_are_over() -> None:
    for seed in (*range(200), 377):
        liveness.trial(seed)


def test_what_a_run_records_itself_is_never_taken_for_its_past() -> None:
    for seed in range(150):
        slow_answers.trial(seed)


def test_a_seed_gives_the_same_order_again_and_another_seed_another() -> None:
    async def order() -> list[int]:
        ran: list[int] = []

        async def note(number: int) -> None:
            for _ in range(3):
                await asyncio.sleep(0)
                ran.append(number)

        await asyncio.gather(*map(note, range(5)))
        return ran

    orders = [run(seed, lambda _: order()) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]


def test_a_loop_that_nothing_will_wake_says_so() -> None:
    loop = SeededLoop(1)
    with pytest.raises(AssertionError, match="stuck"):
        loop.run_until_complete(loop.create_future())
    loop.close()
