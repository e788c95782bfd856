"""A real HTTP or HTTPS server on the loopback that the gateway asks: for keys, or who may come in."""

import datetime
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .waiting import eventually


class Asked(NamedTuple):
    path: str
    headers: dict[str, str]
    """By names in lower case."""


class Says(NamedTuple):
    """An answer."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = {"Content-Type": "application/json"}


class Authority:
    """Answers what `answer` makes of a question, from entering to leaving a `with`; nothing at all if that is None.

    - `asked`: every question so far.
    - `left`: how many connections the gateway has closed while it waited for nothing at all.
    """

    def __init__(self, answer: Callable[[Asked], Says | None] | Says, tls: "Certificate | None" = None):
        self.answer = answer
        self.asked: list[Asked] = []
        self.left = 0
        self._tls = tls
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> "Authority":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def start(self) -> None:
        """Listens; again on the same port after `stop`."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                authority._respond(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        if self._tls:
            self._server.socket = self._tls.context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _respond(self, request: BaseHTTPRequestHandler) -> None:
        question = Asked(request.path, {name.lower(): value for name, value in request.headers.items()})
        self.asked.append(question)
        says = self.answer(question) if callable(self.answer) else self.answer
        if says is None:
            if request.connection.recv(1) == b"":
                self.left += 1
            return
        body = says.body.encode()
        request.send_response(says.status)
        for name, value in says.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def wait_asked(self, count: int) -> None:
        eventually(lambda: len(self.asked) >= count, f"{count} questions have come")


class Certificate:
    """For 127.0.0.1, signed by an authority of its own whose certificate is in `file`."""

    def __init__(self, folder: Path):
        self.file = folder / "authority.pem"
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = self._certificate("tests", root_key, "tests", root_key, x509.BasicConstraints(True, None))
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = self._certificate("server", key, "tests", root_key, names)
        self.file.write_bytes(root.public_bytes(Encoding.PEM))
        chain = folder / "server.pem"
        chain.write_bytes(certificate.public_bytes(Encoding.PEM)
                          + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain)

    @staticmethod
    def _certificate(name: str, key, issuer: str, issuer_key, extension) -> x509.Certificate:
        def called(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        now = datetime.datetime.now(datetime.timezone.utc)
        return (x509.CertificateBuilder().subject_name(called(name)).issuer_name(called(issuer))
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
                .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
                .sign(issuer_key, hashes.SHA256()))
