"""What the scripts beside this one share: throw-away directories, accounts, certificates, start and stop by pid.

A server that was started is described by DIR/peer.json:
  {"server": "127.0.0.1:PORT", "domain": ..., "pids": [...], "rosters": "ready" | "by-xmpp", "start_seconds": ...}
Everything listens on 127.0.0.1 only, runs as the user that Debian made for it, and lives in DIR.
"""
import argparse
import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time

DOMAIN = "bench.test"
ITERATIONS = 4096  # RFC 7677 §4; only the client pays for it, in a sign-in that is not measured


@dataclasses.dataclass
class Credentials:
    """What RFC 5802 §3 lets a server keep of a password."""

    salt: bytes
    stored_key: bytes
    server_key: bytes


def credentials(i):
    """Account i: name u<i>, password p<i>, SCRAM-SHA-256. The same in every run."""
    salt = hashlib.sha256(f"salt {i}".encode()).hexdigest()[:16].encode()
    salted = hashlib.pbkdf2_hmac("sha256", f"p{i}".encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return Credentials(salt, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256"))


def contacts(i, users, count):
    """The ring of `load presence`: count/2 before i and count/2 after it."""
    return [(i + step) % users for step in range(-(count // 2), count // 2 + 1) if step]


def base64_text(data):
    return base64.b64encode(data).decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def need(package, *files):
    if not all(pathlib.Path(file).exists() for file in files):
        sys.exit(f"{package} is not installed: run `{sys.argv[0]} install` (as root; no service is started)")


def install(*packages):
    """From Debian, without letting the packages start or enable their services."""
    policy = pathlib.Path("/usr/sbin/policy-rc.d")
    had_policy = policy.exists()
    if not had_policy:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *packages], check=True,
                       env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
    finally:
        if not had_policy:
            policy.unlink()
    for name in packages:
        if shutil.which("systemctl"):
            subprocess.run(["systemctl", "disable", name], check=False, capture_output=True)


def make_certificate(folder):
    """ECDSA P-256, self-signed; key and certificate in one file."""
    pem = folder / "tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", f"/CN={DOMAIN}", "-addext",
                    f"subjectAltName=DNS:{DOMAIN},DNS:conference.{DOMAIN},DNS:upload.{DOMAIN}",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    pem.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return pem


def give_to(user, folder):
    """To the server's own user, when we may (root); otherwise everything runs as who started this."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{user}:", folder], check=True)


def as_user(user, command):
    if os.geteuid() != 0 or pwd.getpwuid(0).pw_name == user:
        return command
    account = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups", "--no-new-privs",
            *command]


def spawn(user, command, folder, name, **environment):
    log = open(folder / f"{name}.out", "ab")
    return subprocess.Popen(as_user(user, [str(part) for part in command]), cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=log, stderr=log, start_new_session=True,
                            env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"} | environment)


def started_at(pid):
    """When the process started, in ticks since boot: a pid alone may have been given to another one since."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    return None if stat[0] == "Z" else int(stat[19])


def wait_for(process, ready, limit=60):
    """Polls until ready() is true; ends everything with the log's last lines when the process dies first."""
    begin = time.monotonic()
    while time.monotonic() - begin < limit:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            if ready():
                return time.monotonic() - begin
        time.sleep(0.01)
    if process.poll() is None:
        process.kill()
    sys.exit(f"{process.args[-1]}: did not start")


def answers(port):
    """Whether the port answers an XMPP stream header for our domain."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(f"<?xml version='1.0'?><stream:stream to='{DOMAIN}' version='1.0' xmlns='jabber:client' "
                           "xmlns:stream='http://etherx.jabber.org/streams'>".encode())
        return b"stream" in connection.recv(4096)


def describe(folder, port, pids, start_seconds, rosters):
    peer = {"server": f"127.0.0.1:{port}", "domain": DOMAIN, "pids": pids, "rosters": rosters,
            "start_seconds": round(start_seconds, 3), "started_at": [started_at(pid) for pid in pids]}
    (folder / "peer.json").write_text(json.dumps(peer))
    print(json.dumps(peer))


def stop(folder):
    """Asks each process of peer.json to end, the last one started first; kills it after 20 seconds."""
    file = folder / "peer.json"
    if not file.exists():
        return
    peer = json.loads(file.read_text())
    for pid, since in reversed(list(zip(peer["pids"], peer["started_at"]))):
        begin = time.monotonic()
        asked = None
        while started_at(pid) == since and since is not None:
            wanted = signal.SIGTERM if time.monotonic() - begin < 20 else signal.SIGKILL
            if asked != wanted:
                os.kill(pid, wanted)
            asked = wanted
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)
    file.unlink()


def main(description, install_packages, start, databases=("sqlite",)):
    """The command line that all peers have in common."""
    parser = argparse.ArgumentParser(description=description)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install the packages from Debian; their services are not started")
    starting = commands.add_parser("start", help="make accounts, start, print a JSON description")
    starting.add_argument("folder", type=pathlib.Path, help="must not exist or be empty")
    starting.add_argument("--archive", choices=("on", "off"), default="on")
    starting.add_argument("--database", choices=databases, default=databases[0])
    starting.add_argument("--users", type=int, default=400, help="accounts u0.. with passwords p0..")
    starting.add_argument("--ring", type=int, default=0, help="how many of them have contacts (default: all)")
    starting.add_argument("--contacts", type=int, default=0, help="contacts of each, both ways; an even number")
    stopping = commands.add_parser("stop", help="stop what runs in the folder")
    stopping.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    if options.command == "install":
        return install(*install_packages)
    if options.command == "stop":
        return stop(options.folder)
    options.folder = options.folder.absolute()
    options.ring = (options.ring or options.users) if options.contacts else 0
    options.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if any(options.folder.iterdir()):
        sys.exit(f"{options.folder} is not empty")
    return start(options)
