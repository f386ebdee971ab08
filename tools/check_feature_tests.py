#!/usr/bin/env python3
"""Checks that every file of a feature that answers anybody has its unit test beside it, and that each error condition which
the file names is in that test, be it as 'item-not-found' or as Condition::item_not_found."""
import pathlib
import re
import sys

# One of the features of features.cc, or a part of one that answers requests.
ANSWERS = re.compile(r"\bconst Feature \w+\{|\bTask<Reply> ")
NAMES = re.compile(r"\b(?:refuse|detailed|wrong|modify)\(\s*Condition::(\w+)|\{\s*Condition::(\w+)")
# Failures of the world (tests/faults), limits that only a crowd reaches (tests/faults/test_limits.py), and what is not said.
ELSEWHERE = {"internal_server_error", "resource_constraint", "undefined_condition"}


def missing(features):
    for path in sorted(features.rglob("*.cc")):
        code = path.read_text()
        conditions = {first or second for first, second in NAMES.findall(code)} - ELSEWHERE
        if path.stem.endswith("_test") or not (conditions or ANSWERS.search(code)):
            continue
        test = path.with_name(path.stem + "_test.cc")
        if not test.exists():
            names = ", ".join(sorted(conditions)) or "none named"
            yield f"{path}: there is no {test.name} beside it; its conditions: {names}"
            continue
        shown = test.read_text()
        for condition in sorted(conditions):
            if condition.replace("_", "-") not in shown and f"Condition::{condition}" not in shown:
                yield f"{path}: {test.name} shows no {condition.replace('_', '-')}"


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parents[1] / "server"
    found = list(missing((pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here) / "features"))
    print("\n".join(found) or "features: every error that is named is shown by a test")
    sys.exit(bool(found))
