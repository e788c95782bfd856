"""Clients that end half of a connection, reset it, or take their time."""

import json
import random
import resource
import socket
import time

import pytest

from harness.gateway import Gateway
from harness.waiting import eventually

CONFIG = """
routes:
  - { path: /hello, handler: echo.http, with: { text: "hello\\n" } }
  - { path: "/echo/{rest...}", handler: echo.http }
  - { path: "/files/{file...}", handler: site.files, with: { root: public } }
"""
LARGE = random.Random(20).randbytes(20 << 20)
PAGE = b"x" * 50_000


@pytest.fixture(scope="module")
def gateway():
    with Gateway(CONFIG, files={"public/large.bin": LARGE, "public/page.txt": PAGE}) as gateway:
        yield gateway


# Half-closed

def test_a_client_that_ends_its_side_gets_its_answer(gateway):
    with gateway.connect() as client:
        client.send(client.head("GET", "/hello"))
        client.end()
        assert client.answer().body == b"hello\n"
        assert client.is_closed()


def test_a_client_that_ends_its_side_gets_all_its_answers(gateway):
    with gateway.connect() as client:
        client.send(client.head("GET", "/hello") * 100)
        client.end()
        for _ in range(100):
            assert client.answer().body == b"hello\n"
        assert client.is_closed()


def test_a_client_that_ends_its_side_gets_a_whole_file(gateway):
    with gateway.connect(receive_buffer=8192) as client:
        client.send(client.head("GET", "/files/large.bin"))
        client.end()
        assert client.answer().body == LARGE
        assert client.is_closed()


def test_a_client_that_ends_its_side_gets_a_whole_large_answer(gateway):
    """A body that is in memory, larger than all socket buffers, taken late."""
    text = "x" * (16 << 20)
    with gateway.connect(receive_buffer=8192) as client:
        client.send(client.head("POST", "/echo/", [("Content-Length", str(len(text)))]) + text.encode())
        client.end()
        time.sleep(0.5)
        assert json.loads(client.answer().body)["body"] == text
        assert client.is_closed()


def test_connection_close_waits_for_a_slow_reader(gateway):
    """The answer is larger than all socket buffers, and the reader rests longer than any lingering lasts."""
    text = "x" * (16 << 20)
    with gateway.connect(receive_buffer=8192) as client:
        client.send(client.head("POST", "/echo/", [("Content-Length", str(len(text))), ("Connection", "close")])
                    + text.encode())
        time.sleep(5)
        assert json.loads(client.answer().body)["body"] == text
        assert client.is_closed()


def test_connection_close_waits_for_a_slow_reader_of_a_file(gateway):
    with gateway.connect(receive_buffer=8192) as client:
        client.send(client.head("GET", "/files/large.bin", [("Connection", "close")]))
        assert client.take(len(LARGE) - (1 << 20))
        time.sleep(4)
        client.rest()


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET /hello HTTP/1.1\r\nHost: a\r\n", b"\r\n"])
def test_a_client_that_ends_in_a_head(gateway, sent):
    with gateway.connect() as client:
        client.send(sent)
        client.end()
        assert client.rest() == b""


def test_a_client_that_ends_in_a_body(gateway):
    with gateway.connect() as client:
        client.send(client.head("POST", "/echo/", [("Content-Length", "10")]) + b"abc")
        client.end()
        assert b"200 OK" not in client.rest()


# Resets

def test_resets_leave_nothing_behind(gateway):
    before = gateway.descriptors
    chance = random.Random(1)
    large = gateway.connect().head("GET", "/files/large.bin")
    post = gateway.connect().head("POST", "/echo/", [("Content-Length", "100000")])
    for _ in range(200):
        client = gateway.connect()
        client.send(chance.choice([b"", b"GET / HT", large, post, post + b"x" * 5000, b"\r\n"]))
        if chance.random() < 0.5:
            client.socket.settimeout(0.01)
            try:
                client.more()
            except TimeoutError:
                pass
        client.reset()
    eventually(lambda: gateway.descriptors <= before, f"descriptors are back at {before}")
    assert gateway.get("/hello").status == 200


# Taking one's time

def test_a_large_file(gateway):
    answer = gateway.get("/files/large.bin")
    assert answer.header("Content-Length") == str(len(LARGE))
    assert answer.body == LARGE


def test_a_large_file_to_a_slow_reader(gateway):
    """Others are served meanwhile, and the gateway holds only a part of the file."""
    with gateway.connect(receive_buffer=8192) as client:
        client.send(client.head("GET", "/files/large.bin"))
        head = client.answer_head()
        assert head.header("Content-Length") == str(len(LARGE))
        parts = []
        while (have := sum(map(len, parts))) < len(LARGE):
            parts.append(client.take(min(1 << 20, len(LARGE) - have)))
            assert gateway.get("/hello").status == 200
        assert b"".join(parts) == LARGE


def test_pipelined_large_files(gateway):
    with gateway.connect() as client:
        client.send(client.head("GET", "/files/large.bin") + client.head("GET", "/hello") * 2
                    + client.head("GET", "/files/large.bin"))
        assert client.answer().body == LARGE
        assert client.answer().body == client.answer().body == b"hello\n"
        assert client.answer().body == LARGE


def test_many_who_never_read_a_file_cost_little(gateway):
    before = gateway.resident
    clients = [gateway.connect(receive_buffer=4096) for _ in range(50)]
    for client in clients:
        client.send(client.head("GET", "/files/large.bin"))
    for client in clients:
        assert client.socket.recv(1, socket.MSG_PEEK)
    assert gateway.get("/hello").status == 200
    grown = gateway.resident - before
    for client in clients:
        client.reset()
    assert grown < 100 << 20, f"{grown >> 20} MB for 50 clients that do not read"


def test_pipelining_without_reading_is_bounded(gateway):
    """A client that asks 20,000 times for 50 KB and takes nothing must not make the gateway hold a gigabyte."""
    before = gateway.resident
    with gateway.connect(receive_buffer=4096) as client:
        requests = client.head("GET", "/files/page.txt") * 20_000
        client.socket.settimeout(3)
        try:
            client.send(requests)
        except TimeoutError:
            pass
        assert gateway.get("/hello").status == 200
        grown = gateway.resident - before
        assert grown < 100 << 20, f"{grown >> 20} MB for a client that does not read"
    assert gateway.get("/hello").status == 200


def test_pipelining_with_late_reading_loses_nothing(gateway):
    count = 400
    with gateway.connect(receive_buffer=4096) as client:
        client.send(client.head("GET", "/files/page.txt") * count)
        time.sleep(0.5)
        for _ in range(count):
            assert client.answer().body == PAGE


@pytest.mark.parametrize("seed", range(10))
def test_pipelining_at_any_pace(gateway, seed):
    """Reads now and then, stops, goes on; some leave in the middle. Whoever stays gets everything, in order."""
    chance = random.Random(seed)
    count = 300
    with gateway.connect(receive_buffer=chance.choice([2048, 8192, 65536])) as client:
        client.send(b"".join(client.head("POST", f"/echo/{number}", [("Content-Length", "4000")]) + PAGE[:4000]
                             if number % 7 == 0 else client.head("GET", "/files/page.txt") for number in range(count)))
        leaves_at = chance.randrange(2 * count)
        for number in range(count):
            if number == leaves_at:
                client.reset()
                break
            if chance.random() < 0.05:
                time.sleep(chance.random() * 0.05)
            answer = client.answer()
            if number % 7 == 0:
                assert answer.json["path"] == f"/echo/{number}"
            else:
                assert answer.body == PAGE
    assert gateway.get("/hello").status == 200


def test_running_out_of_descriptors():
    """Those who are connected are served, nobody spins, the log says why, and it passes."""
    with Gateway(CONFIG, files={"public/page.txt": PAGE}) as gateway:
        limit = gateway.descriptors + 10
        resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        clients = [gateway.connect() for _ in range(30)]
        assert clients[0].request("GET", "/hello").status == 200
        before = gateway.processor_time
        time.sleep(2)
        assert gateway.processor_time - before < 0.5, "it spins"
        gateway.stderr.wait_for("(?i)too many open files|descriptor")
        for client in clients:
            client.close()
        assert gateway.get("/hello").status == 200
