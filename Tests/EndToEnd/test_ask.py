"""`auth.ask`: somebody else decides, over HTTP or on the bus, at once or late."""

import threading

import pytest

from harness.authority import Authority, Says
from harness.errors import assert_own_error
from harness.frames import HANDSHAKE, FrameClient, handshake
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.nats_client import NATSClient
from harness.paths import PATIENCE
from harness.tokens import SECRET, Signer, bearer, soon
from harness.topics import hears, sockets
from harness.waiting import eventually

ROUTES = """
routes:
  - { path: /, handler: echo.http }
  - { path: "/say/{topic}", methods: [POST], handler: nats.publish, with: { subject: "{topic}" } }
  - { path: /sum, methods: [POST], handler: add.sum }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
"""


def asking(server: Authority, more: str = "", top: str = "") -> Gateway:
    return Gateway(f"use: [auth.ask: {{ url: '{server.url}/may?q=1'{more} }}]\n{top}{ROUTES}", ready=False)


def cookie(value: str) -> list[tuple[str, str]]:
    return [("Cookie", value)]


def by_cookie(asked) -> Says:
    """200 to `sid=good`, 403 to `sid=bad`, 401 without."""
    match asked.headers.get("cookie"):
        case "sid=good": return Says(204)
        case "sid=bad": return Says(403)
    return Says(401, headers={"WWW-Authenticate": 'Basic realm="yard"'})


def test_somebody_else_decides():
    with Authority(by_cookie) as server, asking(server) as gateway:
        assert gateway.get("/?a=b", cookie("sid=good") + [("X-Forwarded-Uri", "/lie"), ("X-Other", "x")]).status == 200
        refused = gateway.get("/")
        assert refused.header("WWW-Authenticate") == 'Basic realm="yard"'
        assert_own_error(refused, 401)
        assert_own_error(gateway.get("/", cookie("sid=bad")), 403)
        assert gateway.request("POST", "/sum", b'{"a":1,"b":2}', cookie("sid=good")).json["data"]["res"] == 3
        first = server.asked[0]
        assert first.path == "/may?q=1"
        headers = first.headers
        assert headers["cookie"] == "sid=good" and "x-other" not in headers and "authorization" not in headers
        assert (headers["x-forwarded-method"], headers["x-forwarded-uri"]) == ("GET", "/?a=b")
        assert (headers["x-forwarded-for"], headers["x-forwarded-host"]) == ("127.0.0.1", gateway.address)
        assert len(headers["x-request-id"]) == 16


def test_handshakes():
    with Authority(by_cookie) as server, asking(server) as gateway:
        with sockets(gateway, "/ws/room", "/ws/room", additional_headers=cookie("sid=good")) as (one, two):
            one.send("hello")
            hears(one, "hello")
            hears(two, "hello")
        assert handshake(gateway, "/ws/room").status == 401
        assert handshake(gateway, "/ws/room", [*HANDSHAKE, *cookie("sid=bad")]).status == 403
        # What comes right behind a handshake waits for the answer with it.
        with FrameClient.open(gateway, "/ws/room", [*HANDSHAKE, *cookie("sid=good")],
                              behind=b"\x81\x82\0\0\0\0hi") as client:
            assert client.frame().payload == b"hi"


def test_pipelined_requests_keep_their_order():
    with Authority(by_cookie) as server, asking(server) as gateway, gateway.connect() as client:
        names = ["sid=good", "sid=bad", "none"] * 8
        client.send(b"".join(client.head("GET", "/", cookie(name)) for name in names))
        assert [client.answer().status for _ in names] == [200, 403, 401] * 8


@pytest.mark.parametrize("says", [
    Says(500), Says(404), Says(302, headers={"Location": "/login"}), Says(body="{"), Says(body='{"subject":7}'),
    Says(body="x" * 70_000)])
def test_no_clear_answer(says):
    with Authority(says) as server, asking(server) as gateway:
        answer = gateway.get("/")
        assert answer.header("Retry-After") == "1"
        assert_own_error(answer, 503)
        assert handshake(gateway, "/ws/room").status == 503
        gateway.stderr.wait_for("clients are turned away")
        server.answer = Says(204)
        assert gateway.get("/").status == 200
        assert gateway.stderr.text.count("clients are turned away") == 1


def test_nobody_to_ask():
    with Authority(Says(204)) as server, asking(server) as gateway:
        server.stop()
        assert gateway.get("/").status == 503
        server.start()
        assert gateway.get("/").status == 200


def test_no_answer_in_time():
    with Authority(lambda asked: None) as server, asking(server, ", timeout: 100ms") as gateway:
        assert_own_error(gateway.get("/"), 503)
        eventually(lambda: server.left == 1, "the question is given up")


def test_the_deadline_of_the_route():
    nobody = Authority(lambda asked: None)
    with nobody as server, asking(server, ", timeout: 1h", "timeouts: { request: 1s }\n") as gateway:
        assert_own_error(gateway.get("/"), 504)
        assert handshake(gateway, "/ws/room").status == 504
        eventually(lambda: server.left == 2, "the questions are given up")
        # A body that nobody has read cannot be told from the next request.
        with gateway.connect() as client:
            client.send(client.head("POST", "/sum", [("Content-Length", "13")]))
            late = client.answer()
            assert late.status == 504 and late.closes


@pytest.mark.parametrize("path, headers", [("/", ()), ("/ws/room", HANDSHAKE)], ids=["request", "handshake"])
def test_the_client_leaves_while_it_waits(path, headers):
    with Authority(lambda asked: None) as server, asking(server) as gateway:
        for count in range(1, 4):
            with gateway.connect() as client:
                client.send(client.head("GET", path, headers))
                server.wait_asked(count)
                client.reset()
            eventually(lambda: server.left == count, "the question is given up")
        gateway.stdout.wait_for(rf'"GET {path} HTTP/1.1" 499')
        server.answer = Says(204)
        assert gateway.get("/").status == 200
        assert "clients are turned away" not in gateway.stderr.text


def test_a_client_that_has_said_all_gets_its_answer():
    go = threading.Event()
    with Authority(lambda asked: Says(204) if go.wait(PATIENCE) else None) as server, asking(server) as gateway:
        with gateway.connect() as client:
            client.send(client.head("GET", "/"))
            client.end()
            server.wait_asked(1)
            go.set()
            assert client.answer().status == 200


def test_what_is_said_of_the_client():
    def says(asked):
        return Says(body='{"subject":"ada","permissions":{"publish":["news.>"],"subscribe":["news.local"]}}')
    with Authority(says) as server, asking(server) as gateway:
        assert gateway.post("/say/news.world", "x").status == 202
        assert gateway.post("/say/other", "x").status == 403
        assert handshake(gateway, "/ws/other").status == 403
        with sockets(gateway, "/ws/news.local") as (socket,):
            socket.send("hello")
            hears(socket, "hello")


def test_a_socket_ends_when_the_answer_says():
    with Authority(lambda asked: Says(body=f'{{"expires":{soon(2)}}}')) as server, asking(server) as gateway:
        with FrameClient.open(gateway, "/ws/room") as client:
            client.closes_with(3000)


def test_the_answer_is_remembered_for_a_while():
    with Authority(by_cookie) as server, asking(server, ", cache: 1h") as gateway:
        assert {gateway.get("/", cookie("sid=good")).status for _ in range(5)} == {200}
        assert len(server.asked) == 1
        assert gateway.get("/?x", cookie("sid=good")).status == 200
        assert {gateway.get("/", cookie("sid=bad")).status for _ in range(3)} == {403}
        assert len(server.asked) == 5


def test_a_socket_that_closes_gives_everything_back():
    with Authority(Says(204)) as server, asking(server) as gateway:
        def rounds(count):
            for _ in range(count):
                with sockets(gateway, "/ws/room"):
                    pass
        rounds(20)
        before = gateway.descriptors
        rounds(100)
        eventually(lambda: gateway.descriptors <= before, f"{before} descriptors again")


# On the bus

class Responder:
    """Answers questions on `may.come`: `sid=good` may, by headers or by the body; `sid=slow` is never answered."""

    def __init__(self, server: NATSServer):
        self.client = NATSClient(server)
        self.client.subscribe("may.come")
        self.seen = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                message = self.client.message()
            except (OSError, EOFError, ValueError):
                return
            self.seen.append(message)
            if b"sid=good" in message.headers:
                self.client.publish(message.reply, b'{"status":200,"subject":"ada","permissions":{"publish":["a.>"]}}')
            elif b"sid=header" in message.headers:
                head = b"NATS/1.0\r\nStatus: 200\r\n\r\n"
                self.client.send(f"HPUB {message.reply} {len(head)} {len(head)}\r\n".encode() + head + b"\r\n")
            elif b"sid=slow" not in message.headers:
                self.client.publish(message.reply, b'{"status":403}')


def test_on_a_nats_server():
    with NATSServer() as server:
        config = (f"bus: {{ url: '{server.url}' }}\n"
                  f"use: [auth.ask: {{ subject: may.come, timeout: 500ms }}]\n{ROUTES}")
        with Gateway(config) as gateway:
            assert_own_error(gateway.get("/", cookie("sid=good")), 503)
            responder = Responder(server)
            assert gateway.get("/?x=1", cookie("sid=good")).status == 200
            assert gateway.get("/", cookie("sid=header")).status == 200
            assert gateway.get("/", cookie("sid=no")).status == 403
            assert gateway.get("/", cookie("sid=slow")).status == 503
            assert gateway.request("POST", "/say/b", b"x", cookie("sid=good")).status == 403
            assert gateway.request("POST", "/say/a.b", b"x", cookie("sid=good")).status == 202
            with sockets(gateway, "/ws/a.b", additional_headers=cookie("sid=good")) as (socket,):
                socket.send("hello")
                hears(socket, "hello")
            question = responder.seen[0]
            assert question.payload == (
                f'{{"method":"GET","target":"/?x=1","host":"{gateway.address}","scheme":"http","address":"127.0.0.1"}}'
            ).encode()
            assert b"Cookie: sid=good\r\n" in question.headers
            server.kill()
            assert_own_error(gateway.get("/", cookie("sid=good")), 503)


def test_on_the_embedded_bus_nobody_answers():
    with Gateway(f"use: [auth.ask: {{ subject: may.come }}]\n{ROUTES}", ready=False) as gateway:
        assert_own_error(gateway.get("/"), 503)
        assert handshake(gateway, "/ws/room").status == 503


def test_behind_a_token():
    """Two guards: both must let in, and what the second says is added to what the first knows."""
    with Authority(lambda asked: Says(body='{"permissions":{"subscribe":[]}}')) as server:
        steps = (f"use:\n  - auth.jwt: {{ secret: '{SECRET}', allow: {{ publish: ['user.{{sub}}'] }} }}\n"
                 f"  - auth.ask: {{ url: '{server.url}' }}\n")
        with Gateway(steps + ROUTES, ready=False) as gateway:
            headers = bearer(Signer("HS256").token(sub="ada", exp=soon()))
            assert gateway.request("POST", "/say/user.ada", b"x", headers).status == 202
            assert gateway.request("POST", "/say/other", b"x", headers).status == 403
            assert handshake(gateway, "/ws/other", [*HANDSHAKE, *headers]).status == 403
            asked = len(server.asked)
            assert gateway.get("/").status == 401
            assert len(server.asked) == asked


@pytest.mark.parametrize("end", ["reload", "stop"])
def test_who_waits_at_the_door_is_turned_away(end):
    """A channel that is gone, or a gateway that stops, lets nobody in who was still being asked about."""
    asked, free = threading.Event(), threading.Event()

    def slowly(_):
        asked.set()
        free.wait(20)
        return Says(body="{}")
    with Authority(slowly) as server, asking(server) as gateway:
        with gateway.connect() as client:
            client.send(client.head("GET", "/ws/room", HANDSHAKE))
            assert asked.wait(20)
            if end == "reload":
                gateway.reload("routes: [{ path: /other, handler: echo.http }]")
                answer = client.answer()
            else:
                gateway.stop(wait=False)
                gateway.stderr.wait_for("draining")
                free.set()
                answer = client.answer()
            assert answer.status == 503
            free.set()
            if end == "stop":
                gateway.wait()
