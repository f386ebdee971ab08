"""XEP-0198 as stories need it."""

from support.elements import NS


def resume(person, name, handled):
    """A new connection that asks to go on with the old stream: (client, the server's answer)."""
    client = person.client()
    client.secure()
    client.authenticate(person.name, person.password)
    client.send(f"<resume xmlns='{NS['sm']}' previd='{name}' h='{handled}'/>")
    answer = client.expect(lambda element: element.tag.startswith("{" + NS["sm"]) and
                           element.tag.split("}")[1] in ("resumed", "failed"))
    return client, answer
