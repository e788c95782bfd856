"""SIGTERM: nothing that is under way is lost, and the end comes in time."""

import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness.gateway import Gateway
from harness.paths import PATIENCE, binary, clean_environment
from harness.waiting import eventually

CONFIG = """
routes:
  - { path: /hello, handler: echo.http, with: { text: hello } }
  - { path: /echo, handler: echo.http }
  - { path: /sum, handler: add.sum }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
"""
FILES = {"public/large.bin": bytes(range(256)) * 80_000}
LARGE = FILES["public/large.bin"]
SITE = CONFIG.replace("routes:\n", """routes:
  - { path: "/files/{file...}", handler: site.files, with: { root: public } }
""")


def drain(gateway) -> None:
    """Begins the drain, and waits until it has begun."""
    gateway.stop(wait=False)
    gateway.stderr.wait_for("info: draining")


def refuses(gateway) -> bool:
    try:
        gateway.connect().close()
    except ConnectionRefusedError:
        return True
    return False


def half_a_post(gateway):
    client = gateway.connect()
    client.send(client.head("POST", "/echo", [("Content-Length", "10"), ("Expect", "100-continue")]))
    assert client.answer().status == 100
    client.send(b"01234")
    return client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_ends_at_once(number):
    with Gateway(CONFIG) as gateway:
        gateway.signal(number)
        assert gateway.wait() == 0
        assert "stopped" in gateway.stderr.text


def test_idle_connections_do_not_hold_it_up():
    with Gateway(CONFIG + "timeouts: { drain: 1h }\n") as gateway:
        clients = [gateway.connect() for _ in range(20)]
        for client in clients[:10]:
            assert client.request("GET", "/hello").status == 200
        gateway.stop(wait=False)
        for client in clients:
            assert client.rest() == b""
            client.close()
        assert gateway.wait() == 0


def test_no_more_connections_but_what_is_under_way_finishes():
    with Gateway(CONFIG) as gateway, half_a_post(gateway) as client:
        drain(gateway)
        eventually(lambda: refuses(gateway), "connections are refused")
        client.send(b"56789")
        answer = client.answer()
        assert answer.json["body"] == "0123456789"
        assert answer.closes and client.is_closed()
        client.close()
        assert gateway.wait() == 0


def test_a_download_by_a_slow_reader_finishes():
    with Gateway(SITE, files=FILES) as gateway:
        with gateway.connect(receive_buffer=8192) as client:
            client.send(client.head("GET", "/files/large.bin"))
            assert client.answer_head().status == 200
            drain(gateway)
            assert client.take(len(LARGE)) == LARGE
            assert client.is_closed()
        assert gateway.wait() == 0
        assert "cut=0" in gateway.stderr.text


def test_a_large_answer_to_a_slow_reader_finishes():
    """The answer is whole in the gateway's memory and most of it not yet in the kernel's."""
    text = "x" * (16 << 20)
    with Gateway(CONFIG) as gateway:
        with gateway.connect(receive_buffer=8192) as client:
            client.send(client.head("POST", "/echo", [("Content-Length", str(len(text)))]) + text.encode())
            head = client.answer_head()
            assert head.status == 200
            drain(gateway)
            time.sleep(4)
            assert len(client.take(int(head.header("Content-Length")))) > len(text)
            assert client.is_closed()
        assert gateway.wait() == 0


def test_pipelined_requests_behind_the_one_under_way():
    """Each is answered or the connection closes after a whole answer; nothing is cut in the middle."""
    with Gateway(CONFIG) as gateway, half_a_post(gateway) as client:
        drain(gateway)
        client.send(b"56789" + client.head("GET", "/hello") * 3)
        answer = client.answer()
        assert answer.json["body"] == "0123456789"
        while not answer.closes:
            answer = client.answer()
            assert answer.body == b"hello"
        assert client.is_closed()
        client.close()
        assert gateway.wait() == 0


def test_sockets_close_with_1001():
    with Gateway(CONFIG) as gateway, ExitStack() as stack:
        sockets = [stack.enter_context(connect(gateway.ws(f"/ws/{number % 3}"))) for number in range(30)]
        gateway.stop(wait=False)
        for socket in sockets:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=PATIENCE)
            assert closed.value.rcvd.code == 1001
        assert gateway.wait() == 0
        assert "cut=0" in gateway.stderr.text


def test_messages_published_before_the_end_arrive():
    with Gateway(CONFIG) as gateway:
        with connect(gateway.ws("/ws/add"), max_queue=None) as socket, gateway.connect() as publisher:
            publisher.send(b"".join(
                publisher.head("POST", "/sum", [("Content-Length", "12")]) + b'{"a":%6d}' % number
                for number in range(1000)))
            for _ in range(1000):
                assert publisher.answer().status == 200
            gateway.stop(wait=False)
            heard = []
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    heard.append(socket.recv(timeout=PATIENCE))
            assert closed.value.rcvd.code == 1001
            assert heard == [str(number) for number in range(1000)]
        assert gateway.wait() == 0


STUCK = {
    "a head": lambda client: client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\n"),
    "a body": lambda client: client.send(client.head("POST", "/echo", [("Content-Length", "10")]) + b"x"),
    "a download": lambda client: (client.send(client.head("GET", "/files/large.bin")), client.answer_head()),
    "a socket that never closes": lambda client: (client.send(client.head("GET", "/ws/a", [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])), client.answer_head()),
}


@pytest.mark.parametrize("how", STUCK)
def test_stuck_clients_are_cut_at_the_deadline(how):
    with Gateway(SITE + "timeouts: { drain: 1s }\n", files=FILES) as gateway:
        clients = [gateway.connect(receive_buffer=8192) for _ in range(3)]
        for client in clients:
            STUCK[how](client)
        assert gateway.get("/hello").status == 200
        begun = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - begun >= 0.5, "nobody was waited for"
        for client in clients:
            client.close()


def test_a_client_that_drips_does_not_hold_it_up():
    with Gateway(CONFIG + "timeouts: { drain: 1s }\n") as gateway, gateway.connect() as client:
        client.send(client.head("POST", "/echo", [("Content-Length", "1000000"), ("Expect", "100-continue")]))
        assert client.answer().status == 100
        gateway.stop(wait=False)
        deadline = time.monotonic() + PATIENCE
        while gateway.process.poll() is None and time.monotonic() < deadline:
            try:
                client.send(b"x")
            except ConnectionError:
                break
            time.sleep(0.05)
        assert gateway.wait() == 0


def test_a_second_signal_ends_it_at_once():
    with Gateway(CONFIG + "timeouts: { drain: 1h }\n") as gateway, half_a_post(gateway):
        drain(gateway)
        gateway.signal(signal.SIGTERM)
        assert gateway.wait() != 0


def test_not_ready_while_it_drains():
    with Gateway(CONFIG) as gateway, half_a_post(gateway) as busy:
        other = gateway.connect()
        # The half request comes in one segment with a whole one, whose answer tells that both have been read.
        other.send(other.head("GET", "/hello") + b"GET /readyz HTTP/1.1\r\nHost: a\r\n")
        assert other.answer().status == 200
        drain(gateway)
        other.send(b"\r\n")
        answer = other.answer()
        assert (answer.status, answer.closes) == (503, True)
        other.close()
        busy.send(b"56789")
        assert busy.answer().status == 200
        busy.close()
        assert gateway.wait() == 0


def test_a_hangup_while_it_drains_changes_nothing():
    with Gateway(CONFIG) as gateway, half_a_post(gateway) as client:
        drain(gateway)
        gateway.signal(signal.SIGHUP)
        client.send(b"56789")
        assert client.answer().status == 200
        client.close()
        assert gateway.wait() == 0


def test_the_last_lines_of_the_log_are_there():
    with Gateway(CONFIG) as gateway:
        with gateway.connect() as client:
            client.send(client.head("GET", "/hello") * 500)
            for _ in range(500):
                assert client.answer().status == 200
        gateway.stop()
        assert gateway.stdout.text.count('"GET /hello HTTP/1.1" 200') == 500


def no_longer_dies_of(process, number: int) -> bool:
    """Whether the gateway has said what a signal shall do: ignored or caught."""
    if Path(f"/proc/{process.pid}/exe").resolve() != binary():
        return False
    masks = dict(line.split(":\t") for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
                 if line.startswith(("SigIgn", "SigCgt")))
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks.values())


@pytest.mark.parametrize("_", range(20))
def test_a_signal_during_the_start_is_not_lost(tmp_path, _):
    """Sent in the moment in which the process takes charge of its signals, when a careless one ignores them."""
    (tmp_path / "routes.yaml").write_text(CONFIG)
    process = subprocess.Popen(
        [str(binary()), "run", "routes.yaml", "--listen", "127.0.0.1:0"], cwd=tmp_path, env=clean_environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 2
        while not no_longer_dies_of(process, signal.SIGTERM) and time.monotonic() < deadline:
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
