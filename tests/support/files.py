"""Files (XEP-0363) as stories need them: asking for a slot, sending the bytes, sharing the link, fetching."""

import hashlib
import re

from support.elements import NS, body, quoteattr
from support.http import Http

UPLOAD = "urn:xmpp:http:upload:0"
LINK = re.compile(r"https://[^\s/]+/files/[0-9a-f]{32}/[\w-]+/[\w.~%-]+")
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def service(server):
    return f"upload.{server.domain}"


def ask_slot(client, name, size, kind=None, extra=""):
    """The answer to a request for a slot."""
    declared = f" content-type={quoteattr(kind)}" if kind else ""
    return client.iq("get", f"<request xmlns='{UPLOAD}' filename={quoteattr(name)} size='{size}'{declared}>{extra}</request>",
                     service(client.server))


class Slot:
    def __init__(self, answer):
        assert answer.get("type") == "result", answer
        slot = answer.find(f"{{{UPLOAD}}}slot")
        self.put, self.get = (slot.find(f"{{{UPLOAD}}}{kind}").get("url") for kind in ("put", "get"))

    @property
    def id(self):
        return id_of(self.get)


def slot(client, name="plan.txt", size=1, kind=None):
    return Slot(ask_slot(client, name, size, kind))


def path_of(url):
    return "/" + url.split("/", 3)[3]


def id_of(url):
    return re.search(r"/files/([0-9a-f]{32})/", url).group(1)


def pass_of(url):
    return re.search(r"/files/[0-9a-f]{32}/([^/]*)/", url).group(1)


def ask(server, method, url, headers=(), body=b""):
    """One request on a connection of its own; the response."""
    connection = Http(server)
    try:
        return connection.ask(method, path_of(url), headers, body)
    finally:
        connection.close()


def put(server, url, data, kind=None):
    return ask(server, "PUT", url, {"Content-Type": kind} if kind else {}, data)


def get(server, url, **headers):
    return ask(server, "GET", url, {name.replace("_", "-"): value for name, value in headers.items()})


def upload(client, data, name="plan.txt", kind=None):
    """The link of a file that has come."""
    place = slot(client, name, len(data), kind)
    response = put(client.server, place.put, data, kind)
    assert response.status == 201, response
    return place.get


def share(client, to, link, kind="chat"):
    """Sends the link as clients do: as the text, and out of band (XEP-0066)."""
    client.send(f"<message to='{to}' type='{kind}'><body>{link}</body><x xmlns='jabber:x:oob'><url>{link}</url></x></message>")


def heard_link(client):
    """The link in the next message that has one."""
    message = client.expect(lambda element: element.tag == "{jabber:client}message" and LINK.search(body(element) or ""))
    link = LINK.search(body(message)).group()
    assert message.findtext("{jabber:x:oob}x/{jabber:x:oob}url") == link, "everywhere in the message it is the same"
    return link


def records(server, name=None):
    """What is on record of files: the elements upload, download, request."""
    found = [record for record in server.archive_search(all=True) if record["kind"] == "file"]
    return [record for record in found if name is None or f"<{name} " in record["stanza"]]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def kept(server, folder="content"):
    """What lies on disk."""
    return [path for path in (server.data / "files" / folder).rglob("*") if path.is_file()]


def forms_of(query):
    return {field.get("var"): field.findtext("data:value", None, NS) for field in query.findall("data:x/data:field", NS)}
