"""Whether a worker is alive."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

from msgspec.structs import replace
from stories import NOON

from flopod.backend import LEASE_TIME
from flopod.process import process_start, this_process
from flopod_backends.liveness import alive, same_process

SOON = NOON + timedelta(seconds=1)


def test_this_process_is_alive_until_it_was_not_renewed_in_time() -> None:
    info = this_process(now=NOON)
    assert info.pid == os.getpid()
    assert alive(info, SOON)
    assert not alive(info, NOON + LEASE_TIME)
    assert same_process(info)


def test_every_worker_of_a_process_has_an_id_of_its_own() -> None:
    assert this_process().worker_id != this_process().worker_id


def test_a_later_process_of_the_same_pid_is_another_one() -> None:
    info = replace(this_process(now=NOON), process_start="1@an-earlier-boot")
    assert not alive(info, SOON)
    assert not same_process(info)


def test_a_worker_on_another_host_lives_as_long_as_it_is_renewed() -> None:
    info = replace(this_process(now=NOON), host="far-away", process_start="1@there")
    assert alive(info, SOON)
    assert not same_process(info)
    assert not alive(info, NOON + LEASE_TIME)


def test_a_process_that_ended_is_dead_though_nobody_has_looked_at_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = process_start(child.pid)
    info = replace(this_process(now=NOON), pid=child.pid, process_start=start or "")
    assert start
    assert alive(info, SOON)
    assert not same_process(info)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(info, SOON)
    child.communicate()
    assert not alive(info, SOON)
