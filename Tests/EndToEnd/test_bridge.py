"""Pub/sub over WebSockets: the same bodies on the embedded bus and on a real NATS server."""

import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed

from harness.frames import FrameClient
from harness.nats import NATSServer
from harness.paths import PATIENCE
from harness.topics import bridge, hears, is_silent, sockets

LARGEST = 1 << 20
"""A message's largest size by default, the gateway's and a NATS server's."""


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request):
    if request.param == "embedded":
        with bridge() as gateway:
            yield gateway
    else:
        with NATSServer() as server, bridge(server) as gateway:
            yield gateway


@pytest.mark.parametrize("message", [
    "a line", "", "Grüße, 東京 \U0001F682", "\x00\r\n\x7f", b"\x00\xff\xfe bytes", b"", b"also valid as text",
    "x" * 125, "x" * 126, b"y" * 65535, b"y" * 65536,
], ids=lambda message: f"{type(message).__name__}-{len(message)}-{message[:3]!r}")
def test_text_stays_text_and_binary_binary(gateway, message):
    with sockets(gateway, "/ws/kinds", "/ws/kinds") as (one, two):
        one.send(message)
        hears(one, message)
        hears(two, message)


def test_a_message_in_fragments_is_one_message(gateway):
    with sockets(gateway, "/ws/fragments", "/ws/fragments") as (one, two):
        one.send(["in ", "three ", "parts"])
        one.send([b"\xff", b"\xfe"])
        hears(two, "in three parts", b"\xff\xfe")


def test_two_talk(gateway):
    with sockets(gateway, "/ws/room", "/ws/room") as (one, two):
        one.send("hello")
        hears(one, "hello")
        hears(two, "hello")
        two.send("hello yourself")
        hears(one, "hello yourself")
        hears(two, "hello yourself")


def test_results_of_the_api_arrive(gateway):
    with sockets(gateway, "/ws/add", "/ws/add") as listeners:
        for a in range(20):
            answer = gateway.post("/api/add/sum", json.dumps({"a": a, "b": 1}))
            assert answer.json["data"]["res"] == a + 1
        for listener in listeners:
            hears(listener, *[str(a + 1) for a in range(20)])


def test_other_topics_hear_nothing(gateway):
    paths = ["/ws/one", "/ws/one.two", "/ws/One", "/ws/on", "/tree/one"]
    with sockets(gateway, *paths) as everyone:
        for number, (path, speaker) in enumerate(zip(paths, everyone)):
            for count in range(50):
                speaker.send(f"{number}:{count}")
        for number, listener in enumerate(everyone):
            hears(listener, *[f"{number}:{count}" for count in range(50)])
        assert all(is_silent(listener) for listener in everyone)


def test_slashes_become_dots(gateway):
    with sockets(gateway, "/tree/a/b", "/ws/tree.a.b", "/ws/a.b") as (tree, plain, other):
        tree.send("by the slash")
        hears(plain, "by the slash")
        assert is_silent(other)


def test_who_left_hears_nothing(gateway):
    with sockets(gateway, "/ws/leaving", "/ws/leaving") as (stays, leaves):
        stays.send("before")
        hears(leaves, "before")
        leaves.close()
        for count in range(200):
            stays.send(f"after {count}")
        hears(stays, "before", *[f"after {count}" for count in range(200)])
        with pytest.raises(ConnectionClosed):
            leaves.recv(PATIENCE)


def test_who_comes_late_hears_only_what_follows(gateway):
    with sockets(gateway, "/ws/late") as (first,):
        first.send("early")
        hears(first, "early")
        with sockets(gateway, "/ws/late") as (second,):
            second.send("late")
            hears(second, "late")
            hears(first, "late")


@pytest.mark.parametrize("message", ["x" * LARGEST, "y" * (LARGEST - 1), bytes(range(256)) * (LARGEST // 256 - 1)],
                         ids=["text at the limit", "text below it", "binary below it"])
def test_large_messages(gateway, message):
    with sockets(gateway, "/ws/large", "/ws/large", max_size=2 * LARGEST) as (one, two):
        one.send(message)
        hears(two, message)


def test_binary_at_the_limit_is_heard_or_refused(gateway):
    """On NATS a header says that it is binary, and counts: the sender must be told then, nothing vanishes."""
    with sockets(gateway, "/ws/edge", "/ws/edge", max_size=2 * LARGEST) as (one, two):
        one.send(b"x" * LARGEST)
        try:
            hears(one, b"x" * LARGEST)
            hears(two, b"x" * LARGEST)
        except ConnectionClosed as closed:
            assert closed.rcvd.code == 1009
            assert is_silent(two)


@pytest.mark.parametrize("message", [b"x" * (LARGEST + 1), ["x" * LARGEST, "y"]], ids=["one frame", "two frames"])
def test_too_large_a_message(gateway, message):
    with sockets(gateway, "/ws/toolarge", "/ws/toolarge") as (one, two):
        with pytest.raises(ConnectionClosed) as closed:
            one.send(message)
            one.recv(PATIENCE)
        assert closed.value.rcvd.code == 1009
        assert is_silent(two)


def test_order_under_load(gateway):
    """Each publisher's messages in its order, each exactly once, at every listener; text and binary mixed."""
    publishers, listeners, count = 4, 3, 2500
    failures = []

    def publish(number, socket):
        for index in range(count):
            line = f"{number}:{index}"
            socket.send(line if index % 3 else line.encode())

    def listen(socket):
        nexts = [0] * publishers
        try:
            for _ in range(publishers * count):
                message = socket.recv(PATIENCE)
                line = message if isinstance(message, str) else message.decode()
                number, index = map(int, line.split(":"))
                assert isinstance(message, str) == bool(index % 3), message
                assert nexts[number] == index, f"from {number}: {index} where {nexts[number]} is due"
                nexts[number] += 1
        except Exception as error:
            failures.append(error)

    with sockets(gateway, *["/ws/load"] * (publishers + listeners)) as everyone:
        speakers, hearers = everyone[:publishers], everyone[publishers:]
        threads = [threading.Thread(target=listen, args=(socket,)) for socket in everyone]
        threads += [threading.Thread(target=publish, args=item) for item in enumerate(speakers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * PATIENCE)
        assert not failures
        assert not any(thread.is_alive() for thread in threads)
        assert all(is_silent(socket) for socket in hearers[:1])


def test_joining_and_leaving_under_load(gateway):
    """Sockets that come and go disturb no one who stays."""
    done = threading.Event()

    def come_and_go():
        while not done.is_set():
            with sockets(gateway, "/ws/busy", "/ws/busy"):
                pass

    coming = threading.Thread(target=come_and_go)
    with sockets(gateway, "/ws/busy", "/ws/busy") as (speaker, listener):
        coming.start()
        try:
            for index in range(3000):
                speaker.send(str(index))
                if index % 100 == 99:
                    hears(listener, *[str(number) for number in range(index - 99, index + 1)])
        finally:
            done.set()
            coming.join(PATIENCE)


@pytest.mark.parametrize("bus", ["embedded", "nats"])
def test_whoever_is_connected_hears(request, bus):
    """From the handshake's answer on nothing is missed: a gateway that has just started is at its slowest to join."""
    server = request.getfixturevalue("nats") if bus == "nats" else None
    for _ in range(10):
        with bridge(server) as gateway, FrameClient.open(gateway, "/ws/first") as one, \
                FrameClient.open(gateway, "/ws/first") as two:
            one.say("at once")
            assert one.frame().payload == b"at once"
            assert two.frame().payload == b"at once"
