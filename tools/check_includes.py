#!/usr/bin/env python3
"""Checks that folders include only what the architecture lets them. The table below is the architecture."""
import pathlib
import re
import sys

MAY_INCLUDE = {
    "base": "",
    "xml": "base",
    "net": "base",
    "journal": "base",
    "storage": "base",
    "xmpp": "base xml",
    "policy": "base xml xmpp",
    "archive": "base xml xmpp journal storage policy",
    "accounts": "base xml xmpp storage policy",
    "cluster": "base xml xmpp net",
    "core": "base xml xmpp net journal storage policy archive accounts cluster",
    "features": "base xml xmpp storage core",
    "c2s": "base xml xmpp net accounts core",
    "components": "base xml xmpp net core",
    "s2s": "base xml xmpp net accounts core",
    "files": "base xml xmpp net journal storage policy core",
    "admin": "base xml xmpp net journal storage accounts policy archive core files",
}


def own(path, include):
    """A feature may include the list, its own header and, if it is a folder, that folder."""
    part = path.parent.name if path.parent.name != "features" else path.stem
    return re.search(rf'"features/(features\.h|{part}[./_])', include)


def violations(root):
    for path in sorted(root.rglob("*.[hc]*")):
        folder = path.relative_to(root).parts[0]
        if folder not in MAY_INCLUDE or path.stem.endswith("_test"):
            continue
        for line, text in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include "(\w+)/', text)
            if match and match[1] != folder and match[1] not in MAY_INCLUDE[folder].split():
                yield f"{path}:{line}: {folder}/ must not include {match[1]}/"
            if match and folder == "features" and match[1] == "core" and "core/host.h" not in text:
                yield f"{path}:{line}: a feature sees core/ through core/host.h only"
            if match and folder == "features" and match[1] == "features" and not own(path, text):
                yield f"{path}:{line}: a feature must not include another feature"


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parents[1] / "server"
    found = list(violations(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here))
    print("\n".join(found) or "includes: every arrow points down")
    sys.exit(bool(found))
