"""A person's client: signs in, and says and hears stanzas."""

import base64
import itertools

from support.elements import NS, bare, body, quoteattr
from support.scram import Scram
from support.stream import PATIENCE, Stream

_ids = itertools.count(1)


class SaslFailure(AssertionError):
    def __init__(self, condition, text):
        super().__init__(condition)
        self.condition, self.text = condition, text


class Client(Stream):
    """Operation: `login` or, step by step, `secure`, `authenticate`, `bind`. Then `send` and `expect`."""

    def __init__(self, server):
        super().__init__(server)
        self.jid = None
        self.answered = 0       # elements handled since <enabled/>, as XEP-0198 counts them
        self.counting = False
        self.abilities = None    # what the client says it can do when it is asked (XEP-0030); None: it does not answer by itself
        self.asked = 0          # how often it was asked

    @property
    def bare(self):
        return bare(self.jid)

    def on_element(self, element):
        if self.counting and element.tag.split("}")[1] in ("message", "presence", "iq"):
            self.answered += 1
        query = element.find("info:query", NS) if element.tag == "{jabber:client}iq" and element.get("type") == "get" else None
        if self.abilities is not None and query is not None:
            self.say_what_it_can(element, query.get("node"))
        else:
            super().on_element(element)

    def say_what_it_can(self, asked, node):
        self.asked += 1
        features = "".join(f"<feature var={quoteattr(feature)}/>" for feature in self.abilities)
        self.send(f"<iq type='result' id='{asked.get('id')}' to={quoteattr(asked.get('from'))}><query xmlns='{NS['info']}' "
                  f"node={quoteattr(node or '')}><identity category='client' type='pc' name='stories'/>{features}</query></iq>")

    # Signing in

    def secure(self):
        """Up to the features of the encrypted stream."""
        self.connect()
        self.open()
        self.features()
        self.send(f"<starttls xmlns='{NS['tls']}'/>")
        self.expect(f"<proceed xmlns='{NS['tls']}'/>")
        self.start_tls()
        self.open()
        return self.features()

    def secure_directly(self):
        self.connect(direct_tls=True)
        self.open()
        return self.features()

    def authenticate(self, name, password, mechanism="SCRAM-SHA-256", binding=None, gs2=None):
        """Up to the features after authentication; raises SaslFailure."""
        scram = Scram(mechanism, name, password, binding, gs2)
        self.send(f"<auth xmlns='{NS['sasl']}' mechanism='{mechanism}'>{encode(scram.first())}</auth>")
        challenge = self._sasl_answer("challenge")
        self.send(f"<response xmlns='{NS['sasl']}'>{encode(scram.final(challenge))}</response>")
        answer = self._sasl_answer("challenge", "success")
        if self._last_sasl == "challenge":
            scram.check(answer)
            self.send(f"<response xmlns='{NS['sasl']}'/>")
            self._sasl_answer("success")
        else:
            scram.check(answer)
        self.open()
        return self.features()

    def _sasl_answer(self, *expected):
        answer = self.expect(lambda element: element.tag.startswith("{" + NS["sasl"]))
        self._last_sasl = answer.tag.split("}")[1]
        if self._last_sasl == "failure":
            raise SaslFailure(answer[0].tag.split("}")[1], answer.findtext("sasl:text", "", NS))
        assert self._last_sasl in expected, self._last_sasl
        return base64.b64decode(answer.text or "")

    def bind(self, resource=None):
        wish = f"<resource>{resource}</resource>" if resource else ""
        answer = self.iq("set", f"<bind xmlns='{NS['bind']}'>{wish}</bind>")
        assert answer.get("type") == "result", self._story("no resource")
        self.jid = answer.findtext("bind:bind/bind:jid", None, NS)
        return self.jid

    def login(self, user, resource=None, mechanism="SCRAM-SHA-256"):
        self.secure()
        features = self.authenticate(user.name, user.password, mechanism)
        self.bind(resource)
        return features

    def available(self, priority=None, extra=""):
        """Sends initial presence and waits until the server has shown it to us (RFC 6121 §4.2.2)."""
        level = f"<priority>{priority}</priority>" if priority is not None else ""
        self.send(f"<presence>{level}{extra}</presence>")
        self.expect(f"<presence from='{self.jid}'/>")
        return self

    # Stanzas

    def iq(self, kind, payload, to=None, timeout=PATIENCE):
        """The answer to one request, be it a result or an error."""
        name = f"q{next(_ids)}"
        address = f" to='{to}'" if to else ""
        self.send(f"<iq type='{kind}' id='{name}'{address}>{payload}</iq>")
        return self.expect(lambda element: element.tag == "{jabber:client}iq" and element.get("id") == name
                           and element.get("type") in ("result", "error"), timeout)

    def say(self, to, text, kind="chat", name=None):
        name = name or f"m{next(_ids)}"
        self.send(f"<message to='{to}' type='{kind}' id='{name}'><body>{text}</body></message>")
        return name

    def hear(self, text, sender=None):
        """The message with this body."""
        return self.expect(lambda element: element.tag == "{jabber:client}message" and body(element) == text
                           and (sender is None or element.get("from") == sender))

    def fence(self, timeout=PATIENCE):
        """What the server sent us before this returns has been read: it answers a stream's stanzas in order."""
        answer = self.iq("get", f"<ping xmlns='{NS['ping']}'/>", self.server.domain, timeout)
        assert answer.get("type") == "result", self._story("no answer to a ping")

    def expect_nothing(self, pattern="<message/>", after=()):
        """Nothing that matches has come, nor is on its way from what the clients in `after` have sent."""
        for sender in after if isinstance(after, (tuple, list)) else (after,):
            sender.fence()
        self.fence()
        found = self.take(pattern)
        assert not found, self._story(f"{len(found)} elements match {pattern}")

    def roster(self):
        """{address: item}; the client counts as interested from here on (RFC 6121 §2.1.6)."""
        answer = self.iq("get", f"<query xmlns='{NS['roster']}'/>")
        assert answer.get("type") == "result", self._story("no roster")
        return {item.get("jid"): item for item in answer.findall("roster:query/roster:item", NS)}

    # XEP-0198

    def enable_sm(self, resume=True):
        wish = " resume='true'" if resume else ""
        self.send(f"<enable xmlns='{NS['sm']}'{wish}/>")
        enabled = self.expect(f"<enabled xmlns='{NS['sm']}'/>")
        self.counting, self.answered = True, 0
        return enabled

    def ask_count(self):
        """How many of our stanzas the server says it has handled."""
        self.send(f"<r xmlns='{NS['sm']}'/>")
        return int(self.expect(f"<a xmlns='{NS['sm']}'/>").get("h"))


def encode(data):
    return base64.b64encode(data).decode() or "="
