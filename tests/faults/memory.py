"""What a server's memory does: the pages that are its own, as the kernel counts them."""

import re
from pathlib import Path

from support.server import IS_SANITIZED


def private_kib(server):
    rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"^Private_\w+: +(\d+) kB", rollup, re.MULTILINE))


class Growth:
    """KiB since it was made."""

    def __init__(self, server):
        self.server, self.before = server, private_kib(server)

    def kib(self):
        return private_kib(self.server) - self.before

    def assert_below(self, limit_kib):
        grown = self.kib()
        assert IS_SANITIZED or grown < limit_kib, f"{grown} KiB more than before, {self.before} KiB"
