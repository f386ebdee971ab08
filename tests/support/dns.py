"""A DNS server with a zone of a few lines, on loopback, on a port of its own unless one is named."""

import contextlib
import socket
import struct
import threading

A, SRV, NXDOMAIN = 1, 33, 3
HEADER_BYTES = 12


class Dns:
    """`addresses` is {name: IPv4 address}, `services` {name: [(priority, weight, port, target)]}. Everything else is
    said not to exist; names in `silent` are not answered at all."""

    def __init__(self, port=0):
        self.addresses, self.services, self.silent, self.asked = {}, {}, set(), []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.is_open = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def place(self, server, starttls=True, host=None):
        """The server is found by its domain."""
        host = host or f"host.{server.domain}"
        self.addresses[host] = server.host
        if starttls:
            self.services[f"_xmpp-server._tcp.{server.domain}"] = [(10, 1, server.s2s_port, host)]
        else:
            self.services[f"_xmpps-server._tcp.{server.domain}"] = [(10, 1, server.s2s_tls_port, host)]

    def close(self):
        """With its thread, which would go on to answer whoever is given the port next."""
        self.is_open = False
        with contextlib.suppress(OSError):  # it is not connected, and wakes the thread all the same
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def _serve(self):
        while self.is_open:
            question, peer = self.socket.recvfrom(4096)
            answer = self._answer(question) if len(question) > HEADER_BYTES else None
            if answer:
                with contextlib.suppress(OSError):  # closed meanwhile
                    self.socket.sendto(answer, peer)

    def _answer(self, question):
        labels, at = [], HEADER_BYTES
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode().lower())
            at += 1 + question[at]
        name, (kind,) = ".".join(labels), struct.unpack(">H", question[at + 1:at + 3])
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        records = []
        if kind == A and name in self.addresses:
            records = [socket.inet_aton(self.addresses[name])]
        elif kind == SRV and name in self.services:
            records = [struct.pack(">HHH", priority, weight, port) + _wire(target)
                       for priority, weight, port, target in self.services[name]]
        known = name in self.addresses or name in self.services
        flags = 0x8580 if known else 0x8580 | NXDOMAIN
        header = question[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 1, len(data)) + data for data in records)
        return header + question[HEADER_BYTES:at + 5] + body


def _wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"
