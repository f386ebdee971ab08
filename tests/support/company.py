"""Fixtures of stories about what is said in a room: a room and the three who are in it."""

import pytest

from support.rooms import enter, make_room


@pytest.fixture
def owner(users):
    return users().login()


@pytest.fixture
def company(owner, users):
    """A room with its owner and two guests, `one` and `two`."""
    one, two = users().login(), users().login()
    room = make_room(owner)
    enter(one, room, "one")
    enter(two, room, "two")
    return room, owner, one, two
