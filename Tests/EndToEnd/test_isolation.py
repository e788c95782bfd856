"""What one client does to its connection is never felt on another's."""

import re
import signal
import subprocess

from harness.gateway import Gateway
from harness.http import Client
from harness.paths import binary

CONFIG = """
routes:
  - { path: "/echo/{rest...}", handler: echo.http }
  - { path: /hello, handler: echo.http, with: { text: "hello\\n" } }
"""


def test_an_answer_to_a_client_that_reset_goes_to_nobody():
    """One read fills the buffer exactly and the next one fails: the answer gathered in between has no owner any more."""
    with Gateway(CONFIG, args=("--loops", "1")) as gateway:
        with gateway.connect() as other, gateway.connect() as leaving:
            other.request("GET", "/hello")
            leaving.request("GET", "/hello")
            for size in (2048, 4096, 1024):
                line = b"GET /echo/secret HTTP/1.1\r\nHost: x\r\nX-Pad: "
                gateway.signal(signal.SIGSTOP)
                with gateway.connect() as fresh:
                    fresh.send(line + b"p" * (size - len(line) - 4) + b"\r\n\r\n")
                    fresh.reset()
                other.send(other.head("GET", "/hello"))
                gateway.signal(signal.SIGCONT)
                assert other.answer().body == b"hello\n"


def test_connections_leave_no_memory_behind():
    with Gateway(CONFIG) as gateway:
        def turn():
            for _ in range(3000):
                gateway.get("/hello")
            return gateway.resident
        turn()
        first = turn()
        last = turn()
        assert last - first < 400 << 10, f"{(last - first) / 3000:.0f} bytes a connection"


def test_a_log_that_nobody_reads_does_not_hold_up_the_end(tmp_path):
    config = tmp_path / "routes.yaml"
    config.write_text(CONFIG)
    process = subprocess.Popen(
        [binary(), "run", str(config), "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        port = next(int(found[1]) for line in process.stderr if (found := re.search(rb"http://127.0.0.1:(\d+)$", line)))
        with Client("127.0.0.1", port) as client:
            # More lines than a pipe holds.
            for _ in range(2000):
                assert client.request("GET", "/hello").status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.communicate()
