"""A renewed certificate is taken without a restart, and nobody who is connected notices."""

import shutil
import signal
import ssl
import subprocess

import pytest

pytestmark = pytest.mark.only_chancery


def served_certificate(client):
    return client.socket.getpeercert(binary_form=True)


def renew(server, directory):
    """A new certificate of the same authority, made as `chancery init` makes one."""
    authority = server.data / "keys"
    key, request, chain = directory / "server.key", directory / "request", directory / "server.pem"
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", request, "-subj", f"/CN={server.domain}"], check=True, capture_output=True)
    names = directory / "names"
    names.write_text(f"subjectAltName=DNS:{server.domain}\n")
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", authority / "ca.pem", "-CAkey", authority / "ca.key",
                    "-days", "30", "-extfile", names, "-out", chain], check=True, capture_output=True)
    shutil.copy(key, authority / "server.key")
    shutil.copy(chain, authority / "server.pem")
    return ssl.PEM_cert_to_DER_cert(chain.read_text())


def test_a_renewed_certificate_is_served_after_a_hangup_signal(own_server, users, tmp_path):
    romeo = users()
    early = romeo.login("early")
    old = served_certificate(early)
    new = renew(own_server, tmp_path)
    own_server.process.send_signal(signal.SIGHUP)
    for _ in range(200):
        late = romeo.login("late")
        if served_certificate(late) != old:
            break
        late.close()
    assert served_certificate(late) == new
    early.fence()


def test_a_certificate_that_cannot_be_used_leaves_the_old_one_in_place(own_server, users):
    romeo = users()
    old = served_certificate(romeo.login("before"))
    (own_server.data / "keys" / "server.pem").write_text("no certificate")
    own_server.process.send_signal(signal.SIGHUP)
    own_server.cli("status")
    assert served_certificate(romeo.login("after")) == old
