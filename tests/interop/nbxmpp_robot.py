"""Gajim's library nbxmpp as a robot: commands in, events out, one JSON object a line (robots.py has the vocabulary)."""

import json
import os
import sys

import nbxmpp
from gi.repository import Gio, GLib
from nbxmpp.client import Client
from nbxmpp.const import ConnectionProtocol, ConnectionType
from nbxmpp.protocol import JID, Message, Presence
from nbxmpp.structs import StanzaHandler


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Robot:
    def __init__(self, login):
        # Gajim trusts the system's authorities; the test's authority takes their place.
        Gio.TlsBackend.get_default().set_default_database(Gio.TlsFileDatabase.new(login["ca"]))
        self.jid = JID.from_string(login["jid"])
        self.bodies = []
        self.client = client = Client()
        client.set_domain(self.jid.domain)
        client.set_username(self.jid.localpart)
        client.set_resource("gajim")
        client.set_password(login["password"])
        client.set_custom_host(f"{login['host']}:{login['port']}", ConnectionProtocol.TCP, ConnectionType.START_TLS)
        client.set_connection_types([ConnectionType.START_TLS])
        client.subscribe("connected", self.on_connected)
        client.subscribe("disconnected", self.on_end)
        client.subscribe("connection-failed", self.on_end)
        client.register_handler(StanzaHandler("message", callback=self.on_message, priority=60))
        client.register_handler(StanzaHandler("presence", callback=self.on_presence, priority=60))
        client.connect()

    def on_connected(self, *_):
        self.client.get_module("Roster").request_roster(callback=self.on_roster)

    def on_roster(self, _task):
        tell("online", jid=str(self.client.get_bound_jid()), version=nbxmpp.__version__)

    def on_end(self, client, *_):
        error, reason, _text = client.get_error()
        tell("refused", reason=f"{error} {reason}")

    def on_message(self, _client, stanza, properties):
        if properties.is_mam_message:
            self.bodies.append(properties.body)
        elif properties.body:
            tell("message", **{"from": str(properties.from_ or properties.jid), "body": properties.body})

    def on_presence(self, _client, stanza, properties):
        if stanza.getType() is None:
            tell("presence", **{"from": str(stanza.getFrom()), "show": stanza.getShow() or "",
                                "status": stanza.getStatus() or ""})

    def obey(self, command):
        what = command["do"]
        if what == "presence":
            self.client.send_stanza(Presence(show=command.get("show"), status=command.get("status")))
        elif what == "message":
            self.client.send_stanza(Message(to=command["to"], body=command["body"], typ="chat"))
        elif what == "archive":
            self.bodies = []
            self.fetch(None)
        elif what == "quit":
            self.client.disconnect()
            sys.exit()

    def fetch(self, after):
        self.client.get_module("MAM").make_query(self.jid, queryid="robot", after=after, max_=5, callback=self.on_page)

    def on_page(self, task):
        page = task.finish()
        if page.complete:
            tell("archive", bodies=self.bodies)
        else:
            self.fetch(page.rsm.last)


def main():
    loop, robot, buffer = GLib.MainLoop(), None, b""

    def on_input(_channel, _condition):
        nonlocal robot, buffer
        data = os.read(0, 65536)
        if not data:
            loop.quit()
            return False
        *lines, buffer = (buffer + data).split(b"\n")
        for line in lines:
            command = json.loads(line)
            if command["do"] == "login":
                robot = Robot(command)
            else:
                robot.obey(command)
        return True

    GLib.io_add_watch(0, GLib.IO_IN | GLib.IO_HUP, on_input)
    loop.run()


main()
