"""Middleware around handlers: `use` on the file, a service and a route."""

import pytest

from harness.cli import switchyard
from harness.frames import handshake
from harness.gateway import Gateway
from harness.topics import hears, sockets

CONFIG = """
use: { headers: { add: { X-Step: file }, set: { Server-Mark: yard } } }
services:
  default:
    use: [headers: { add: { X-Step: service } }]
    routes:
      - path: /all
        handler: echo.http
        with: { text: "hello" }
        use: [headers: { add: { X-Step: route } }, headers: { set: { Content-Type: text/odd }, remove: [X-Gone] }]
      - { path: /some, handler: echo.http, with: { text: "some" } }
      - { path: /sum, methods: [POST], handler: add.sum }
    channels:
      - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
"""


def steps(answer) -> list[str]:
    return [value for name, value in answer.headers if name == "X-Step"]


def test_responses_pass_from_the_inside_out(gateway):
    answer = gateway.get("/all")
    assert (answer.status, answer.body) == (200, b"hello")
    assert steps(answer) == ["route", "service", "file"]
    assert answer.header("Content-Type") == "text/odd"
    assert answer.header("Server-Mark") == "yard"
    assert steps(gateway.get("/some")) == ["service", "file"]


@pytest.mark.parametrize("method, target, body, status", [
    ("HEAD", "/all", None, 200), ("POST", "/sum", b'{"a":1,"b":2}', 200), ("POST", "/sum", b"nonsense", 400),
])
def test_whatever_the_handler_answers(gateway, method, target, body, status):
    answer = gateway.request(method, target, body)
    assert answer.status == status
    assert steps(answer)[-2:] == ["service", "file"]


def test_pipelined_requests_keep_their_order(gateway):
    with gateway.connect() as client:
        one = b"GET /all HTTP/1.1\r\nHost: x\r\n\r\n"
        two = b"GET /some HTTP/1.1\r\nHost: x\r\n\r\n"
        client.send((one + two) * 20)
        bodies = [client.answer().body for _ in range(40)]
        assert bodies == [b"hello", b"some"] * 20


def test_sockets(gateway):
    """A refusal passes the steps; a socket is none of their business."""
    with sockets(gateway, "/ws/room") as (socket,):
        socket.send("hi")
        hears(socket, "hi")
    refused = handshake(gateway, "/ws/%3E")
    assert refused.status == 400
    assert steps(refused) == ["service", "file"]


def test_a_reload_that_changes_the_steps_closes_sockets():
    with Gateway(CONFIG) as gateway, sockets(gateway, "/ws/room") as (socket,):
        gateway.reload(CONFIG.replace("X-Step: route", "X-Step: way"))
        socket.send("still here")
        hears(socket, "still here")
        assert steps(gateway.get("/all"))[0] == "way"
        gateway.reload(CONFIG.replace("X-Step: service", "X-Step: guard"))
        with pytest.raises(Exception) as closed:
            socket.recv(20)
        assert closed.value.rcvd.code == 1012
        assert steps(gateway.get("/some")) == ["guard", "file"]


def test_routes_and_explain_tell(tmp_path):
    (tmp_path / "routes.yaml").write_text(CONFIG)
    assert "headers > headers > headers > headers > echo.http" in switchyard("routes", cwd=tmp_path).stdout
    explained = switchyard("explain", "GET", "http://x/some", "--format", "json", cwd=tmp_path)
    assert '"use":["headers","headers"]' in explained.stdout.replace(" ", "")


@pytest.mark.parametrize("step, complaint", [
    ("headers", "this changes nothing"), ("headers: { set: { Date: now } }", "the gateway's own"),
    ("headers: { add: { 'a b': c } }", "not the name of a header field"),
    ("headers: { add: { a: 'x\\ny' } }".replace("'", '"'), "control characters"),
    ("heeders", "did you mean 'headers'"), ("add.sum", "cannot stand under 'use'"),
])
def test_what_is_wrong_is_told_once_with_its_place(tmp_path, step, complaint):
    (tmp_path / "routes.yaml").write_text(
        f"use: [{step}]\nroutes:\n  - {{ path: /a, handler: echo.http, with: {{ text: a }} }}\n"
        "  - { path: /b, handler: echo.http, with: { text: b } }\n")
    checked = switchyard("check", cwd=tmp_path)
    assert checked.status == 1
    assert complaint in checked.stderr
    assert checked.stderr.count("error: ") == 1
    assert "routes.yaml:1:" in checked.stderr
