"""Streams that no client would send: valid ones with something wrong in them, before TLS, instead of it and inside it.

`Flood` pours them at a server, many at once. Stream number n of a seed is the same every time: a failure names it.
"""

import asyncio
import base64
import random
import socket
import ssl
import struct

from support.elements import NS
from support.scram import Scram
from support.server import DOMAIN, SLOWNESS

AT_ONCE = 50
HANG_UP_LIMIT = 30.0 * SLOWNESS  # seconds until the server has hung up on somebody who says nothing more

HEADER = (f"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='{NS['stream']}' "
          f"to='{DOMAIN}' version='1.0'>")
STARTTLS = f"<starttls xmlns='{NS['tls']}'/>"
PIECES = [b"<", b">", b"</", b"/>", b"&", b"&amp;", b"&#x0;", b"&#xD800;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?xml?>",
          b"<!DOCTYPE a>", b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"'", b'"', b"xmlns=''", b"xmlns:a='a'", b"a:b",
          b"<stream:stream>", b"</stream:stream>", STARTTLS.encode(),
          b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>", b"<iq type='set'>", b"<message/>",
          b" " * 50, b"A" * 500, b"<a>" * 40, "é\U0001F600".encode()]
RESTRICTED = ["<!-- a comment -->", "<?php echo 1 ?>", "<!DOCTYPE a [<!ENTITY b 'bbbb'>]><a>&b;</a>", "<a>&lol9;</a>",
              "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", "<a>&#0;</a>", "<a>&#xFFFE;</a>", "<a xmlns:xml='other'/>",
              "<a xmlns:b=''><b:c/></a>", "<a b='1' b='2'/>", "<a></b>", "<a b=c/>", "<a b='<'/>", "<a>]]></a>", "<:a/>"]
STANZAS = ["<message to='somebody@post.example' type='chat' id='1'><body>Hello &amp; farewell</body></message>",
           "<iq type='get' id='2'><query xmlns='jabber:iq:roster'/></iq>",
           "<iq type='set' id='3'><vCard xmlns='vcard-temp'><FN>F</FN></vCard></iq>",
           "<iq type='set' id='4'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>2</max></set></query></iq>",
           "<presence to='somebody@post.example' type='subscribe'/>",
           "<enable xmlns='urn:xmpp:sm:3' resume='true'/><r xmlns='urn:xmpp:sm:3'/><a xmlns='urn:xmpp:sm:3' h='0'/>"]


def flip_bits(data, dice, most=8):
    data = bytearray(data)
    for _ in range(dice.randrange(1, most + 1)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def cut_short(data, dice):
    return data[:dice.randrange(len(data))]


# What is wrong with the XML

def flipped(dice):
    return flip_bits((HEADER + STARTTLS + dice.choice(STANZAS)).encode(), dice)


def truncated(dice):
    return cut_short((HEADER + STARTTLS + dice.choice(STANZAS)).encode(), dice)


def noise(dice):
    return dice.choice((b"", HEADER.encode())) + dice.randbytes(dice.randrange(1, 2_000))


def nested(dice):
    return (HEADER + dice.choice(("<a>", "<iq xmlns='a'>", "<a:b xmlns:a='a'>")) * dice.choice((60, 70, 5_000))).encode()


def giant_attribute(dice):
    return (HEADER + "<iq type='get' id='" + "x" * dice.choice((9_000, 20_000, 300_000)) + dice.choice(("", "'/>"))).encode()


def many_attributes(dice):
    form = dice.choice(("a{}='1' ", "xmlns:a{}='u{}' "))
    return (HEADER + "<iq " + "".join(form.format(n, n) for n in range(dice.choice((60, 70, 3_000)))) + "/>").encode()


def restricted(dice):
    return (HEADER + "".join(dice.choices(RESTRICTED, k=3))).encode()


def oversized(dice):
    return (HEADER + "<message><body>" + "y" * dice.choice((11_000, 270_000)) + dice.choice(("", "</body></message>"))).encode()


def injected(dice):
    return (HEADER + STARTTLS + dice.choice(STANZAS)).encode()


def jumbled(dice):
    text = bytearray(HEADER.encode())
    for _ in range(dice.choice((0, 0, 1, 3, 10))):
        text[dice.randrange(len(text))] = dice.randrange(256)
    return bytes(text) + b"".join(dice.choice(PIECES) for _ in range(dice.randrange(1, 30)))


BAD_XML = [flipped, truncated, noise, nested, giant_attribute, many_attributes, restricted, oversized, injected, jumbled]


# What is wrong with the sign-in

def auth(mechanism, data):
    return f"<auth xmlns='{NS['sasl']}' mechanism='{mechanism}'>{data}</auth>"


def response(data):
    return f"<response xmlns='{NS['sasl']}'>{data}</response>"


def encode(data):
    return base64.b64encode(data).decode()


def bad_sasl(dice):
    """What follows the header inside TLS, in one go: the server answers as far as it understands."""
    first = encode(flip_bits(b"n,,n=somebody,r=fyko+d2lbbFgONRv9qkxdawL", dice))
    tries = [auth("SCRAM-SHA-256", first), auth("SCRAM-SHA-256", "!!!"), auth("SCRAM-SHA-256", "="), auth("SCRAM-SHA-256", ""),
             auth("PLAIN", encode(b"\0somebody\0secret")), auth("EXTERNAL", "="), auth("", first), response(first), response("="),
             auth("SCRAM-SHA-256", first) + response(encode(dice.randbytes(40))),
             auth("SCRAM-SHA-256", first) + f"<abort xmlns='{NS['sasl']}'/>", auth("SCRAM-SHA-256-PLUS", first),
             auth("SCRAM-SHA-256", encode(b"n,a=x,n=" + b"z" * 5_000)), auth("SCRAM-SHA-256", encode(dice.randbytes(300))),
             dice.choice(STANZAS)]
    return (HEADER + "".join(dice.choices(tries, k=dice.randrange(1, 8)))).encode()


# What is wrong after it

def bad_stanzas(dice):
    choice = dice.randrange(6)
    if choice == 0:
        return flip_bits("".join(dice.choices(STANZAS, k=4)).encode(), dice)
    if choice == 1:
        return cut_short("".join(dice.choices(STANZAS, k=4)).encode(), dice)
    if choice == 2:
        return b"<message><body>" + b"y" * 300_000
    if choice == 3:
        return b"<presence>" + b"<a>" * 200
    if choice == 4:
        return dice.choice([b"<message from='eve@elsewhere.example'/>", b"<iq type='get'/>", b"<iq/>", b"<message to='@@'/>",
                            b"<a xmlns='urn:xmpp:sm:3' h='77'/>", b"<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>", b"<b/>"])
    return dice.choice(RESTRICTED).encode()


class Wire:
    """A connection, with TLS over it once `secure` has been called; ends are plain: no goodbye unless it is said."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.tls = reader, writer, None

    def start(self, context, name):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)

    def hello(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return self.outgoing.read()

    async def secure(self, context, name):
        self.start(context, name)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.writer.write(self.outgoing.read())
                self.incoming.write(await self._some())
        self.writer.write(self.outgoing.read())

    async def say(self, data):
        if self.tls:
            self.tls.write(data)
            data = self.outgoing.read()
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self, mark):
        """Everything up to `mark`, or a ConnectionError at the end of the stream."""
        heard = b""
        while mark not in heard:
            try:
                heard += self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.incoming.write(await self._some())
        return heard

    async def _some(self):
        data = await self.reader.read(65536)
        if not data:
            raise ConnectionResetError("the server hung up")
        return data

    async def finish(self):
        """Nothing more comes from here; waits until the server has hung up as well."""
        if self.writer.can_write_eof():
            self.writer.write_eof()
        while await self.reader.read(65536):
            pass

    def vanish(self):
        """A reset: the peer learns that nobody is there any more."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Flood:
    """Of a hundred streams 70 break the XML in the plain, 12 the TLS, 14 come through TLS and break the XML or the sign-in,
    and 4 sign in as one of `people` first."""

    def __init__(self, server, people, seed):
        self.server, self.people, self.seed = server, people, seed
        self.context = ssl.create_default_context(cafile=str(server.ca))
        self.unanswered = []  # streams that the server did not hang up on

    def pour(self, count):
        asyncio.run(self._pour(count))

    async def _pour(self, count):
        numbers = iter(range(count))
        await asyncio.gather(*(self._worker(numbers) for _ in range(AT_ONCE)))

    async def _worker(self, numbers):
        for number in numbers:
            dice = random.Random(f"{self.seed}/{number}")
            try:
                await asyncio.wait_for(self._stream(number, dice), HANG_UP_LIMIT)
            except (OSError, ssl.SSLError):
                pass  # it hung up before it had read all
            except asyncio.TimeoutError:
                self.unanswered.append(number)

    async def _stream(self, number, dice):
        kind = number % 100
        port = self.server.port if kind < 70 else self.server.tls_port
        # From many addresses of the loopback network: what is counted for each of them does not end the flood.
        source = (f"127.77.{dice.randrange(1, 255)}.{dice.randrange(1, 255)}", 0)
        reader, writer = await asyncio.open_connection(self.server.host, port, local_addr=source)
        wire = Wire(reader, writer)
        try:
            if kind < 70:
                await wire.say(dice.choice(BAD_XML)(dice))
            elif kind < 82:
                await self._break_tls(wire, dice)
            elif kind < 96:
                await wire.secure(self.context, self.server.domain)
                await self._break_sign_in(wire, dice)
            else:
                await wire.secure(self.context, self.server.domain)
                await self._sign_in(wire, dice.choice(self.people))
                await wire.say(bad_stanzas(dice))
            if dice.randrange(5) == 0:
                wire.vanish()
            else:
                await wire.finish()
        finally:
            writer.close()

    async def _break_tls(self, wire, dice):
        choice = dice.randrange(5)
        if choice == 0:
            return await wire.say(b"\x16\x03\x01" + dice.randbytes(dice.randrange(1, 600)))
        wire.start(self.context, self.server.domain)
        hello = wire.hello()
        wire.tls = None
        if choice == 1:
            return await wire.say(flip_bits(hello, dice))
        if choice == 2:
            return await wire.say(cut_short(hello, dice))
        if choice == 3:  # half a handshake, then something else
            await wire.say(hello)
            await wire.reader.read(1)
            return await wire.say(dice.choice((b"", b"\x15\x03\x03\x00\x02\x02\x28", b"\x17\x03\x03\x40\x00", dice.randbytes(100))))
        await wire.secure(self.context, self.server.domain)
        wire.tls = None
        await wire.say(dice.choice((b"\x17\x03\x03\x00\x40", b"\x17\x03\x03\xff\xff", b"")) + dice.randbytes(dice.randrange(1, 400)))

    async def _break_sign_in(self, wire, dice):
        choice = dice.randrange(3)
        if choice == 0:
            await self._authenticate(wire, dice.choice(self.people).name, "wrong")
            await wire.hear(b"</failure>")
        else:
            await wire.say(bad_sasl(dice) if choice == 1 else dice.choice(BAD_XML)(dice))

    async def _authenticate(self, wire, name, password):
        scram = Scram("SCRAM-SHA-256", name, password)
        await wire.say((HEADER + auth("SCRAM-SHA-256", encode(scram.first()))).encode())
        challenge = (await wire.hear(b"</challenge>")).split(b"</challenge>")[0].rsplit(b">", 1)[1]
        await wire.say(response(encode(scram.final(base64.b64decode(challenge)))).encode())

    async def _sign_in(self, wire, person):
        await self._authenticate(wire, person.name, person.password)
        await wire.hear(b"</success>")
        await wire.say((HEADER + f"<iq type='set' id='b'><bind xmlns='{NS['bind']}'/></iq>").encode())
        await wire.hear(b"</iq>")
