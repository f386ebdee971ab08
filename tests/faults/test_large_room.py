"""A room of a thousand: who enters is let in, shown and told without going through all the others, and nobody waits for them.

The thousand come through a component, over one connection. Ten thousand are measured with the load generator (docs/performance.md).
"""

import pytest

from support.component import SPACE, Component
from support.elements import NS, condition
from support.rooms import configure, enter, make_room, set_role
from support.server import DOMAIN, free_ports

pytestmark = pytest.mark.only_chancery("components come in by a setting of ours")
GATEWAY, SECRET, CROWD = f"crowd.{DOMAIN}", "open sesame", 1_000


@pytest.fixture
def crowd(make_server, clients):
    [port] = free_ports(1)
    server = make_server(**{"listen.component": f"127.0.0.1:{port}", f"components.{GATEWAY}": SECRET}).start()
    component = Component(server, port, GATEWAY)
    clients.append(component)
    return component.join(SECRET)


def come(crowd, room, numbers):
    asked = f"<x xmlns='{NS['muc']}'><history maxstanzas='0'/></x>"
    crowd.send("".join(f"<presence from='c{number}@{GATEWAY}/d' to='{room}/n{number}'>{asked}</presence>" for number in numbers))
    for number in numbers:
        crowd.expect(f"<message xmlns='{SPACE}' to='c{number}@{GATEWAY}/d' type='groupchat'><subject/></message>")


def heard(crowd, text):
    """Who of the crowd has heard it."""
    return {each.get("to") for each in crowd.take(lambda element: element.findtext(f"{{{SPACE}}}body") == text)}


def test_a_room_of_a_thousand(crowd, users):
    owner, guest, romeo, juliet = (person.login() for person in users(4, on=crowd.server))
    room = make_room(owner, presencebroadcast="moderator", moderatedroom=True)
    for first in range(0, CROWD, 100):
        come(crowd, room, range(first, first + 100))
        romeo.say(juliet.jid, f"undisturbed {first}")
        juliet.hear(f"undisturbed {first}")
    enter(guest, room, "guest")
    assert not [each for each in guest.take("<presence/>") if "/n" in each.get("from")], "whose presence is not shown"
    owner.say(room, "welcome", kind="groupchat")
    guest.hear("welcome")
    crowd.fence()
    assert len(heard(crowd, "welcome")) == CROWD
    assert set_role(owner, room, "n7", "participant").get("type") == "result"
    crowd.send(f"<message xmlns='{SPACE}' type='groupchat' from='c7@{GATEWAY}/d' to='{room}'><body>a question</body></message>")
    guest.hear("a question", sender=f"{room}/n7")
    crowd.fence()
    assert len(heard(crowd, "a question")) == CROWD
    crowd.send("".join(f"<presence xmlns='{SPACE}' type='unavailable' from='c{n}@{GATEWAY}/d' to='{room}/n{n}'/>" for n in range(CROWD)))
    crowd.fence()
    owner.say(room, "alone again", kind="groupchat")
    guest.hear("alone again")
    crowd.fence()
    assert not heard(crowd, "alone again")


def test_what_would_tell_everybody_of_everybody_is_refused(crowd, users):
    owner, guest = (person.login() for person in users(2, on=crowd.server))
    room = make_room(owner, presencebroadcast="moderator")
    come(crowd, room, range(CROWD))
    enter(guest, room, "guest")
    for change in ({"presencebroadcast": ["moderator", "participant"]}, {"presencebroadcast": "visitor", "moderatedroom": True}):
        assert condition(configure(owner, room, **change)) == "resource-constraint"
    owner.say(room, "as it was", kind="groupchat")
    guest.hear("as it was")
    assert not [each for each in guest.take("<presence/>") if "/n" in each.get("from")]
    assert configure(owner, room, moderatedroom=True).get("type") == "result", "each is told of themselves"
    crowd.fence()
    assert len(crowd.take(lambda each: any(item.get("role") == "visitor" for item in each.iter(f"{{{NS['muc-user']}}}item")))) == CROWD
