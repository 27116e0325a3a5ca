"""A pool of processes for CPU-heavy steps, which outlives the death of one of them.

A `ProcessPoolExecutor` that lost a process is broken for good; this one makes itself a new one. Its
processes are begun anew, never forked: a fork would take the store's threads and locks with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any


class Processes(Executor):
    """An executor of processes that end when this one does."""

    def __init__(
        self, max_workers: int | None = None, prepare: Callable[[], Any] | None = None
    ) -> None:
        """Begin no process yet.

        Args:
            max_workers: how many there are; as many as there are processors if not given.
            prepare: called first in each, as to load what the steps are made of.
        """
        self._max_workers = max_workers
        self._prepare = prepare
        self._turn = threading.Lock()
        self._pool = self._made()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have `fn` called in one of the processes."""
        with self._turn:
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenProcessPool:
                self._pool = self._made()
                return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def end(self) -> None:
        """End the processes, whatever they are at: for a program that is about to end itself."""
        for process in multiprocessing.active_children():
            process.terminate()

    def _made(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._max_workers,
            multiprocessing.get_context("spawn"),
            initializer=partial(_begin, self._prepare),
        )


def _begin(prepare: Callable[[], Any] | None) -> None:
    # Ctrl-C is for the worker, which lets steps in flight end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare()


def _end_with_parent() -> None:
    """Nobody would take what a step comes to here, and another worker calls it again."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
