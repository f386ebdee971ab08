"""Results of the interoperability run, from which compatibility.py writes docs/compatibility.md."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.chancery import ROOT
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

    return observing


def pytest_sessionfinish():
    if _results:
        path = Path(os.environ.get("CHANCERY_INTEROP_RESULTS", ROOT / "build" / f"interop-{PEER}.json"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_results, indent=1) + "\n")
