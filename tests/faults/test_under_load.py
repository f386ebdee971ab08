"""The load generator's work, all kinds at once, while certificates are renewed and when the server is told to stop.

Its counts are looked at, not its speed. It is built with -DCHANCERY_BENCH=ON, as ./test does; CHANCERY_LOAD names it.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from support.chancery import ROOT
from support.server import select_pause

LOAD = Path(os.environ.get("CHANCERY_LOAD", ROOT / "build" / "bench" / "load"))
SCENARIOS = {
    "chat": ["--pairs", "20", "--window", "5", "--seconds", "5"],
    "presence": ["--users", "30", "--contacts", "6", "--rounds", "40", "--subscribe"],
    "archive": ["--users", "10", "--fill", "100", "--page", "10"],
    "sign-in": ["--users", "20", "--count", "200", "--concurrency", "10"],
}
FAULTS = ("lost", "missing", "failed", "errors", "broken", "out_of_order")
pytestmark = [pytest.mark.only_chancery("signals and keys are ours"),
              pytest.mark.skipif(not LOAD.exists(), reason=f"{LOAD} is not built")]


@pytest.fixture
def loaded_server(make_server):
    server = make_server()
    server.add_users([(f"{scenario}{number}", f"p{number}") for scenario in SCENARIOS for number in range(40)])
    return server.start()


def begin(server, scenario):
    """The generator, on accounts of the scenario's own."""
    return subprocess.Popen([LOAD, "--server", f"{server.host}:{server.tls_port}", "--direct-tls", "--domain", server.domain,
                             "--prefix", scenario, "--limit", "120", "--json", scenario, *SCENARIOS[scenario]],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_all_kinds_of_work_at_once_while_certificates_are_reloaded(loaded_server):
    running = {scenario: begin(loaded_server, scenario) for scenario in SCENARIOS}
    while any(process.poll() is None for process in running.values()):
        loaded_server.process.send_signal(signal.SIGHUP)
        loaded_server.status()
        select_pause()
    for scenario, process in running.items():
        said, complaint = process.communicate()
        assert process.returncode == 0, f"{scenario}: {complaint}"
        faults = {key: figure for key, figure in json.loads(said).items() if key.endswith(FAULTS) and figure}
        assert faults == {}, f"{scenario}: {said}"
    assert "tls.not_reloaded" not in loaded_server.tail()
    loaded_server.stop()
    loaded_server.cli("archive", "verify")


@pytest.mark.parametrize("accepted", [1, 500, 2_000])
def test_a_server_that_is_told_to_stop_under_load_goes_well(loaded_server, accepted):
    running = [begin(loaded_server, scenario) for scenario in SCENARIOS]
    try:
        while loaded_server.status()["messages"]["accepted"] < accepted and any(each.poll() is None for each in running):
            select_pause()
        loaded_server.stop()
    finally:
        for each in running:
            each.kill()
            each.communicate()
    loaded_server.cli("archive", "verify")
    loaded_server.start()
