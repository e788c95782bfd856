"""The gateway among other clients of one NATS server, and what it leaves on that server."""

import json

import pytest
from websockets.exceptions import ConnectionClosed

from harness.nats import NATSServer
from harness.nats_client import Message, NATSClient
from harness.paths import PATIENCE
from harness.topics import bridge, hears, sockets


@pytest.fixture(scope="module")
def server():
    with NATSServer() as server:
        yield server


@pytest.fixture(scope="module")
def gateway(server):
    with bridge(server) as gateway:
        yield gateway


@pytest.fixture
def foreign(server):
    with NATSClient(server) as client:
        yield client


@pytest.mark.parametrize("payload, heard", [
    (b"plain", "plain"), ("Grüße".encode(), "Grüße"), (b"", ""), (b"\xff\x00\xfe", b"\xff\x00\xfe"),
    (b"\xed\xa0\x80", b"\xed\xa0\x80"), (b"cut \xe6\x9d", b"cut \xe6\x9d"),
    (b"\x00\r\nPUB x 1\r\n", "\0\r\nPUB x 1\r\n"),
    (b"x" * (1 << 20), "x" * (1 << 20)),
], ids=lambda value: f"{len(value)}-{value[:4]!r}")
def test_others_are_heard(server, gateway, foreign, payload, heard):
    """What says nothing of its kind is text if it is UTF-8."""
    with sockets(gateway, "/ws/foreign", max_size=None) as (one,):
        server.wait_for_subscriptions(["foreign"])
        foreign.publish("foreign", payload)
        hears(one, heard)


def test_headers_of_others_are_no_payload(server, gateway, foreign):
    with sockets(gateway, "/ws/headed") as (one,):
        server.wait_for_subscriptions(["headed"])
        head = b"NATS/1.0\r\nA: b\r\n\r\n"
        foreign.send(f"HPUB headed {len(head)} {len(head) + 4}\r\n".encode() + head + b"text\r\n")
        hears(one, "text")


@pytest.mark.parametrize("message", ["text", b"binary", b"\xff", ""], ids=repr)
def test_others_hear_us(gateway, foreign, message):
    """Payloads as they were sent; text without any header, as the sample published it."""
    foreign.subscribe("heard")
    with sockets(gateway, "/ws/heard") as (one,):
        one.send(message)
        got = foreign.message()
        assert got.payload == (message.encode() if isinstance(message, str) else message)
        if isinstance(message, str):
            assert got.headers == b""


def test_results_of_the_api_are_plain_text(gateway, foreign):
    foreign.subscribe("add")
    assert gateway.post("/api/add/sum", '{"a":40,"b":2}').status == 200
    assert foreign.message() == Message("add", b"42")


def test_a_wildcard_of_another_does_not_double(server, gateway, foreign):
    foreign.subscribe("wild.>")
    with sockets(gateway, "/ws/wild.a", "/ws/wild.b") as (one, two):
        one.send("1")
        two.send("2")
        one.send("3")
        hears(one, "1", "3")
        hears(two, "2")
        heard = [foreign.message()[:2] for _ in range(3)]
        assert sorted(heard) == [("wild.a", b"1"), ("wild.a", b"3"), ("wild.b", b"2")]


def test_one_subscription_a_subject_and_none_without_sockets(server, gateway):
    with sockets(gateway, *["/ws/many"] * 40, *["/ws/few"] * 3, "/tree/many") as everyone:
        server.wait_for_subscriptions(["few", "many", "tree.many"])
        for socket in everyone[1:40]:
            socket.close()
        everyone[0].send("still here")
        hears(everyone[0], "still here")
        assert server.subscriptions() == ["few", "many", "tree.many"]
        everyone[0].close()
        server.wait_for_subscriptions(["few", "tree.many"])
        with sockets(gateway, "/ws/many") as (again,):
            server.wait_for_subscriptions(["few", "many", "tree.many"])
            again.send("back")
            hears(again, "back")
    server.wait_for_subscriptions([])


def test_one_connection_to_the_server(server, gateway):
    with sockets(gateway, *[f"/ws/connection{number}" for number in range(10)]):
        connections = server.monitor("connz")["connections"]
    assert [connection["name"] for connection in connections] == ["switchyard"]


def test_two_gateways_share_a_topic(server, gateway):
    with bridge(server) as second, sockets(gateway, "/ws/shared") as (one,), sockets(second, "/ws/shared") as (two,):
        server.wait_for_subscriptions(["shared", "shared"])
        for message in ["text", b"binary", b"\xff"]:
            one.send(message)
            two.send(message)
        assert sorted(map(str, (one.recv(PATIENCE) for _ in range(6)))) == sorted(
            map(str, ["text", b"binary", b"\xff"] * 2))
        assert sorted(map(str, (two.recv(PATIENCE) for _ in range(6)))) == sorted(
            map(str, ["text", b"binary", b"\xff"] * 2))


def test_a_server_that_takes_only_small_messages(tmp_path):
    """Its bound counts, not ours: the sender is told, and no one else notices."""
    config = tmp_path / "nats.conf"
    config.write_text("max_payload: 1000\n")
    with NATSServer(args=["-c", str(config)]) as server, bridge(server) as gateway:
        with sockets(gateway, "/ws/small", "/ws/small", "/ws/add") as (one, two, results):
            two.send("x" * 1000)
            hears(two, "x" * 1000)
            hears(one, "x" * 1000)
            one.send("x" * 1001)
            with pytest.raises(ConnectionClosed) as closed:
                one.recv(PATIENCE)
            assert closed.value.rcvd.code == 1009
            answer = gateway.post("/api/add/concat", json.dumps({"a": "x" * 1000, "b": "y"}))
            assert answer.status == 413
            assert gateway.post("/api/add/concat", json.dumps({"a": "x" * 999, "b": "y"})).status == 200
            hears(results, "x" * 999 + "y")
            two.send("still here")
            hears(two, "still here")
