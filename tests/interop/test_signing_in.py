"""The new ways to sign in (XEP-0388, 0386, 0484), as the client that knows them does it."""

import pytest
from robots import Node, NodeWebSocket

from support.fixtures import make_users

SETTINGS = Node.settings


@pytest.fixture(params=[Node, NodeWebSocket], ids=lambda client: client.__name__)
def robot(request, server, clients):
    robot = request.param(server, make_users(server, 1, clients), server.ca)
    yield robot
    robot.leave()


def test_a_client_signs_in_by_sasl_2_and_comes_back_with_a_token(robot, observe):
    with observe(robot, "signs in by SASL 2 and bind 2"):
        first = robot.expect("online")
        robot.version = first["version"]
        assert (first["protocol"], first["mechanism"]) == ("urn:xmpp:sasl:2", "SCRAM-SHA-1")
    with observe(robot, "comes back with a token (FAST) instead of the password"):
        robot.do("again")
        second = robot.expect("online")
        assert (second["protocol"], second["mechanism"]) == ("urn:xmpp:sasl:2", "HT-SHA-256-NONE")
        assert second["jid"].split("/")[0] == first["jid"].split("/")[0]
