"""Ten thousand broken streams: the server lives, others are served, memory comes back and the log stays readable."""

import re
import threading
from collections import Counter

import pytest
from hostile import Flood
from memory import Growth

from support.server import wait_until

STREAMS, WARM_UP = 10_000, 3_000
LINES_PER_EVENT_AND_SECOND = 20  # base/log.cc; a second of the clock may meet two seconds of the log
MOST_GROWTH_KIB = 2_048


def pour_beside(flood, count, talk):
    """Pours while two others talk; the flood's own failures are passed on."""
    failures = []

    def pour():
        try:
            flood.pour(count)
        except BaseException as failure:  # noqa: B902 - shown where it is looked for
            failures.append(failure)

    thread = threading.Thread(target=pour)
    thread.start()
    while thread.is_alive():
        talk()
        thread.join(0.1)
    if failures:
        raise failures[0]
    assert flood.unanswered == [], "the server did not hang up on these streams"


@pytest.mark.only_chancery("limits, log and status are ours")
def test_ten_thousand_malformed_streams_do_no_harm(make_server, users):
    server = make_server(limits__resume_seconds="1").start()
    romeo, juliet, *hostile = users(6, on=server)
    a, b = romeo.login(), juliet.login()

    def talk():
        a.say(b.jid, "still there?")
        b.hear("still there?")

    pour_beside(Flood(server, hostile, "warm-up"), WARM_UP, talk)
    wait_until(lambda: only_two_are_left(server), "all strangers are gone")
    growth = Growth(server)
    pour_beside(Flood(server, hostile, "flood"), STREAMS, talk)
    wait_until(lambda: only_two_are_left(server), "all strangers are gone")
    growth.assert_below(MOST_GROWTH_KIB)
    talk()
    assert_readable(server.log.read_text(errors="replace"))


def only_two_are_left(server):
    status = server.status()
    return status["connections"] == 2 and status["sessions"] == 2


def assert_readable(log):
    lines = log.splitlines()
    broken = [line for line in lines if not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \w+ [\w.-]+", line)]
    assert broken == []
    said = Counter((line[:19], line.split()[2]) for line in lines)
    assert max(said.values()) <= 2 * LINES_PER_EVENT_AND_SECOND, said.most_common(3)
