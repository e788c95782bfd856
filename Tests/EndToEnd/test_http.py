"""HTTP/1.1 as clients see it: order, framing, and the gateway's own answers."""

import random
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest

from harness.errors import assert_own_error
from harness.gateway import Gateway
from harness.http import echoed

CONFIG = """
routes:
  - { path: /hello, methods: [GET], handler: echo.http, with: { text: "hello\\n" } }
  - { path: "/echo/{rest...}", handler: echo.http }
channels:
  - { path: /socket, handler: echo.channel }
"""


# One connection, many requests

def test_keep_alive(client):
    for number in range(100):
        assert echoed(client.request("GET", f"/echo/{number}"))["path"] == f"/echo/{number}"


def test_a_response_in_full(client):
    answer = client.request("GET", "/hello")
    assert (answer.version, answer.status, answer.reason) == ("HTTP/1.1", 200, "OK")
    assert answer.body == b"hello\n"
    assert answer.header("Content-Length") == "6"
    assert answer.header("Content-Type").startswith("text/plain")
    assert answer.header("Connection") is None


def test_date(client):
    date = client.request("GET", "/hello").header("Date")
    assert date.endswith(" GMT") and len(date) == 29
    assert abs(parsedate_to_datetime(date) - datetime.now(timezone.utc)) < timedelta(seconds=30)


def test_pipelined_requests_are_answered_in_order(client):
    count = 500
    client.send(b"".join(client.head("GET", f"/echo/{number}") for number in range(count)))
    for number in range(count):
        assert echoed(client.answer())["path"] == f"/echo/{number}"


def test_pipelined_requests_of_every_kind(client):
    wanted = []
    for number in range(200):
        kind = number % 5
        if kind == 0:
            client.send(client.head("GET", f"/echo/{number}"))
            wanted.append(("GET", 200, f"/echo/{number}"))
        elif kind == 1:
            client.send(client.head("POST", f"/echo/{number}", [("Content-Length", "3")]) + b"abc")
            wanted.append(("POST", 200, f"/echo/{number}"))
        elif kind == 2:
            client.send(client.head("POST", f"/echo/{number}", [("Transfer-Encoding", "chunked")])
                        + b"3\r\nabc\r\n0\r\n\r\n")
            wanted.append(("POST", 200, f"/echo/{number}"))
        elif kind == 3:
            client.send(client.head("HEAD", "/hello"))
            wanted.append(("HEAD", 200, None))
        else:
            client.send(client.head("GET", "/nowhere"))
            wanted.append(("GET", 404, None))
    for method, status, path in wanted:
        answer = client.answer(method)
        assert answer.status == status
        if path:
            assert echoed(answer)["path"] == path
            assert answer.json["body"] == ("abc" if method == "POST" else "")


def test_one_byte_at_a_time(client):
    client.drip(client.head("POST", "/echo/drip", [("Content-Length", "5")]) + b"hello")
    assert echoed(client.answer())["body"] == "hello"
    client.drip(client.head("POST", "/echo/drip", [("Transfer-Encoding", "chunked")])
                + b"2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nTrailer: x\r\n\r\n")
    assert echoed(client.answer())["body"] == "hello"


@pytest.mark.parametrize("seed", range(5))
def test_segments_cut_anywhere(client, seed):
    chance = random.Random(seed)
    stream = b"".join(
        client.head("POST", f"/echo/{number}", [("Content-Length", "10")]) + b"0123456789" for number in range(50))
    while stream:
        size = chance.randrange(1, 300)
        client.send(stream[:size])
        stream = stream[size:]
    for number in range(50):
        answer = echoed(client.answer())
        assert (answer["path"], answer["body"]) == (f"/echo/{number}", "0123456789")


def test_connection_close(client):
    answer = client.request("GET", "/hello", headers=[("Connection", "close")])
    assert answer.closes and client.is_closed()


def test_what_follows_connection_close_is_not_answered(client):
    client.send(client.head("GET", "/hello", [("Connection", "close")]) + client.head("GET", "/echo/late"))
    assert client.answer().body == b"hello\n"
    assert client.is_closed()


def test_http_1_0(client):
    client.send(b"GET /hello HTTP/1.0\r\n\r\n")
    answer = client.answer()
    assert (answer.status, answer.body) == (200, b"hello\n")
    assert answer.header("Transfer-Encoding") is None
    assert client.is_closed()


def test_http_1_0_keep_alive(client):
    for _ in range(3):
        client.send(b"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = client.answer()
        assert answer.header("Connection").lower() == "keep-alive" and answer.body == b"hello\n"


def test_absolute_target(gateway, client):
    answer = client.request("GET", f"http://{gateway.address}/echo/a?b=c")
    assert (echoed(answer)["path"], answer.json["query"]) == ("/echo/a", "b=c")


def test_query_and_parameters(client):
    answer = echoed(client.request("GET", "/echo/a%20b/c?x=%41&y&y="))
    assert answer["parameters"] == [["rest", "a b/c"]]
    assert answer["query"] == "x=%41&y&y="


def test_repeated_headers_keep_their_order(client):
    answer = echoed(client.request("GET", "/echo/", headers=[("X-A", "1"), ("x-b", "2"), ("X-A", " 3 \t")]))
    seen = [(name.lower(), value) for name, value in answer["headers"] if name.lower().startswith("x-")]
    assert seen == [("x-a", "1"), ("x-b", "2"), ("x-a", "3")]


# The gateway's own answers

@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nowhere", 404), ("POST", "/nowhere", 404), ("POST", "/hello", 405), ("GET", "/socket", 426),
    ("POST", "/socket", 426),
])
def test_own_errors(client, method, path, status):
    assert_own_error(client.request(method, path), status)
    assert client.request("GET", "/hello").status == 200


def test_request_ids_differ(client):
    ids = {client.request("GET", "/nowhere").json["requestId"] for _ in range(100)}
    assert len(ids) == 100


def test_own_errors_after_a_body(client):
    assert_own_error(client.request("POST", "/nowhere", b"x" * 100_000), 404)
    assert_own_error(client.request("POST", "/hello", b"GET /echo/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"), 405)
    assert client.request("GET", "/hello").body == b"hello\n"


def test_upgrade_required_says_to_what(client):
    answer = client.request("GET", "/socket")
    assert answer.header("Upgrade").lower() == "websocket"
    assert "upgrade" in answer.header("Connection").lower()


def test_allow(client):
    answer = client.request("DELETE", "/hello")
    assert {word.strip() for word in answer.header("Allow").split(",")} == {"GET", "HEAD", "OPTIONS"}


def test_head_comes_with_get(client):
    answer = client.request("HEAD", "/hello")
    assert (answer.status, answer.header("Content-Length"), answer.body) == (200, "6", b"")
    assert client.request("GET", "/hello").body == b"hello\n"


def test_head_of_an_error_has_no_body(client):
    assert client.request("HEAD", "/nowhere").status == 404
    assert client.request("GET", "/hello").body == b"hello\n"


def test_options(client):
    answer = client.request("OPTIONS", "/hello")
    assert (answer.status, answer.body) == (204, b"")
    assert "GET" in answer.header("Allow")
    assert client.request("OPTIONS", "*").status == 204


@pytest.mark.parametrize("path, location", [
    ("/a/../hello", "/hello"), ("/./hello?x=1", "/hello?x=1"), ("/%2e%2E/hello", "/hello"), ("/a/b/../..", "/"),
    ("//evil.example/a/..", "/evil.example"), ("/..//evil.example", "/evil.example"),
])
def test_dot_segments_are_redirected(client, path, location):
    """As App Engine does; never to another host."""
    answer = client.request("GET", path)
    assert (answer.status, answer.header("Location")) == (302, location)


@pytest.mark.parametrize("path", ["//hello", "/hello/", "/hello//", "/Hello", "/hello%2F", "/hello%00"])
def test_paths_that_are_other_paths(client, path):
    assert client.request("GET", path).status == 404


def test_health_takes_precedence_over_a_catch_all():
    with Gateway('routes: [{ path: "/{rest...}", handler: echo.http, with: { text: mine } }]') as gateway:
        assert gateway.get("/healthz").body != b"mine"
        assert gateway.get("/readyz").body != b"mine"
        assert gateway.get("/other").body == b"mine"


def test_health_moved_and_off():
    routes = 'routes: [{ path: "/{rest...}", handler: echo.http, with: { text: mine } }]\n'
    with Gateway(routes + "health: { live: /live, ready: /ready }", ready=False) as gateway:
        assert gateway.get("/live").body != b"mine" and gateway.get("/ready").status == 200
        assert gateway.get("/healthz").body == b"mine" and gateway.get("/readyz").body == b"mine"
    with Gateway(routes + "health: off", ready=False) as gateway:
        assert gateway.get("/healthz").body == b"mine" and gateway.get("/readyz").body == b"mine"
