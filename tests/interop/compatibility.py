"""Writes docs/compatibility.md from the results of the interoperability run and of the desktop clients.

    /usr/bin/python3 tests/interop/compatibility.py [build/interop-chancery.json [build/desktop-clients.json]]
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

INTRODUCTION = """# Compatibility

Clients that our interoperability run signs in as they are, over TLS with the certificate checked, and what each of
them was seen to do with this server. This page is written by `tests/interop/compatibility.py` from the results of
that run; nobody edits it by hand. Any client that follows RFC 6120 and RFC 6121 is meant to work.
A dash: the client cannot, or was not asked.
"""


DESKTOP = """
## In windows of their own

Programs of Debian that a person uses by mouse and keyboard, each in its own window against a server that it finds by DNS and
trusts by the system's authorities: what `tests/desktop-clients` saw them do, with pictures.
"""

DESKTOP_REMARK = """
Without its setting Dino says "Something went wrong". It asks for no host or port: it goes where
DNS leads, or to port 5222. Seen by hand in November 2026: without the authority Gajim asks, showing the certificate, and Dino refuses;
both show contacts' presence and an away message.
"""

# XEP-0479 2023, Advanced Server: suite, requirement, the stories that show it (tests/e2e unless a folder is named).
SUITE = [
    ("Core", "RFC 6120", "test_stream.py, test_sasl.py, test_bind.py, test_iq.py"),
    ("Core", "RFC 7590 (TLS)", "test_stream.py, test_certificates.py"),
    ("Core", "XEP-0368 direct TLS", "test_stream.py, test_https.py (by ALPN), test_federation.py"),
    ("Core", "XEP-0030 service discovery", "test_small_features.py, test_server_information.py"),
    ("Core", "XEP-0115 entity capabilities", "test_server_information.py, test_personal_events.py"),
    ("Core", "XEP-0114 components", "test_components.py, test_component_rights.py"),
    ("Core", "XEP-0163 personal eventing", "test_personal_events.py, test_nodes_publishing.py, interop/test_personal_data.py"),
    ("Web", "RFC 7395 WebSocket", "test_websocket.py, interop/test_clients.py"),
    ("Web", "XEP-0206 and XEP-0124 BOSH", "test_bosh.py, interop/test_clients.py"),
    ("IM", "RFC 6121", "test_roster.py, test_subscriptions.py, test_presence.py, test_messages.py"),
    ("IM", "XEP-0054 vcard-temp", "test_small_features.py, test_avatars.py, test_vcard4.py"),
    ("IM", "XEP-0153 and XEP-0398 avatars", "test_avatars.py"),
    ("IM", "XEP-0280 carbons", "test_carbons.py"),
    ("IM", "XEP-0191 blocking", "test_blocking.py"),
    ("IM", "XEP-0045 rooms, XEP-0249 invitations", "test_rooms_*.py, interop/test_rooms.py"),
    ("IM", "XEP-0048, XEP-0402 bookmarks", "test_bookmarks.py"),
    ("IM", "XEP-0313 in rooms", "test_rooms_features.py"),
    ("IM", "XEP-0410 self-ping", "test_rooms_features.py"),
    ("IM", "XEP-0223 private data", "test_nodes_publishing.py, test_nodes_reading.py, test_bookmarks.py"),
    ("IM", "XEP-0049 private storage", "test_small_features.py, test_bookmarks.py"),
    ("IM", "XEP-0198 stream management", "test_stream_management.py, faults/test_kill.py"),
    ("IM", "XEP-0313 archives", "test_archive.py"),
    ("IM", "XEP-0363 file upload", "test_files*.py, interop/test_file_upload.py"),
    ("Mobile", "XEP-0352 client state", "test_client_state.py"),
    ("Mobile", "XEP-0357 push", "test_push.py"),
    ("A/V", "XEP-0215 external services", "test_server_information.py"),
]


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


def suite():
    lines = ["", "## XMPP Compliance Suites (XEP-0479, 2023): Advanced Server", "", "| | requirement | shown by |", "|---|---|---|"]
    for part, requirement, stories in SUITE:
        for story in (stories or "").replace(" (by ALPN)", "").split(", ") if stories else []:
            folder = ROOT / "tests" / ("" if "/" in story else "e2e")
            if not list(folder.glob(story)):
                sys.exit(f"{requirement}: there is no {story}")
        lines.append(f"| {part} | {requirement} | {stories or '**not yet**'} |")
    return "\n".join(lines) + "\n"


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


def systems(results):
    return "\nRun on " + ", ".join(dict.fromkeys(each["system"] for each in results)) + ".\n"


def read(place, otherwise):
    file = Path(sys.argv[place]) if len(sys.argv) > place else ROOT / "build" / otherwise
    if not file.exists():
        sys.exit(f"there is no {file}: run ./test interop and tests/desktop-clients before")
    results = json.loads(file.read_text())
    if any(each["server"] != "chancery" for each in results):
        sys.exit(f"{file} is of another server")
    return results


def main():
    interop, desktop = read(1, "interop-chancery.json"), read(2, "desktop-clients.json")
    page = (INTRODUCTION + "\n" + table(interop) + systems(interop) + needs(interop)
            + DESKTOP + "\n" + table(desktop) + systems(desktop) + needs(desktop) + DESKTOP_REMARK + suite())
    (ROOT / "docs" / "compatibility.md").write_text(page)


if __name__ == "__main__":
    main()
