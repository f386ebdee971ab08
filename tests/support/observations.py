"""What was seen of real clients, from which tests/interop/compatibility.py writes docs/compatibility.md."""

import json
import platform
from contextlib import contextmanager

import pytest

from support.fixtures import PEER

_results = []


@pytest.fixture
def observe():
    """`with observe(robot, feature):` puts on record whether what follows worked. None: could not be tried."""
    @contextmanager
    def observing(robot, feature):
        result = {"server": PEER, "client": robot.name, "feature": feature, "works": True}
        _results.append(result)
        try:
            yield result
        except BaseException:
            result["works"] = False
            raise
        finally:
            result["version"] = robot.version
            result["settings"] = getattr(robot, "settings", {})
            result["system"] = platform.freedesktop_os_release()["PRETTY_NAME"]

    return observing


def write_observations(file):
    if _results:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(_results, indent=1) + "\n")
