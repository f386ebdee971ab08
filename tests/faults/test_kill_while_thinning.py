"""kill -9 while checkpoints are thinned out: the file under their name is always a whole one, with every last checkpoint."""

import os
import random
import subprocess
import time

import pytest

from support.chancery import binary

ROUNDS, MOST_ROUNDS = 40, 400
MET = 3  # kills in the middle of a thinning that there must have been


def kill_a_writer(folder, pause):
    """Lets the journal in the folder grow until it is killed; the size of the last checkpoint it spoke of."""
    command = [binary().parent / "unit_tests", "--test-case=WritesAndThinsUntilItIsKilled", "--no-skip"]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              env={**os.environ, "CHANCERY_TEST_FOLDER": str(folder)})
    said = ""
    while not said.strip().isdigit():
        said = writer.stdout.readline()
        assert said, "the writer ended by itself"
    time.sleep(pause)
    writer.kill()
    lines = (said + writer.stdout.read()).splitlines(keepends=True)
    writer.wait()
    return int([line for line in lines if line.endswith("\n")][-1])


def sizes(checkpoints):
    """Of the signed notes: the line below the origin of each."""
    lines = checkpoints.read_text().splitlines()
    return [int(lines[at + 1]) for at, line in enumerate(lines) if line == "capulet.lit"]


@pytest.mark.only_chancery("its journal")
@pytest.mark.skipif(not (binary().parent / "unit_tests").exists(), reason="unit_tests is not built")
def test_a_kill_during_thinning_leaves_a_whole_file_with_the_last_checkpoint(tmp_path):
    journal, key = tmp_path / "journal", tmp_path / "keys" / "journal-signing.pub"
    met = rounds = 0
    while rounds < ROUNDS or (met < MET and rounds < MOST_ROUNDS):
        rounds += 1
        acknowledged = kill_a_writer(tmp_path, random.uniform(0, 0.05))
        met += (journal / "checkpoints.new").exists()
        kept = sizes(journal / "checkpoints")
        assert kept == sorted(set(kept)) and kept[-1] >= acknowledged, f"round {rounds}"
        verify = subprocess.run([binary().parent / "chancery-verify", "--public-key", key, "--journal", journal],
                                capture_output=True, text=True)
        assert verify.returncode == 0, f"round {rounds}: {verify.stdout}{verify.stderr}"
    assert met >= MET, "no kill met a thinning"
    assert len(kept) < kept[-1] / 2, "nothing was thinned"
