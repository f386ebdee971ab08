"""slixmpp as a robot: commands in, events out, one JSON object a line (robots.py has the vocabulary)."""

import asyncio
import base64
import hashlib
import json
import sys

import slixmpp


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Robot(slixmpp.ClientXMPP):
    def __init__(self, login):
        super().__init__(f"{login['jid']}/slixmpp", login["password"])
        self.login, self.ended = login, False
        self.ca_certs = login["ca"]
        self.register_plugin("xep_0313")
        self.register_plugin("xep_0198")
        for plugin in ("xep_0115", "xep_0163", "xep_0118", "xep_0084", "xep_0048"):
            self.register_plugin(plugin)
        self.add_event_handler("user_tune_publish", self.on_tune)
        self.add_event_handler("avatar_metadata_publish", self.on_avatar)
        self.register_plugin("xep_0363")
        self.register_plugin("xep_0066")
        self.register_plugin("xep_0045")
        self.add_event_handler("groupchat_message", self.on_groupchat)
        self.add_event_handler("groupchat_subject", lambda message: tell("subject", subject=message["subject"]))
        self.add_event_handler("groupchat_invite", lambda message: tell("invited", room=str(message["from"])))
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("message", self.on_message)
        self.add_event_handler("changed_status", self.on_presence)
        self.add_event_handler("ssl_invalid_chain", lambda error: self.refuse(str(error)))
        self.add_event_handler("connection_failed", lambda error: self.refuse(str(error)))
        self.add_event_handler("failed_auth", lambda stanza: self.refuse("not authorized"))

    def dial(self, host, port):
        if hasattr(self, "enable_direct_tls"):  # slixmpp 1.9 and later
            self.enable_direct_tls = self.enable_plaintext = False
            self.connect(host, port)
        else:
            self.connect(address=(host, port), force_starttls=True)

    def refuse(self, reason):
        if not self.ended:
            self.ended = True
            tell("refused", reason=reason)

    async def on_start(self, _):
        await self.get_roster()
        tell("online", jid=str(self.boundjid), version=slixmpp.__version__)

    def on_groupchat(self, message):
        tell("groupchat", **{"from": str(message["from"]), "body": message["body"]})

    def on_message(self, message):
        if message["body"] and message["type"] != "groupchat":
            tell("message", **{"from": str(message["from"]), "body": message["body"]})

    def on_presence(self, presence):
        tell("presence", **{"from": str(presence["from"]), "show": presence["show"], "status": presence["status"]})

    def on_tune(self, message):
        tune = message["pubsub_event"]["items"]["item"]["tune"]
        tell("tune", **{"from": str(message["from"]), "title": tune["title"]})

    def on_avatar(self, message):
        tell("avatar", **{"from": str(message["from"]), "id": message["pubsub_event"]["items"]["item"]["id"]})

    async def enter(self, room, nick):
        """As join_muc_wait() does it, which hears nothing in slixmpp 1.10 (an empty JID counts as one)."""
        self["xep_0045"].join_muc(room, nick, maxhistory="20")
        await asyncio.gather(*(self.wait_until(f"muc::{room}::{event}", 10) for event in ("self-presence", "groupchat_subject")))

    async def show(self, image):
        await self["xep_0084"].publish_avatar(image)
        await self["xep_0084"].publish_avatar_metadata(
            [{"id": self["xep_0084"].generate_id(image), "type": "image/png", "bytes": len(image)}])

    async def remember(self, room, name):
        bookmarks = self["xep_0048"].stanza.Bookmarks()
        bookmarks.add_conference(room, "robot", autojoin=True, name=name)
        await self["xep_0048"].set_bookmarks(bookmarks)

    async def recall(self):
        answer = await self["xep_0048"].get_bookmarks()
        return [[str(each["jid"]), each["name"]] for each in answer["private"]["bookmarks"]["conferences"]]

    async def find_upload_service(self):
        """As the plugin does it, which fails with Python 3.11 (slixmpp 1.8.3: asyncio.wait() of coroutines)."""
        disco = self["xep_0030"]
        for jid, _, _ in (await disco.get_items(jid=self.boundjid.domain))["disco_items"]["items"]:
            info = await disco.get_info(jid=jid)
            if "urn:xmpp:http:upload:0" in info["disco_info"]["features"]:
                return jid

    async def upload(self, path, to, kind):
        """Shares it as clients do: the link as the text, and out of band."""
        self["xep_0363"].upload_service = await self.find_upload_service()
        link = await self["xep_0363"].upload_file(path)
        message = self.make_message(mto=to, mbody=link, mtype=kind)
        message["oob"]["url"] = link
        message.send()
        tell("uploaded", link=link)

    async def fetch(self, link):
        # Imported here: without it slixmpp has no file upload, and everything else.
        import aiohttp

        async with aiohttp.ClientSession() as session, session.get(link) as response:
            data = await response.read()
            tell("fetched", status=response.status, type=response.content_type, sha256=hashlib.sha256(data).hexdigest())

    async def obey(self, command):
        what = command["do"]
        room = slixmpp.JID(command["room"]) if "room" in command else None
        if what == "presence":
            self.send_presence(pshow=command.get("show"), pstatus=command.get("status"))
        elif what == "message":
            self.send_message(mto=command["to"], mbody=command["body"], mtype="chat")
        elif what == "join":
            await self.enter(room, command["nick"])
            tell("joined")
        elif what == "configure":
            form = await self["xep_0045"].get_room_config(room)
            for name, value in command["fields"].items():
                form.get_fields()[name]["value"] = value
            await self["xep_0045"].set_room_config(room, form)
            tell("configured")
        elif what == "part":
            self["xep_0045"].leave_muc(room, self["xep_0045"].our_nicks[room])
        elif what == "groupchat":
            self.send_message(mto=room, mbody=command["body"], mtype="groupchat")
        elif what == "subject":
            self["xep_0045"].set_subject(room, command["subject"])
        elif what == "affiliation":
            await self["xep_0045"].set_affiliation(room, command["affiliation"], jid=slixmpp.JID(command["jid"]))
            tell("affiliated", members=[str(jid) for jid in await self["xep_0045"].get_affiliation_list(room, "member")])
        elif what == "archive":
            bodies = []
            async for result in self["xep_0313"].iterate(rsm={"max": 5}):
                bodies.append(result["mam_result"]["forwarded"]["stanza"]["body"])
            tell("archive", bodies=bodies)
        elif what == "tune":
            await self["xep_0118"].publish_tune(title=command["title"])
        elif what == "avatar":
            await self.show(base64.b64decode(command["image"]))
        elif what == "bookmark":
            await self.remember(command["room"], command["name"])
            tell("bookmarked")
        elif what == "bookmarks":
            tell("bookmarks", rooms=await self.recall())
        elif what == "upload":
            await self.upload(command["path"], command["to"], command["kind"])
        elif what == "fetch":
            await self.fetch(command["link"])
        elif what == "quit":
            await self.disconnect()


async def main():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    robot = None
    while line := await reader.readline():
        command = json.loads(line)
        if command["do"] == "login":
            robot = Robot(command)
            robot.dial(command["host"], command["port"])
        else:
            await robot.obey(command)
        if command["do"] == "quit":
            return


asyncio.run(main())
