"""`nats.publish` and `nats.request`, on either bus."""

import threading

import pytest

from harness.cli import switchyard
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.nats_client import NATSClient
from harness.topics import hears, sockets

ROUTES = """
routes:
  - { path: "/say/{topic}", methods: [POST], handler: nats.publish, with: { subject: "t.{topic}", headers: [X-Kept] } }
  - path: "/keep/{topic}"
    methods: [POST]
    handler: nats.publish
    with: { subject: "kept.{topic}", ack: true, timeout: 1s }
  - path: "/ask/{service}"
    handler: nats.request
    with: { subject: "svc.{service}", timeout: 1s, headers: [X-Kept], reply-headers: [X-Back, Set-Cookie] }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "t.{topic}" } }
  - { path: "/svc/{topic}", handler: nats.bridge, with: { subject: "svc.{topic}" } }
"""


@pytest.fixture(scope="module")
def server():
    with NATSServer(jetstream=True) as server:
        yield server


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request, server):
    url = server.url if request.param == "nats" else "embedded:"
    with Gateway(f'bus: {{ url: "{url}" }}\n{ROUTES}') as gateway:
        yield gateway


@pytest.fixture(scope="module")
def on_nats(server):
    with Gateway(f'bus: {{ url: "{server.url}" }}\n{ROUTES}') as gateway:
        yield gateway


@pytest.mark.parametrize("content_type, body, heard", [
    ("text/plain", b"hello", "hello"), ("application/json", b'{"a":1}', '{"a":1}'), ("text/plain", b"\xff", b"\xff"),
    ("application/octet-stream", b"hello", b"hello"), (None, b"hello", b"hello"), ("TEXT/PLAIN", b"", ""),
])
def test_what_is_published_is_heard(gateway, content_type, body, heard):
    with sockets(gateway, "/ws/news") as (socket,):
        answer = gateway.request(
            "POST", "/say/news", body, [("Content-Type", content_type)] if content_type else [])
        assert (answer.status, answer.json) == (202, {})
        hears(socket, heard)


@pytest.mark.parametrize("target, status", [
    ("/say/a%20b", 400), ("/say/%3E", 400), ("/say/%FF", 400), ("/say/a..b", 400), ("/ask/*", 400),
])
def test_subjects_are_checked(gateway, target, status):
    answer = gateway.post(target, "x")
    assert answer.status == status
    assert answer.json["error"]["code"] == status


def test_too_large_for_the_bus(gateway):
    assert gateway.post("/say/news", b"x" * ((1 << 20) + 1)).status == 413


def test_nobody_answers(gateway):
    answer = gateway.post("/ask/nobody", "x")
    assert answer.status == 503
    assert int(answer.header("Retry-After")) > 0
    with sockets(gateway, "/svc/mute"):
        assert gateway.post("/ask/mute", "x").status == 504


def test_no_stream_keeps_it(gateway):
    assert gateway.post("/keep/nothing", "x").status == 503


class Service(threading.Thread):
    """Answers requests on `svc.*` until it is asked on `svc.end`."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.client = NATSClient(server)
        self.client.subscribe("svc.*")
        self.asked = []

    def run(self):
        while True:
            message = self.client.message()
            self.asked.append(message)
            head, body = REPLIES[message.subject.removeprefix("svc.")]
            block = f"NATS/1.0\r\n{head}\r\n".encode()
            self.client.send(
                f"HPUB {message.reply} {len(block)} {len(block) + len(body)}\r\n".encode() + block + body + b"\r\n")
            if message.subject == "svc.end":
                return


REPLIES = {
    "plain": ("", b"fine"),
    "teapot": ("Status: 418\r\nContent-Type: application/json\r\n", b'{"a":1}'),
    "error": ("Nats-Service-Error-Code: 500\r\nNats-Service-Error: no\r\n", b"no"),
    "odd": ("Status: 99\r\nX-Back: 1\r\nX-Back: 2\r\nX-Other: 3\r\n", b"\x00\xff"),
    "end": ("", b""),
}


def test_requests_and_replies(on_nats, server):
    service = Service(server)
    service.start()
    plain = on_nats.post("/ask/plain", "question", [("X-Kept", "yes"), ("X-Other", "no")])
    assert (plain.status, plain.body) == (200, b"fine")
    assert b"X-Kept: yes" in service.asked[0].headers
    assert b"X-Request-Id:" in service.asked[0].headers
    assert b"X-Other" not in service.asked[0].headers
    assert service.asked[0].payload == b"question"
    teapot = on_nats.get("/ask/teapot")
    assert (teapot.status, teapot.header("Content-Type"), teapot.json) == (418, "application/json", {"a": 1})
    assert on_nats.get("/ask/error").status == 500
    odd = on_nats.get("/ask/odd")
    assert (odd.status, odd.body) == (200, b"\x00\xff")
    assert [value for name, value in odd.headers if name.lower() == "x-back"] == ["1", "2"]
    assert odd.header("X-Other") is None
    on_nats.get("/ask/end")
    service.join(20)


def test_a_stream_acknowledges(on_nats, server):
    with NATSClient(server) as client:
        client.jetstream("STREAM.CREATE.KEPT", name="KEPT", subjects=["kept.*"])
    first, again, other = [
        on_nats.post("/keep/a", "x", [(name, value)])
        for name, value in (("Nats-Msg-Id", "1"), ("Idempotency-Key", "1"), ("Nats-Msg-Id", "2"))]
    assert [answer.status for answer in (first, again, other)] == [200] * 3
    assert first.json == {"stream": "KEPT", "id": "1", "sequence": 1, "duplicate": False}
    assert again.json == {"stream": "KEPT", "id": "1", "sequence": 1, "duplicate": True}
    assert other.json["sequence"] == 2
    with NATSClient(server) as client:
        assert client.jetstream("STREAM.INFO.KEPT")["state"]["messages"] == 2


def test_the_bus_is_away():
    with NATSServer(jetstream=True) as server, Gateway(f'bus: {{ url: "{server.url}" }}\n{ROUTES}') as gateway:
        server.kill()
        gateway.wait_ready(503)
        assert gateway.post("/ask/plain", "x").status == 503
        assert gateway.post("/keep/a", "x").status == 503
        assert gateway.post("/say/a", "x").status == 202
        server.start()
        gateway.wait_ready()


@pytest.mark.parametrize("setting, column", [
    ("headers: ['a b']", 75), ("reply-headers: [Content-Length]", 81),
])
def test_settings_are_checked(tmp_path, setting, column):
    (tmp_path / "routes.yaml").write_text(
        f"routes: [{{ path: /a, handler: nats.request, with: {{ subject: a, {setting} }} }}]\n")
    checked = switchyard("check", "routes.yaml", cwd=tmp_path)
    assert checked.status == 1
    assert f"routes.yaml:1:{column}: error: " in checked.stderr
