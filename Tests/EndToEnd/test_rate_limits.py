"""`limit.rate`: requests, handshakes and messages past a rate."""

import http.client

import pytest
from websockets.exceptions import ConnectionClosed

from harness.cli import switchyard
from harness.errors import assert_own_error
from harness.frames import HANDSHAKE, FrameClient, handshake
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.paths import PATIENCE
from harness.tokens import SECRET, Signer, bearer, soon
from harness.topics import hears, sockets

REQUESTS = f"""
routes:
  - {{ path: /address, handler: echo.http, use: [limit.rate: {{ requests: 3/h }}] }}
  - {{ path: /burst, handler: echo.http, use: [limit.rate: {{ requests: 1000/h, burst: 2 }}] }}
  - path: /identity
    handler: echo.http
    use: [auth.jwt: {{ secret: '{SECRET}' }}, limit.rate: {{ requests: 2/h, by: identity }}]
  - {{ path: /all, handler: echo.http, use: [limit.rate: {{ requests: 2/h, by: all }}] }}
  - {{ path: "/path/{{name}}", handler: echo.http, use: [limit.rate: {{ requests: 2/h, by: path }}] }}
  - {{ path: /sum, methods: [POST], handler: add.sum, use: [limit.rate: {{ requests: 1/h }}] }}
channels:
  - {{ path: /ws, handler: echo.channel, use: [limit.rate: {{ requests: 2/h }}] }}
"""


@pytest.fixture
def gateway():
    with Gateway(REQUESTS) as gateway:
        yield gateway


def statuses(gateway, path: str, count: int, headers=()) -> list[int]:
    return [gateway.get(path, headers).status for _ in range(count)]


def from_elsewhere(gateway, path: str) -> int:
    """The status for a client with another address."""
    connection = http.client.HTTPConnection(
        gateway.host, gateway.port, timeout=PATIENCE, source_address=("127.0.0.2", 0))
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def test_requests_of_an_address(gateway):
    assert statuses(gateway, "/address", 5) == [200, 200, 200, 429, 429]
    refused = gateway.get("/address")
    assert_own_error(refused, 429)
    assert 1100 < int(refused.header("Retry-After")) <= 1200
    assert from_elsewhere(gateway, "/address") == 200
    # Others are not concerned.
    assert statuses(gateway, "/burst", 3) == [200, 200, 429]
    assert int(gateway.get("/burst").header("Retry-After")) <= 4


def test_requests_on_one_connection(gateway):
    with gateway.connect() as client:
        client.send(client.head("GET", "/address") * 6)
        assert [client.answer().status for _ in range(6)] == [200] * 3 + [429] * 3


def test_a_body_is_not_waited_for(gateway):
    assert gateway.post("/sum", '{"a":1,"b":2}').status == 200
    with gateway.connect() as client:
        client.send(client.head("POST", "/sum", [("Content-Length", "1000000"), ("Expect", "100-continue")]))
        assert client.answer().status == 429


def test_requests_of_an_identity(gateway):
    def token(name):
        return bearer(Signer("HS256").token(sub=name, exp=soon()))
    assert statuses(gateway, "/identity", 3, token("ada")) == [200, 200, 429]
    assert statuses(gateway, "/identity", 3, token("bob")) == [200, 200, 429]
    assert statuses(gateway, "/identity", 1) == [401]


def test_requests_of_all_and_of_a_path(gateway):
    assert gateway.get("/all").status == 200
    assert from_elsewhere(gateway, "/all") == 200
    assert from_elsewhere(gateway, "/all") == 429
    assert statuses(gateway, "/path/a", 3) == [200, 200, 429]
    assert statuses(gateway, "/path/%61?x", 1) == [429]
    assert statuses(gateway, "/path/b", 1) == [200]


def test_handshakes(gateway):
    with sockets(gateway, "/ws", "/ws") as (one, two):
        refused = handshake(gateway, "/ws")
        assert refused.status == 429 and refused.header("Retry-After")
        # Open sockets stay.
        one.send("hello")
        hears(one, "hello")


def test_a_reload_forgets_nothing():
    config = REQUESTS
    with Gateway(config) as gateway:
        assert statuses(gateway, "/address", 4) == [200, 200, 200, 429]
        gateway.reload(config.replace("path: /burst", "path: /bursts"))
        assert statuses(gateway, "/address", 1) == [429]


# Messages

MESSAGES = """
channels:
  - { path: /close, handler: echo.channel, use: [limit.rate: { messages: 3/h }] }
  - { path: /drop, handler: echo.channel, use: [limit.rate: { messages: 3/h, excess: drop }] }
  - { path: /address, handler: echo.channel, use: [limit.rate: { messages: 3/h, by: address }] }
  - { path: "/path/{name}", handler: echo.channel, use: [limit.rate: { messages: 3/h, by: path, excess: drop }] }
  - path: "/bridge/{topic}"
    handler: nats.bridge
    with: { subject: "{topic}" }
    use: [limit.rate: { messages: 3/h, excess: drop }, limit.rate: { messages: 5/h, by: all }]
"""


@pytest.fixture
def messages():
    with Gateway(MESSAGES) as gateway:
        yield gateway


def closes_with(socket, code: int) -> None:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(PATIENCE)
    assert closed.value.rcvd.code == code


def is_silent(socket) -> bool:
    """Nothing was sent that is not read, up to the answer to a ping."""
    assert socket.ping().wait(PATIENCE)
    try:
        socket.recv(0)
    except TimeoutError:
        return True
    return False


def test_a_message_too_many_closes(messages):
    with sockets(messages, "/close", "/close") as (one, two):
        for number in range(4):
            one.send(str(number))
        hears(one, "0", "1", "2")
        closes_with(one, 1008)
        assert one.protocol.close_rcvd.reason == "too many messages"
        # Each has its own.
        two.send("hello")
        hears(two, "hello")


def test_a_message_too_many_is_dropped(messages):
    with sockets(messages, "/drop") as (socket,):
        for number in range(8):
            socket.send(str(number))
        hears(socket, "0", "1", "2")
        assert is_silent(socket)
    messages.stop()
    messages.stderr.wait_for(r"messages_refused=5 ")
    assert messages.stderr.text.count("a client's message is dropped") == 1


def test_messages_of_an_address(messages):
    with sockets(messages, "/address", "/address") as (one, two):
        one.send("1")
        two.send("2")
        hears(one, "1")
        hears(two, "2")
        one.send("3")
        hears(one, "3")
        two.send("4")
        closes_with(two, 1008)


def test_messages_of_a_path(messages):
    with sockets(messages, "/path/a", "/path/%61", "/path/b") as (one, two, other):
        for socket in (one, two):
            for number in range(2):
                socket.send(str(number))
            assert socket.ping().wait(PATIENCE)
        hears(one, "0", "1")
        hears(two, "0")
        assert is_silent(two)
        other.send("hello")
        hears(other, "hello")


@pytest.mark.parametrize("bus", ["embedded", "nats"])
def test_two_steps_on_a_bridge(bus):
    """The first drops for each, the second closes for all."""
    with NATSServer() as server:
        url = server.url if bus == "nats" else "embedded:"
        with Gateway(f'bus: {{ url: "{url}" }}\n{MESSAGES}') as gateway:
            with sockets(gateway, "/bridge/t", "/bridge/t", "/bridge/t") as (one, two, three):
                for number in range(6):
                    one.send(f"1:{number}")
                hears(three, "1:0", "1:1", "1:2")
                two.send("2:0")
                two.send("2:1")
                hears(three, "2:0", "2:1")
                two.send("2:2")
                closes_with_after(two, 1008)
                assert is_silent(three)


def closes_with_after(socket, code: int) -> None:
    """Whatever comes before."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(PATIENCE)
    assert closed.value.rcvd.code == code


@pytest.mark.parametrize("settings, complaint", [
    ("{}", "this limits nothing"), ("{ requests: 10 }", "'10' is no rate"), ("{ requests: 10/d }", "'10/d' is no rate"),
    ("{ requests: 1/s, messages: 1/s }", "limited apart"),
    ("{ requests: 1/s, by: connection }", "not counted by connection"),
    ("{ requests: 1/s, by: adress }", "did you mean 'address'"),
    ("{ messages: 1/s, burst: 0 }", "a whole number from 1"),
])
def test_mistakes(tmp_path, settings, complaint):
    (tmp_path / "routes.yaml").write_text(
        f"use: [limit.rate: {settings}]\nroutes: [{{ path: /, handler: echo.http }}]\n")
    checked = switchyard("check", cwd=tmp_path)
    assert checked.status == 1
    assert complaint in checked.stderr
