"""Request bodies: by length, in chunks, past the limit, and behind an expectation."""

import random

import pytest

from harness.errors import assert_own_error
from harness.http import echoed

CONFIG = """
limits: { body: 3MB }
routes:
  - { path: /hello, methods: [GET], handler: echo.http, with: { text: "hello\\n" } }
  - { path: "/echo/{rest...}", handler: echo.http }
  - { path: /small, handler: echo.http, limits: { body: 1KB } }
"""


@pytest.mark.parametrize("size", [0, 1, 15, 16, 4095, 4096, 65_535, 65_536, 65_537, 1_000_000, 3 << 20])
def test_bodies_up_to_the_limit(client, size):
    body = random.Random(size).randbytes(size // 2 + 1).hex().encode()[:size]
    assert echoed(client.request("POST", "/echo/", body))["body"].encode() == body
    assert client.request("GET", "/hello").status == 200


@pytest.mark.parametrize("chunk", [1, 7, 1024, 100_000])
def test_chunked_bodies(client, chunk):
    body = random.Random(chunk).randbytes(min(chunk * 300, 150_000)).hex().encode()
    client.send(client.head("POST", "/echo/", [("Transfer-Encoding", "chunked")]))
    client.send(b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + chunk]), body[at:at + chunk])
                         for at in range(0, len(body), chunk)) + b"0\r\n\r\n")
    assert echoed(client.answer())["body"].encode() == body
    assert client.request("GET", "/hello").status == 200


def test_chunk_extensions_and_trailers_are_passed_over(client):
    client.send(client.head("POST", "/echo/", [("Transfer-Encoding", "chunked")])
                + b'3;name="a;b"\r\nabc\r\n0;last\r\nX-Trailer: 1\r\nContent-Length: 99\r\n\r\n')
    answer = echoed(client.answer())
    assert answer["body"] == "abc"
    assert "content-length" not in [name.lower() for name, _ in answer["headers"]]
    assert client.request("GET", "/hello").status == 200


@pytest.mark.parametrize("path, size", [("/small", 1025), ("/echo/", (3 << 20) + 1), ("/small", 1 << 40)])
def test_a_length_past_the_limit(client, path, size):
    client.send(client.head("POST", path, [("Content-Length", str(size))]))
    answer = client.answer()
    assert_own_error(answer, 413)
    assert answer.closes and client.is_closed()


def test_a_chunked_body_past_the_limit(client):
    client.send(client.head("POST", "/small", [("Transfer-Encoding", "chunked")]) + b"200\r\n" + b"x" * 512 + b"\r\n")
    client.send(b"201\r\n" + b"x" * 513 + b"\r\n0\r\n\r\n")
    answer = client.answer()
    assert_own_error(answer, 413)
    assert answer.closes and client.is_closed()


def test_a_client_that_sends_all_of_a_refused_body_still_reads_the_answer(client):
    client.send(client.head("POST", "/small", [("Content-Length", "1000000")]) + b"x" * 1_000_000)
    assert_own_error(client.answer(), 413)


# Expect: 100-continue

EXPECT = ("Expect", "100-continue")


def test_expectation_is_met(client):
    client.send(client.head("POST", "/echo/", [("Content-Length", "5"), EXPECT]))
    interim = client.answer()
    assert (interim.status, interim.headers) == (100, [])
    client.send(b"hello")
    assert echoed(client.answer())["body"] == "hello"
    assert client.request("GET", "/hello").status == 200


def test_expectation_with_a_chunked_body(client):
    client.send(client.head("POST", "/echo/", [("Transfer-Encoding", "chunked"), EXPECT]))
    assert client.answer().status == 100
    client.send(b"5\r\nhello\r\n0\r\n\r\n")
    assert echoed(client.answer())["body"] == "hello"


@pytest.mark.parametrize("path, length, status", [("/nowhere", 5, 404), ("/hello", 5, 405), ("/small", 5000, 413)])
def test_expectation_is_not_met(client, path, length, status):
    client.send(client.head("POST", path, [("Content-Length", str(length)), EXPECT]))
    answer = client.answer()
    assert_own_error(answer, status)
    assert answer.closes and client.is_closed()


def test_another_expectation(client):
    client.send(client.head("POST", "/echo/", [("Content-Length", "5"), ("Expect", "pizza")]))
    assert_own_error(client.answer(), 417)


def test_expectation_in_http_1_0_is_ignored(client):
    client.send(b"POST /echo/ HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi")
    assert echoed(client.answer())["body"] == "hi"
