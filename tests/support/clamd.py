"""clamd from Debian's clamav-daemon, with a signature database of our own that knows EICAR's test string and nothing else."""

import os
import signal
import socket
import subprocess

from support.files import EICAR
from support.server import SLOWNESS, wait_until

VIRUS = "Chancery.Test.Eicar.UNOFFICIAL"


class Clamd:
    """Listens at `path`; `hang` and `wake` stop and continue its process."""

    def __init__(self, directory, most_bytes=8 << 20):
        self.directory = directory
        self.path = directory / "clamd.sock"
        self.process = None
        (directory / "db").mkdir()
        (directory / "db" / "test.ndb").write_text(f"Chancery.Test.Eicar:0:*:{EICAR.hex()}\n")
        (directory / "clamd.conf").write_text(
            f"Foreground yes\nLocalSocket {self.path}\nDatabaseDirectory {directory / 'db'}\nStreamMaxLength {most_bytes}\nMaxThreads 2\n"
            "FixStaleSocket yes\nAlertExceedsMax yes\n")

    def start(self):
        with open(self.directory / "clamd.log", "ab") as log:
            self.process = subprocess.Popen(["clamd", f"--config-file={self.directory / 'clamd.conf'}"], stdout=log, stderr=log)
        wait_until(self.answers, "clamd answers", limit=60 / SLOWNESS)
        return self

    def answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as asked:
                asked.settimeout(5)
                asked.connect(str(self.path))
                asked.sendall(b"zPING\0")
                return asked.recv(10) == b"PONG\0"
        except OSError:
            return False

    def hang(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def wake(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def stop(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        process.kill()
        process.wait()
