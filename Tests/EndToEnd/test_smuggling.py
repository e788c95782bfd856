"""Requests that two readers could understand differently: refused, and the connection closed.

Every row is followed by a second request on the same connection, which must never be answered.
RFC 9112 §2.2, §3, §5, §6, §7, §11.2 and RFC 9110 §5.5, §8.6.
"""

import pytest

from harness.gateway import Gateway

CONFIG = """
routes:
  - { path: "/{rest...}", handler: echo.http }
"""
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def get(*lines: bytes) -> bytes:
    return b"\r\n".join([b"GET / HTTP/1.1", b"Host: a", *lines, b"", b""])


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST / HTTP/1.1", b"Host: a", *lines, b"", b""]) + body


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", body=body)


LENGTHS = {
    "length and coding": (post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    "coding and length": (post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), 400),
    "coding and length 0": (post(b"Transfer-Encoding: chunked", b"Content-Length: 0", body=b"0\r\n\r\n"), 400),
    "two lengths": (post(b"Content-Length: 0", b"Content-Length: 3", body=b"abc"), 400),
    "the same length twice": (post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"), 400),
    "a list of lengths": (post(b"Content-Length: 3, 3", body=b"abc"), 400),
    "length +3": (post(b"Content-Length: +3", body=b"abc"), 400),
    "length -1": (post(b"Content-Length: -1"), 400),
    "length 0x3": (post(b"Content-Length: 0x3", body=b"abc"), 400),
    "length 3.0": (post(b"Content-Length: 3.0", body=b"abc"), 400),
    "length 1_0": (post(b"Content-Length: 1_0", body=b"0123456789"), 400),
    "length '3 3'": (post(b"Content-Length: 3 3", body=b"abc"), 400),
    "length empty": (post(b"Content-Length:"), 400),
    "length in Arabic digits": (post("Content-Length: ٣".encode(), body=b"abc"), 400),
    "length past 64 bits": (post(b"Content-Length: 18446744073709551616"), 413),
    "length past 63 bits": (post(b"Content-Length: 9223372036854775808"), 413),
    "length folded": (post(b"Content-Length:", b" 3", body=b"abc"), 400),
    "length with space before the colon": (post(b"Content-Length : 3", body=b"abc"), 400),
    "length with NUL": (post(b"Content-Length: 3\0", body=b"abc"), 400),
}

CODINGS = {
    "unknown coding": (post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), 400),
    "chunked with space before the colon": (post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"), 400),
    "chunked with tab before the colon": (post(b"Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"), 400),
    "space before chunked's name": (post(b" Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
    "chunked behind a vertical tab": (post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), 400),
    "chunked folded": (post(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n"), 400),
    "chunked in quotes": (post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"), 400),
    "chunked, identity": (post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"), 400),
    "chunked, then identity": (
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"), 400),
    "chunked twice": (post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), 400),
    "identity": (post(b"Transfer-Encoding: identity", b"Content-Length: 3", body=b"abc"), 400),
    "gzip alone": (post(b"Transfer-Encoding: gzip", body=b"0\r\n\r\n"), 400),
    "gzip, chunked": (post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), 501),
    "chunked with a comma": (post(b"Transfer-Encoding: chunked,", body=b"0\r\n\r\n"), 400),
    "coding empty": (post(b"Transfer-Encoding:", body=b"0\r\n\r\n"), 400),
    "coding in HTTP/1.0": (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "coding and keep-alive in HTTP/1.0": (
        b"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
}

LINES = {
    "bare LF behind the request line": (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
    "bare LF behind a field": (b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400),
    "bare LF at the end": (b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400),
    "bare LF everywhere": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "bare CR behind the request line": (b"GET / HTTP/1.1\rHost: a\r\n\r\n", 400),
    "bare CR in a value": (get(b"X: a\rb"), 400),
    "bare CR in a value that hides a field": (get(b"X: a\rContent-Length: 5"), 400),
    "CR CR LF": (b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400),
    "folding": (get(b"X: a", b" b"), 400),
    "folding with a tab": (get(b"X: a", b"\tb"), 400),
    "folding in the first line": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "a line without colon": (get(b"X"), 400),
    "a colon first": (get(b": x"), 400),
    "space in a name": (get(b"X Y: z"), 400),
    "space before a colon": (get(b"X : y"), 400),
    "NUL in a name": (get(b"X\0: y"), 400),
    "NUL in a value": (get(b"X: y\0z"), 400),
    "DEL in a value": (get(b"X: y\x7fz"), 400),
    "a high byte in a name": (get(b"X\xe9: y"), 400),
    "parentheses in a name": (get(b"X(1): y"), 400),
    "two empty lines before": (b"\r\n\r\n" + get(), 400),
    "an LF before": (b"\n" + get(), 400),
    "a space before": (b" " + get(), 400),
}

REQUEST_LINES = {
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "two spaces before the version": (b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a space behind": (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    "a tab": (b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a space in the target": (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a version twice": (b"GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "NUL in the target": (b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a high byte in the target": (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a fragment": (b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a relative target": (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a star with GET": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n", 400),
    "no version": (b"GET /\r\nHost: a\r\n\r\n", 400),
    "HTTP/1.10": (b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    "HTTP/1": (b"GET / HTTP/1\r\nHost: a\r\n\r\n", 400),
    "http/1.1": (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    "HTTP/3.0": (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    "a method in quotes": (b'"GET" / HTTP/1.1\r\nHost: a\r\n\r\n', 400),
    "a method with a colon": (b"GE:T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(32)), 400),
}

HOSTS = {
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "the same Host twice": (b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400),
    "two Hosts in HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "an empty Host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "a list of hosts": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a path in Host": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "a user in Host": (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    "a port that is none": (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
    "a port too large": (b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400),
    "Host with space before the colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "absolute target, no Host": (b"GET http://a/ HTTP/1.1\r\n\r\n", 400),
    "absolute target with a user": (b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "absolute target without host": (b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
}

CHUNKS = {
    "size in another base": (chunked(b"0x3\r\nabc\r\n0\r\n\r\n"), 400),
    "size +3": (chunked(b"+3\r\nabc\r\n0\r\n\r\n"), 400),
    "size -3": (chunked(b"-3\r\nabc\r\n0\r\n\r\n"), 400),
    "size empty": (chunked(b"\r\nabc\r\n0\r\n\r\n"), 400),
    "size of no digits": (chunked(b"xyz\r\nabc\r\n0\r\n\r\n"), 400),
    "size with a space before": (chunked(b" 3\r\nabc\r\n0\r\n\r\n"), 400),
    "size with a space behind": (chunked(b"3 \r\nabc\r\n0\r\n\r\n"), 400),
    "size with an underscore": (chunked(b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n"), 400),
    "size past 64 bits": (chunked(b"10000000000000003\r\nabc\r\n0\r\n\r\n"), 413),
    "size of many zeros": (chunked(b"0" * 100 + b"3\r\nabc\r\n0\r\n\r\n"), 400),
    "bare LF behind a size": (chunked(b"3\nabc\r\n0\r\n\r\n"), 400),
    "bare CR behind a size": (chunked(b"3\rabc\r\n0\r\n\r\n"), 400),
    "bare LF behind the data": (chunked(b"3\r\nabc\n0\r\n\r\n"), 400),
    "data longer than said": (chunked(b"3\r\nabcd\r\n0\r\n\r\n"), 400),
    "data shorter than said": (chunked(b"5\r\nabc\r\n0\r\n\r\n"), 400),
    "bare LF in an extension": (chunked(b"3;a\nb\r\nabc\r\n0\r\n\r\n"), 400),
    "bare CR in an extension": (chunked(b"3;a\rb\r\nabc\r\n0\r\n\r\n"), 400),
    "bare LF in a quoted extension": (chunked(b'3;a="\n"\r\nabc\r\n0\r\n\r\n'), 400),
    "an endless extension": (chunked(b"3;" + b"a" * 20_000), 400),
    "bare LF behind the last size": (chunked(b"0\n\r\n"), 400),
    "bare LF at the end": (chunked(b"0\r\n\n"), 400),
    "trailer with space before the colon": (chunked(b"0\r\nX : y\r\n\r\n"), 400),
    "trailer folded": (chunked(b"0\r\nX: y\r\n z\r\n\r\n"), 400),
    "trailer without colon": (chunked(b"0\r\nGET / HTTP/1.1\r\n\r\n"), 400),
}


ROWS = {**LENGTHS, **CODINGS, **LINES, **{f"request line: {k}": v for k, v in REQUEST_LINES.items()}, **HOSTS,
        **{f"chunk: {k}": v for k, v in CHUNKS.items()}}


def assert_refused(client, status: int) -> None:
    answer = client.answer()
    assert answer.status == status, answer
    assert answer.closes
    assert answer.json["error"]["code"] == status
    assert client.rest() == b"", "something was answered behind the refusal"


@pytest.mark.parametrize("name", ROWS)
def test_refused(gateway, name):
    request, status = ROWS[name]
    with gateway.connect() as client:
        client.send(request + SMUGGLED)
        assert_refused(client, status)


@pytest.mark.parametrize("name", ROWS)
def test_refused_byte_by_byte_behind_a_good_request(gateway, name):
    """However it is cut into segments, and whatever came before."""
    request, status = ROWS[name]
    with gateway.connect() as client:
        client.send(get())
        assert client.answer().status == 200
        try:
            if len(request) < 1000:
                client.drip(request)
            else:
                client.send(request)
            client.send(SMUGGLED)
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert_refused(client, status)


@pytest.mark.parametrize("name, request_bytes, body", [
    ("a body that is a request", post(b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED), SMUGGLED.decode()),
    ("a chunk that is a request", chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)), SMUGGLED.decode()),
    ("GET with a body", get(b"Content-Length: %d" % len(SMUGGLED)) + SMUGGLED, SMUGGLED.decode()),
    ("chunk data that looks like an end", chunked(b"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"), "\r\n0\r\n\r\n"),
    ("trailers that would frame", chunked(b"0\r\nContent-Length: 50\r\nTransfer-Encoding: x\r\n\r\n"), ""),
    ("another name than Content-Length", post(b"Content_Length: 50", b"Content-Length: 0"), ""),
])
def test_accepted_and_framed_rightly(gateway, name, request_bytes, body):
    with gateway.connect() as client:
        client.send(request_bytes + get())
        first, second = client.answer(), client.answer()
        assert (first.status, first.json["body"]) == (200, body)
        assert (second.status, second.json["path"], second.json["body"]) == (200, "/", "")


def test_an_upgrade_nobody_offers_is_an_ordinary_request(gateway):
    with gateway.connect() as client:
        client.send(get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"))
        assert client.answer().status == 200
        assert client.request("GET", "/next").json["path"] == "/next"


def test_a_failed_handshake_does_not_turn_the_rest_into_frames():
    """What follows a refused upgrade is the next request."""
    with Gateway('channels: [{ path: /ws, handler: echo.channel, origins: ["https://a.example"] }]') as gateway:
        with gateway.connect() as client:
            client.send(client.head("GET", "/ws", [
                ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Origin", "https://evil.example")]) + get())
            assert client.answer().status == 403
            assert client.answer().status == 404


def test_header_values_do_not_reach_a_response(gateway):
    """No CR LF of a request, escaped or not, makes a header of a redirect."""
    with gateway.connect() as client:
        answer = client.request("GET", "/a/../%0d%0aSet-Cookie:%20x/b?%0d%0aX:y")
        assert answer.status == 302
        assert answer.header("Set-Cookie") is None
        assert "\r" not in answer.header("Location") and "%0d%0a" in answer.header("Location").lower()
