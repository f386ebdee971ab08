"""Gajim's library nbxmpp as a robot: commands in, events out, one JSON object a line (robots.py has the vocabulary)."""

import base64
import json
import os
import sys

import nbxmpp
from gi.repository import Gio, GLib
from nbxmpp.client import Client
from nbxmpp.const import ConnectionProtocol, ConnectionType
from nbxmpp.modules.user_avatar import Avatar
from nbxmpp.protocol import JID, Message, Presence
from nbxmpp.structs import BookmarkData, DiscoIdentity, StanzaHandler, TuneData

WANTED = ["http://jabber.org/protocol/tune+notify", "urn:xmpp:avatar:metadata+notify", "urn:xmpp:bookmarks:1+notify"]


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Robot:
    def __init__(self, login):
        # Gajim trusts the system's authorities; the test's authority takes their place.
        Gio.TlsBackend.get_default().set_default_database(Gio.TlsFileDatabase.new(login["ca"]))
        self.jid = JID.from_string(login["jid"])
        self.bodies = []
        self.nicks = {}  # by room
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
        identity = DiscoIdentity(category="client", type="pc", name="robot")
        self.client.get_module("EntityCaps").set_caps([identity], WANTED, "https://robot.example")
        self.client.get_module("Roster").request_roster(callback=self.on_roster)

    def on_roster(self, _task):
        tell("online", jid=str(self.client.get_bound_jid()), version=nbxmpp.__version__)

    def on_end(self, client, *_):
        error, reason, _text = client.get_error()
        tell("refused", reason=f"{error} {reason}")

    def on_message(self, _client, stanza, properties):
        event = properties.pubsub_event if properties.is_pubsub_event else None
        if event is not None and isinstance(event.data, TuneData):
            tell("tune", **{"from": str(properties.jid), "title": event.data.title})
        elif event is not None and event.node == "urn:xmpp:avatar:metadata":
            tell("avatar", **{"from": str(properties.jid), "id": event.id})
        if properties.is_mam_message:
            self.bodies.append(properties.body)
        elif properties.is_muc_subject:
            tell("subject", subject=properties.muc_subject.text)
        elif properties.type.is_groupchat and properties.body:
            tell("groupchat", **{"from": str(properties.jid), "body": properties.body})
        elif properties.body:
            tell("message", **{"from": str(properties.from_ or properties.jid), "body": properties.body})

    def on_presence(self, _client, stanza, properties):
        if properties.from_muc:
            if properties.is_muc_self_presence and properties.type.is_available:
                tell("joined")
        elif stanza.getType() is None:
            tell("presence", **{"from": str(stanza.getFrom()), "show": stanza.getShow() or "",
                                "status": stanza.getStatus() or ""})

    def obey(self, command):
        what = command["do"]
        muc = self.client.get_module("MUC")
        if what == "presence":
            presence = Presence(show=command.get("show"), status=command.get("status"))
            caps = self.client.get_module("EntityCaps").caps
            presence.setTag("c", namespace="http://jabber.org/protocol/caps", attrs=caps._asdict())
            self.client.send_stanza(presence)
        elif what == "message":
            self.client.send_stanza(Message(to=command["to"], body=command["body"], typ="chat"))
        elif what == "join":
            self.nicks[command["room"]] = command["nick"]
            presence = Presence(to=f"{command['room']}/{command['nick']}")
            presence.setTag("x", namespace="http://jabber.org/protocol/muc")
            self.client.send_stanza(presence)
        elif what == "configure":
            muc.request_config(JID.from_string(command["room"]), callback=self.on_form, user_data=command["fields"])
        elif what == "groupchat":
            self.client.send_stanza(Message(to=command["room"], body=command["body"], typ="groupchat"))
        elif what == "subject":
            muc.set_subject(JID.from_string(command["room"]), command["subject"])
        elif what == "affiliation":
            people = {JID.from_string(command["jid"]): {"affiliation": command["affiliation"]}}
            muc.set_affiliation(JID.from_string(command["room"]), people, callback=self.on_affiliation)
        elif what == "part":
            room = command["room"]
            self.client.send_stanza(Presence(to=f"{room}/{self.nicks.pop(room)}", typ="unavailable"))
        elif what == "archive":
            self.bodies = []
            self.fetch(None)
        elif what == "tune":
            self.client.get_module("Tune").set_tune(TuneData(title=command["title"], artist="robot"))
        elif what == "avatar":
            avatar = Avatar()
            avatar.add_image_source(base64.b64decode(command["image"]), "image/png", 64, 64)
            self.client.get_module("UserAvatar").set_avatar(avatar, public=True)
        elif what == "bookmark":
            bookmark = BookmarkData(jid=JID.from_string(command["room"]), name=command["name"], autojoin=True)
            self.client.get_module("NativeBookmarks").store_bookmarks([bookmark])
            tell("bookmarked")
        elif what == "bookmarks":
            self.client.get_module("NativeBookmarks").request_bookmarks(callback=self.on_bookmarks)
        elif what == "quit":
            self.client.disconnect()
            sys.exit()

    def on_form(self, task):
        result, wanted = task.finish(), task.get_user_data()
        for name, value in wanted.items():
            result.form[name].value = value
        result.form.type_ = "submit"
        self.client.get_module("MUC").set_config(result.jid, result.form, callback=self.on_configured)

    def on_configured(self, task):
        task.finish()
        tell("configured")

    def on_affiliation(self, task):
        room = task.finish().jid
        self.client.get_module("MUC").get_affiliation(room, "member", callback=self.on_members)

    def on_members(self, task):
        tell("affiliated", members=[str(jid) for jid in task.finish().users])

    def on_bookmarks(self, task):
        tell("bookmarks", rooms=[[str(each.jid), each.name] for each in task.finish()])

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
