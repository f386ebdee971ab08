"""The journal's thread stands still, as it does when the disk takes seconds for one write."""

import ctypes
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.elements import NS

pytestmark = pytest.mark.only_chancery("our threads")
SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def thread_called(server, name):
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise AssertionError(f"no thread {name}")


@contextmanager
def stalled(server, name="journal"):
    """One thread of the server stands still; all others run."""
    thread = thread_called(server, name)
    if libc.ptrace(SEIZE, thread, None, None) != 0:
        pytest.skip(f"no ptrace here: {os.strerror(ctypes.get_errno())}")
    libc.ptrace(INTERRUPT, thread, None, None)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        libc.ptrace(DETACH, thread, None, None)


def test_requests_for_an_acknowledgement_do_not_pile_up_while_the_journal_stands_still(own_server, users):
    """An answer for each of them would be more than may be unsent to a client, and end its connection."""
    romeo, juliet = users(2)
    client = romeo.login(sm=True)
    client.fence()
    with stalled(own_server):
        client.say(juliet.jid, "slow to be recorded")
        for _ in range(60):
            client.send(f"<r xmlns='{NS['sm']}'/>" * 10_000)
    client.fence(30)
    assert client.take(f"<a xmlns='{NS['sm']}'/>")
    client.take(lambda element: True)
    assert client.ask_count() == 4  # presence, ping, message, ping
