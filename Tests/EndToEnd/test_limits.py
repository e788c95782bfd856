"""Sizes and times that routes.yaml sets."""

import time

import pytest

from harness.gateway import Gateway

ROUTE = 'routes: [{ path: "/{rest...}", handler: echo.http }]\n'


@pytest.fixture(scope="module")
def impatient():
    """Every time-out is a second."""
    config = ROUTE + "timeouts: { header: 1s, body: 1s, idle: 1s }\n"
    with Gateway(config) as gateway:
        yield gateway


def test_a_slow_head(impatient):
    with impatient.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        assert client.answer().status == 408
        assert client.is_closed()


def test_a_head_that_drips_does_not_win_time(impatient):
    begun = time.monotonic()
    with impatient.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        client.socket.settimeout(0.2)
        while time.monotonic() - begun < 15:
            try:
                client.send(b"X: y\r\n")
                if not client.more() or b"408" in client.buffer:
                    return
            except TimeoutError:
                continue
            except (ConnectionError, BrokenPipeError):
                return
    raise AssertionError("a head of 15 seconds was accepted, with a limit of 1")


def test_a_connection_that_says_nothing(impatient):
    with impatient.connect() as client:
        assert client.rest() == b""


def test_an_idle_connection(impatient):
    with impatient.connect() as client:
        assert client.request("GET", "/").status == 200
        assert client.is_closed()


@pytest.mark.parametrize("already", [0, 3, 200_000])
def test_a_body_that_stalls(impatient, already):
    """However much has come before."""
    with impatient.connect() as client:
        client.send(client.head("POST", "/", [("Content-Length", "1000000")]) + b"x" * already)
        answer = client.answer()
        assert answer.status == 408 and answer.closes
        assert client.is_closed()


def test_a_chunked_body_that_stalls(impatient):
    with impatient.connect() as client:
        client.send(client.head("POST", "/", [("Transfer-Encoding", "chunked")]) + b"3\r\nabc\r\n1")
        assert client.answer().status == 408


def test_a_body_that_comes_slowly_but_steadily(impatient):
    """Longer than the time for one piece, faster than 1 KB a second."""
    pieces = [bytes([letter]) * 2048 for letter in b"steadily"]
    with impatient.connect() as client:
        client.send(client.head("POST", "/", [("Content-Length", str(8 * 2048))]))
        for piece in pieces:
            time.sleep(0.3)
            client.send(piece)
        assert client.answer().json["body"].encode() == b"".join(pieces)


def test_a_body_that_drips_does_not_hold_a_connection(impatient):
    begun = time.monotonic()
    with impatient.connect() as client:
        client.send(client.head("POST", "/", [("Content-Length", "1000000")]))
        client.socket.settimeout(0.2)
        while time.monotonic() - begun < 15:
            try:
                client.send(b"x")
                client.more()
            except TimeoutError:
                continue
            except ConnectionError:
                return
            if b" 408 " in client.buffer:
                return
    raise AssertionError("a byte now and then held the connection for 15 seconds")


@pytest.mark.parametrize("scope", ["service", "route"])
def test_body_time_of_a_service_and_of_a_route(scope):
    timeouts = "timeouts: { body: 1s }"
    config = {
        "service": "services:\n  default:\n    %s\n    routes: [{ path: /, handler: echo.http }]\n" % timeouts,
        "route": "routes: [{ path: /, handler: echo.http, %s }]\n" % timeouts,
    }[scope]
    with Gateway(config) as gateway, gateway.connect(patience=15) as client:
        client.send(client.head("POST", "/", [("Content-Length", "5")]) + b"x")
        assert client.answer().status == 408


def test_large_heads():
    with Gateway(ROUTE + "limits: { head: 4KB }\n") as gateway:
        def status(size: int) -> int:
            with gateway.connect() as client:
                head = client.head("GET", "/", [("X", "")])
                answer = client.request("GET", "/", headers=[("X", "x" * (size - len(head)))])
                if answer.status != 200:
                    assert answer.json["error"]["code"] == 431 and answer.closes and client.is_closed()
                return answer.status
        assert status(4096) == 200
        assert status(4097) == 431
        assert status(100_000) == 431


def test_default_head_limit():
    with Gateway(ROUTE) as gateway:
        assert gateway.get("/", [("X", "x" * 16_000)]).status == 200
        assert gateway.get("/", [("X", "x" * 17_000)]).status == 431
        assert gateway.get("/?" + "x" * 20_000).status in (414, 431)
        many = [(f"X-{number}", "") for number in range(5000)]
        assert gateway.get("/", many).status == 431


def test_a_head_without_end_is_not_kept():
    with Gateway(ROUTE) as gateway, gateway.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000)
        assert client.answer().status == 431
        assert client.is_closed()


def test_body_limits_of_route_service_and_file():
    config = """
limits: { body: 300 }
services:
  default:
    limits: { body: 200 }
    routes:
      - { path: /route, handler: echo.http, limits: { body: 100 } }
      - { path: /service, handler: echo.http }
  other:
    routes:
      - { path: /file, handler: echo.http }
dispatch:
  - { url: "*/file", service: other }
"""
    with Gateway(config) as gateway:
        for path, limit in [("/route", 100), ("/service", 200), ("/file", 300)]:
            assert gateway.post(path, b"x" * limit).status == 200, path
            assert gateway.post(path, b"x" * (limit + 1)).status == 413, path


def test_limit_of_connections():
    with Gateway(ROUTE + "limits: { connections: 3 }\n", ready=False) as gateway:
        clients = [gateway.connect() for _ in range(3)]
        for client in clients:
            assert client.request("GET", "/").status == 200
        with gateway.connect(patience=3) as extra:
            extra.send(extra.head("GET", "/"))
            try:
                while extra.more():
                    pass
            except (TimeoutError, ConnectionError):
                pass
            assert b"200 OK" not in extra.buffer
        for client in clients:
            assert client.request("GET", "/").status == 200
        for client in clients:
            client.close()
        gateway.wait_ready()


def test_limits_of_line_and_fields():
    with Gateway(ROUTE + "limits: { line: 200, fields: 5 }\n") as gateway:
        assert gateway.get("/?" + "x" * 150).status == 200
        assert gateway.get("/?" + "x" * 250).status == 414
        few = [(f"X-{number}", "") for number in range(3)]
        assert gateway.get("/", few).status == 200
        assert gateway.get("/", few * 2).status == 431
