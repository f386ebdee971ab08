"""Results of the interoperability run, from which compatibility.py writes docs/compatibility.md."""

import os
from pathlib import Path

from support.chancery import ROOT
from support.fixtures import PEER
from support.observations import observe, write_observations  # noqa: F401


def pytest_sessionfinish():
    write_observations(Path(os.environ.get("CHANCERY_INTEROP_RESULTS", ROOT / "build" / f"interop-{PEER}.json")))
