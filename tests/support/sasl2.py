"""The client's side of XEP-0388 with what stands inside it: XEP-0386, XEP-0198, XEP-0480, XEP-0484."""

import base64
import hmac
import uuid

from support.client import SaslFailure, encode
from support.elements import NS
from support.scram import Scram

SASL2 = "urn:xmpp:sasl:2"


def new_agent():
    return str(uuid.uuid4())


def agent_xml(agent, software="Robot", device="Bench"):
    return f"<user-agent id='{agent}'><software>{software}</software><device>{device}</device></user-agent>"


def bind_xml(tag="robot", inside=""):
    return f"<bind xmlns='urn:xmpp:bind:0'><tag>{tag}</tag>{inside}</bind>"


class Sasl2:
    """One attempt after another on one client's stream."""

    def __init__(self, person, client=None, sender=None):
        self.person = person
        self.client = client or person.client()
        self.sender = sender or person.jid
        self.features = None

    def secure(self):
        """Up to the features of the encrypted stream, whose header says who we are."""
        client = self.client
        client.connect()
        client.open()
        client.features()
        client.send(f"<starttls xmlns='{NS['tls']}'/>")
        client.expect(f"<proceed xmlns='{NS['tls']}'/>")
        client.start_tls()
        client.open(extra=f" from='{self.sender}'" if self.sender else "")
        self.features = client.features()
        return self

    def offer(self):
        return self.features.find(f"{{{SASL2}}}authentication")

    def mechanisms(self):
        return [element.text for element in self.offer().findall(f"{{{SASL2}}}mechanism")]

    def token_mechanisms(self):
        inline = self.offer().find(f"{{{SASL2}}}inline")
        return [element.text for element in inline.findall("{urn:xmpp:fast:0}fast/{urn:xmpp:fast:0}mechanism")]

    def upgrades(self):
        return [element.text for element in self.offer().findall("{urn:xmpp:sasl:upgrade:0}upgrade")]

    def start(self, mechanism, initial, inside=""):
        response = f"<initial-response>{base64.b64encode(initial).decode()}</initial-response>" if initial is not None else ""
        self.client.send(f"<authenticate xmlns='{SASL2}' mechanism='{mechanism}'>{response}{inside}</authenticate>")

    def answer(self, *expected):
        answer = self.client.expect(lambda element: element.tag.startswith("{" + SASL2))
        name = answer.tag.split("}")[1]
        if name == "failure":
            raise SaslFailure(answer[0].tag.split("}")[1], answer.findtext(f"{{{SASL2}}}text", ""))
        assert name in expected, name
        return answer

    def with_password(self, inside="", password=None, mechanism="SCRAM-SHA-256", binding=None, gs2=None, done=True):
        """<success/>, or <continue/> if a task is set."""
        self.scram = Scram(mechanism, self.person.name, password or self.person.password, binding, gs2)
        self.start(mechanism, self.scram.first(), inside)
        challenge = base64.b64decode(self.answer("challenge").text)
        self.challenge = challenge.decode()
        self.client.send(f"<response xmlns='{SASL2}'>{encode(self.scram.final(challenge))}</response>")
        end = self.answer("success", "continue")
        self.scram.check(base64.b64decode(end.findtext(f"{{{SASL2}}}additional-data")))
        return self.finish(end) if done and end.tag.endswith("}success") else end

    def with_token(self, token, mechanism="HT-SHA-256-NONE", agent=None, inside="", attributes="", binding=b"", name=None):
        proof = hmac.digest(token.encode(), b"Initiator" + binding, "sha256")
        wish = f"{agent_xml(agent) if agent else ''}<fast xmlns='urn:xmpp:fast:0'{attributes}/>{inside}"
        self.start(mechanism, (name or self.person.name).encode() + b"\0" + proof, wish)
        end = self.answer("success")
        answer = base64.b64decode(end.findtext(f"{{{SASL2}}}additional-data"))
        assert answer == hmac.digest(token.encode(), b"Responder" + binding, "sha256"), "the server has another token"
        return self.finish(end)

    def finish(self, success):
        identity = success.findtext(f"{{{SASL2}}}authorization-identifier")
        if "/" in identity:
            self.client.jid = identity
        self.after = self.client.features()
        return success


def token_of(success):
    """(secret, expiry) of the token that came with <success/>, or None."""
    token = success.find("{urn:xmpp:fast:0}token")
    return None if token is None else (token.get("token"), token.get("expiry"))
