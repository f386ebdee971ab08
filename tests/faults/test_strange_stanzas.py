"""Five thousand stanzas of signed-in clients that make no sense: answered, refused, or the stream is ended; nothing else."""

import random

import pytest
from strange import strange

from support.client import Client
from support.stream import StreamEnded

STANZAS, AT_ONCE = 5_000, 5


@pytest.mark.only_chancery("others end the stream for less, which takes all day")
def test_five_thousand_strange_stanzas_do_no_harm(own_server, users):
    people = users(4)
    clients = [None] * len(people)
    for number in range(0, STANZAS, AT_ONCE):
        dice = random.Random(f"strange/{number}")  # the same stanzas every time
        who = dice.randrange(len(people))
        if clients[who] is None:
            clients[who] = Client(own_server)
            clients[who].login(people[who], "r")
            clients[who].available()
        names = {"self": people[who].jid, "friend": dice.choice(people).jid, "domain": own_server.domain}
        try:
            clients[who].send("".join(strange(dice, **names) for _ in range(AT_ONCE)))
            clients[who].fence(timeout=60)
            clients[who].inbox.clear()
        except (StreamEnded, OSError):  # a strange stanza may end its author's stream, and nothing more
            clients[who].cut()
            clients[who] = None
    for client in clients:
        if client is not None:
            client.close()
    romeo, juliet = users(2)
    a, b = romeo.login(), juliet.login()
    a.say(b.jid, "still there")
    b.hear("still there")
    assert own_server.status()["sessions"] == 2
    assert "failed" not in own_server.log.read_text()
