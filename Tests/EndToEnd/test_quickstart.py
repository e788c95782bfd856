"""The commands a newcomer tries first, on the repository's own routes.yaml."""

import subprocess
import sys

import pytest

from harness.paths import PATIENCE
from harness.output import Output


def run(*command: str) -> bytes:
    return subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE).stdout


@pytest.mark.parametrize("path, body, expected", [
    ("/api/add/sum", '{"a":1,"b":2}', b'{"apiVersion":"","data":{"res":3}}\n'),
    ("/api/add/concat", '{"a":"foo","b":"bar"}', b'{"apiVersion":"","data":{"res":"foobar"}}\n'),
])
def test_curl(demo, path, body, expected):
    assert run("curl", "-s", "-X", "POST", demo.url + path, "-d", body) == expected


class Chat:
    """`python3 -m websockets URL`, the interactive client."""

    def __init__(self, url: str):
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "websockets", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.output = Output(self.process.stdout)

    def __enter__(self):
        self.output.wait_for("Connected to")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def say(self, line: str) -> None:
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()


def test_results_arrive_on_the_socket(demo):
    with Chat(demo.ws("/ws/add")) as chat:
        run("curl", "-s", "-X", "POST", demo.url + "/api/add/sum", "-d", '{"a":1,"b":2}')
        chat.output.wait_for(r"< 3\b")
        run("curl", "-s", "-X", "POST", demo.url + "/api/add/concat", "-d", '{"a":"foo","b":"bar"}')
        chat.output.wait_for("< foobar")


def test_two_sockets_see_each_other(demo):
    with Chat(demo.ws("/ws/room")) as one, Chat(demo.ws("/ws/room")) as two:
        one.say("from the first")
        two.output.wait_for("< from the first")
        two.say("from the second")
        one.output.wait_for("< from the second")


def test_the_website(demo):
    answer = demo.get("/")
    assert answer.status == 200
    assert answer.header("Content-Type").startswith("text/html")
    assert answer.body.lower().startswith(b"<!doctype html>")


def test_health(demo):
    assert demo.get("/healthz").status == 200
    assert demo.get("/readyz").status == 200
