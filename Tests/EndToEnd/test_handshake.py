"""The opening handshake of RFC 6455 §4.2, and which pages may open a socket."""

import asyncio

import aiohttp
import pytest
from websockets.sync.client import connect

from harness.frames import HANDSHAKE, KEY, TEXT, FrameClient, Frame, frame, handshake, random_key
from harness.paths import PATIENCE

CONFIG = """
routes:
  - { path: /both, handler: echo.http, with: { text: "a page" } }
  - { path: /page, handler: echo.http, with: { text: "a page" } }
channels:
  - { path: /echo, handler: echo.channel }
  - { path: /both, handler: echo.channel }
  - { path: /any, handler: echo.channel, origins: "*" }
  - { path: /listed, handler: echo.channel, origins: ["https://a.example", "http://b.example:8080"] }
"""


def changed(*changes: tuple[str, str | None]) -> list[tuple[str, str]]:
    """A good handshake, with fields replaced, added or (None) left out."""
    fields = dict(HANDSHAKE)
    for name, value in changes:
        fields.pop(name, None)
        if value is not None:
            fields[name] = value
    return list(fields.items())


GOOD = {
    "as it should be": changed(),
    "names in small letters": [(name.lower(), value) for name, value in HANDSHAKE],
    "websocket in capitals": changed(("Upgrade", "WebSocket")),
    "connection is a list": changed(("Connection", "keep-alive, Upgrade")),
    "connection in small letters": changed(("Connection", "upgrade")),
    "connection in two fields": [*changed(), ("Connection", "keep-alive")],
    "upgrade is a list": changed(("Upgrade", "h2c, websocket")),
    "with an empty body": changed(("Content-Length", "0")),
    "with extensions": changed(("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits, x-unknown")),
}


@pytest.mark.parametrize("headers", GOOD.values(), ids=GOOD)
def test_good(gateway, headers):
    with FrameClient.open(gateway, "/echo", headers) as client:
        client.send(frame(TEXT, b"hello"))
        assert client.frame() == Frame(TEXT, b"hello")


def test_the_answer(gateway):
    answer = handshake(gateway, "/echo", changed(("Sec-WebSocket-Extensions", "x-unknown")))
    assert answer.status == 101
    assert answer.header("Upgrade").lower() == "websocket"
    assert answer.header("Connection").lower() == "upgrade"
    assert answer.header("Sec-WebSocket-Extensions") is None
    assert answer.header("Sec-WebSocket-Protocol") is None
    assert answer.header("Content-Length") is None and answer.header("Transfer-Encoding") is None


BAD_KEYS = ["", "short",
            KEY[:-1], KEY + "=", KEY[:-2] + "AA", "not base64 at all!!!!!==", "dGhlIHNhbXBsZSBub25jZX=="[1:],
            "dGhlIHNhbXBsZSBub25jZSEh"]


@pytest.mark.parametrize("key", [None, *BAD_KEYS], ids=repr)
def test_bad_keys(gateway, key):
    assert handshake(gateway, "/echo", changed(("Sec-WebSocket-Key", key))).status == 400


def test_two_keys(gateway):
    headers = [*HANDSHAKE, ("Sec-WebSocket-Key", random_key())]
    assert handshake(gateway, "/echo", headers).status == 400


@pytest.mark.parametrize("version", [None, "", "12", "14", "8", "013", "13, 12", "x"], ids=repr)
def test_other_versions(gateway, version):
    answer = handshake(gateway, "/echo", changed(("Sec-WebSocket-Version", version)))
    assert answer.status == 426
    assert answer.header("Sec-WebSocket-Version") == "13"


@pytest.mark.parametrize("headers", [
    [], changed(("Upgrade", None)), changed(("Connection", None)), changed(("Upgrade", "h2c")),
    changed(("Connection", "close")), changed(("Connection", "keep-alive")), changed(("Upgrade", "websockets")),
], ids=["nothing", "no upgrade", "no connection", "h2c", "close", "keep-alive", "websockets"])
def test_no_upgrade(gateway, headers):
    """A channel alone answers 426; beside it a route answers."""
    answer = handshake(gateway, "/echo", headers)
    assert answer.status == 426
    assert answer.header("Upgrade") == "websocket"
    assert "upgrade" in answer.header("Connection").lower()
    assert answer.json["error"]["code"] == 426 and answer.json["requestId"]
    assert handshake(gateway, "/both", headers).status == 200


def test_route_and_channel_share_a_path(gateway):
    assert gateway.get("/both").body == b"a page"
    assert handshake(gateway, "/both").status == 101


def test_an_upgrade_of_a_plain_route_is_a_request(gateway):
    with gateway.connect() as client:
        for _ in range(2):
            answer = client.request("GET", "/page", headers=HANDSHAKE)
            assert (answer.status, answer.body) == (200, b"a page")


def test_an_upgrade_of_nothing(gateway):
    assert handshake(gateway, "/nowhere").status == 404


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "get"])
def test_other_methods(gateway, method):
    with gateway.connect() as client:
        client.send(client.head(method, "/echo", [*HANDSHAKE, ("Content-Length", "0")]))
        assert client.answer_head().status != 101


def test_http_1_0(gateway):
    with gateway.connect() as client:
        client.send(client.head("GET", "/echo", HANDSHAKE).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert client.answer_head().status in (400, 426)


@pytest.mark.parametrize("body", [("Content-Length", "5"), ("Transfer-Encoding", "chunked")], ids=["length", "chunked"])
def test_a_handshake_with_a_body(gateway, body):
    with gateway.connect() as client:
        client.send(client.head("GET", "/echo", [*HANDSHAKE, body]) + b"0\r\n\r\n")
        assert client.answer_head().status in (400, 426)


def test_a_refusal_leaves_the_connection_usable(gateway):
    with gateway.connect() as client:
        assert client.request("GET", "/echo", headers=changed(("Sec-WebSocket-Version", "12"))).status == 426
        assert client.request("GET", "/page").body == b"a page"
        client.send(client.head("GET", "/echo", HANDSHAKE))
        assert client.answer_head().status == 101


def test_requests_before_the_handshake_are_answered_first(gateway):
    with gateway.connect() as client:
        client.send(client.head("GET", "/page") + client.head("GET", "/echo", HANDSHAKE))
        assert client.answer().body == b"a page"
        assert client.answer_head().status == 101


@pytest.mark.parametrize("path, origin, status", [
    ("/echo", None, 101), ("/echo", "http://SAME", 101), ("/echo", "https://SAME", 101),
    ("/echo", "http://evil.example", 403), ("/echo", "null", 403), ("/echo", "", 403),
    ("/echo", "http://SAME.evil.example", 403),
    ("/echo", "http://evilSAME", 403),
    ("/echo", "http://127.0.0.1:1", 403), ("/echo", "http://user@SAME", 403), ("/echo", "SAME", 403),
    ("/any", "http://evil.example", 101), ("/any", "null", 101), ("/any", None, 101),
    ("/listed", "https://a.example", 101), ("/listed", "HTTPS://A.EXAMPLE", 101), ("/listed", "http://a.example", 403),
    ("/listed", "http://b.example:8080", 101), ("/listed", "http://b.example", 403), ("/listed", "http://SAME", 403),
    ("/listed", "https://a.example.evil", 403), ("/listed", None, 101), ("/listed", "*", 403),
])
def test_origins(gateway, path, origin, status):
    origin = origin and origin.replace("SAME", gateway.address)
    answer = handshake(gateway, path, [*HANDSHAKE, *([("Origin", origin)] if origin is not None else [])])
    assert answer.status == status
    if status == 403:
        assert answer.json["error"]["code"] == 403


def test_two_origins(gateway):
    headers = [*HANDSHAKE, ("Origin", gateway.url), ("Origin", "http://evil.example")]
    assert handshake(gateway, "/echo", headers).status in (400, 403)


@pytest.mark.parametrize("host, origin, status", [
    ("example.com", "http://example.com", 101), ("example.com:80", "http://example.com", 101),
    ("example.com", "https://example.com:443", 101), ("Example.COM", "http://example.com", 101),
    ("example.com:8080", "http://example.com", 403), ("example.com", "http://example.com:8080", 403),
])
def test_the_same_origin_is_the_host_asked_for(gateway, host, origin, status):
    assert handshake(gateway, "/echo", [("Host", host), *HANDSHAKE, ("Origin", origin)]).status == status


@pytest.mark.parametrize("offer", ["chat", "a, b"])
def test_subprotocols_nobody_speaks(gateway, offer):
    """The handler chose none, so none is answered; the client may go on or not."""
    answer = handshake(gateway, "/echo", [*HANDSHAKE, ("Sec-WebSocket-Protocol", offer)])
    assert answer.status == 101
    assert answer.header("Sec-WebSocket-Protocol") is None


def test_a_message_in_the_segment_of_the_handshake(gateway):
    messages = b"".join(frame(TEXT, str(number).encode()) for number in range(100))
    with FrameClient.open(gateway, "/echo", behind=messages) as client:
        assert [client.frame() for _ in range(100)] == [Frame(TEXT, str(number).encode()) for number in range(100)]


def test_half_a_message_in_the_segment_of_the_handshake(gateway):
    message = frame(TEXT, b"hello")
    with FrameClient.open(gateway, "/echo", behind=message[:4]) as client:
        client.send(message[4:])
        assert client.frame() == Frame(TEXT, b"hello")


def test_one_byte_a_segment(gateway):
    with FrameClient(gateway.host, gateway.port) as client:
        client.drip(client.head("GET", "/echo", HANDSHAKE) + frame(TEXT, b"slow") + frame(TEXT, b"x" * 130))
        assert client.answer_head().status == 101
        assert client.frame() == Frame(TEXT, b"slow")
        assert client.frame() == Frame(TEXT, b"x" * 130)


def test_the_client_websockets(gateway):
    """With its own offer of permessage-deflate, which it may not get."""
    with connect(gateway.ws("/echo"), proxy=None, open_timeout=PATIENCE) as socket:
        for message in ["text", b"binary", "x" * 100_000, ["in ", "parts"]]:
            socket.send(message)
            assert socket.recv(PATIENCE) == ("in parts" if isinstance(message, list) else message)
        assert socket.ping().wait(PATIENCE)
    assert socket.close_code == 1000


def test_the_client_aiohttp(gateway):
    async def talk():
        async with aiohttp.ClientSession() as session, session.ws_connect(gateway.url + "/echo", compress=15) as socket:
            await socket.send_str("text")
            assert await socket.receive_str(timeout=PATIENCE) == "text"
            await socket.send_bytes(b"\xff" * 70_000)
            assert await socket.receive_bytes(timeout=PATIENCE) == b"\xff" * 70_000
            await socket.ping(b"?")
            await socket.close(code=1000, message=b"bye")
            assert socket.close_code == 1000

    asyncio.run(talk())
