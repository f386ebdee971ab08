"""Writes docs/compatibility.md from the results of the interoperability run.

    /usr/bin/python3 tests/interop/compatibility.py [build/interop-chancery.json]
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

INTRODUCTION = """# Compatibility

Clients that our interoperability run signs in as they are, over TLS with the certificate checked, and what each of
them was seen to do with this server. This page is written by `tests/interop/compatibility.py` from the results of
that run; nobody edits it by hand. Any client that follows RFC 6120 and RFC 6121 is meant to work.
"""


SEEN = """
Two more were driven by hand, in their own windows, on Debian 12 in November 2026. What was seen (–: not tried):

| | Gajim 1.7.3 | Dino 0.4.2 |
|---|---|---|
| signs in over STARTTLS when the authority is trusted | yes | yes |
| when it is not | asks, and shows the certificate | refuses |
| talks with Profanity, both ways | yes | yes |
| they talk with each other | yes | yes |
| shows contacts' presence, and its own to them | yes | yes |
| asks for a contact, and is asked | yes | – |
| receives what was said while it was closed, once | yes | yes |
| shows the history of before it was installed | yes | yes |
| shows an away message | yes | yes |
| says that name or password is wrong | yes, in the server's words | – |

Dino 0.4 signs in with `sasl.scram_sha1 = true` only ("Something went wrong" otherwise), and asks for no host or port: it goes to port 5222.
"""


def table(results):
    clients = list(dict.fromkeys((each["client"], each["version"]) for each in results if each["version"] != "?"))
    features = list(dict.fromkeys(each["feature"] for each in results))
    lines = ["| | " + " | ".join(f"{name} {version}" for name, version in clients) + " |",
             "|---|" + "---|" * len(clients)]
    for feature in features:
        cells = [cell(results, client, feature) for client, _ in clients]
        lines.append(f"| {feature} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def cell(results, client, feature):
    found = [each["works"] for each in results if each["client"] == client and each["feature"] == feature]
    found = [works for works in found if works is not None]
    return "–" if not found else "yes" if all(found) else "**no**"


def needs(results):
    """Settings that a client cannot do without."""
    lines = {}
    for each in results:
        for key, value in each["settings"].items():
            lines[each["client"], key.replace("__", "."), value] = None
    if not lines:
        return ""
    return "\nSettings that a client needs:\n\n" + "".join(
        f"- {client}: `{key} = {value}`\n" for client, key, value in lines)


def main():
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "interop-chancery.json"
    results = json.loads(source.read_text())
    if any(each["server"] != "chancery" for each in results):
        sys.exit("these results are of another server")
    (ROOT / "docs" / "compatibility.md").write_text(INTRODUCTION + "\n" + table(results) + needs(results) + SEEN)


if __name__ == "__main__":
    main()
