"""A web site over HTTPS on loopback, with a certificate of the test's choice, which says what the test wants."""

import hashlib
import base64
import http.server
import json
import ssl
import subprocess
import threading


class WebSite:
    """`pages` is {path: (status, headers, body)}; everything else is not found. `asked` is what was asked for: (host, path)."""

    def __init__(self, chain, key):
        self.pages, self.asked = {}, []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append((self.headers.get("Host"), self.path))
                status, headers, body = site.pages.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """A peer that does not like what it is shown hangs up."""

        self.server = Quiet(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.server.server_address[1]}"

    def show(self, path, document, status=200, **headers):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.pages[path] = (status, {"Content-Type": "application/json", **headers}, body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def fingerprint(pem, name="sha-256"):
    """As documents of RFC 7711 have it."""
    der = subprocess.run(["openssl", "x509", "-in", pem, "-outform", "DER"], check=True, capture_output=True).stdout
    return {name: base64.b64encode(hashlib.new(name.replace("-", ""), der).digest()).decode()}
