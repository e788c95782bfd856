"""What `nats.bridge` can be told: directions, patterns, echo, envelopes, subprotocols, and policies for the slow."""

import json
import socket
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness.buses import on_bus
from harness.cli import switchyard
from harness.envelopes import Reader, payload
from harness.frames import HANDSHAKE, FrameClient, handshake
from harness.nats_client import NATSClient
from harness.paths import PATIENCE
from harness.topics import hears, is_silent, sockets
from harness.waiting import eventually

ROUTES = """
routes:
  - { path: "/say/{topic...}", methods: [POST], handler: nats.publish, with: { subject: "{topic}", headers: [X-Kept] } }
channels:
  - { path: "/t/{topic...}", handler: nats.bridge, with: { subject: "t.{topic}" } }
  - { path: "/any/{topic...}", handler: nats.bridge, with: { subject: "t.{topic}", wildcards: true } }
  - { path: "/all", handler: nats.bridge, with: { subject: "t.>", wildcards: true, direction: subscribe } }
  - { path: "/listen/{topic}", handler: nats.bridge, with: { subject: "t.{topic}", direction: subscribe } }
  - { path: "/speak/{topic}", handler: nats.bridge, with: { subject: "t.{topic}", direction: publish } }
  - { path: "/talk/{topic}", handler: nats.bridge, with: { publish: "in.{topic}", subscribe: "out.{topic}" } }
  - { path: "/quiet/{topic}", handler: nats.bridge, with: { subject: "t.{topic}", echo: false } }
  - { path: "/json/{topic}", handler: nats.bridge, with: { subject: "t.{topic}", format: envelope } }
  - { path: "/spoken", handler: nats.bridge, with: { subject: spoken, subprotocols: [chat.v2, chat.v1] } }
  - path: "/drop/{topic}"
    handler: nats.bridge
    with: { subject: "t.{topic}", format: envelope, slow: drop-oldest }
    limits: { queue: 256KB }
  - path: "/block/{topic}"
    handler: nats.bridge
    with: { subject: "t.{topic}", slow: block-publisher }
    limits: { queue: 256KB }
  - path: "/fresh/{topic}"
    handler: nats.bridge
    with: { subject: "t.{topic}", max-lag: 2s }
"""


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request):
    with on_bus(request.param, ROUTES) as gateway:
        yield gateway


@pytest.fixture
def on_nats():
    with on_bus("nats", ROUTES) as gateway:
        yield gateway


def closed_with(socket) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(PATIENCE)
    return closed.value.rcvd.code, closed.value.rcvd.reason


# Directions and patterns


def test_who_only_listens_may_not_send(gateway):
    with sockets(gateway, "/listen/a", "/t/a") as (listener, speaker):
        speaker.send("hello")
        hears(listener, "hello")
        listener.send("me too")
        assert closed_with(listener) == (1008, "you may not send here")
        hears(speaker, "hello")
        assert is_silent(speaker)


def test_who_only_speaks_hears_nothing(gateway):
    with sockets(gateway, "/speak/b", "/t/b") as (speaker, listener):
        speaker.send("hello")
        hears(listener, "hello")
        speaker.ping().wait(PATIENCE)
        with pytest.raises(TimeoutError):
            speaker.recv(0)


def test_two_subjects(gateway):
    with sockets(gateway, "/talk/c") as (one,):
        assert gateway.post("/say/in/c", "in", [("Content-Type", "text/plain")]).status == 202
        one.send("not for me")
        assert gateway.post("/say/out/c", "for me", [("Content-Type", "text/plain")]).status == 202
        hears(one, "for me")


@pytest.mark.parametrize("pattern, heard", [
    ("*", ["t.w"]), ("w.*", ["t.w.1"]), ("w.>", ["t.w.1", "t.w.1.2"]), ("*.1", ["t.w.1"]), ("*.*.2", ["t.w.1.2"]),
    (">", ["t.w", "t.w.1", "t.w.1.2"]),
])
def test_patterns(gateway, pattern, heard):
    with sockets(gateway, f"/any/{pattern.replace('>', '%3E')}") as (listener,):
        for subject in ["t.w", "t.w.1", "t.w.1.2", "other.w"]:
            gateway.post(f"/say/{subject.replace('.', '/')}", subject, [("Content-Type", "text/plain")])
        gateway.post("/say/t/" + pattern.replace("*", "end").replace(">", "end"), "the end", [("Content-Type", "text/plain")])
        hears(listener, *heard, "the end")


def test_a_pattern_is_not_published_to(gateway):
    with sockets(gateway, "/any/p.*", "/any/p.1", "/all") as (pattern, one, everything):
        one.send("hello")
        hears(pattern, "hello")
        hears(everything, "hello")
        pattern.send("to whom?")
        assert closed_with(pattern)[0] == 1008
        everything.send("to whom?")
        assert closed_with(everything)[0] == 1008


@pytest.mark.parametrize("path, status", [("/t/*", 400), ("/t/%3E", 400), ("/any/a*", 400), ("/any/%3E.a", 400)])
def test_where_patterns_are_refused(gateway, path, status):
    assert handshake(gateway, path).status == status


# Echo


def test_without_echo_others_hear(gateway):
    with sockets(gateway, "/quiet/e", "/quiet/e", "/t/e") as (one, two, plain):
        one.send("from one")
        two.send("from two")
        plain.send("from a third")
        heard = {socket: sorted(socket.recv(PATIENCE) for _ in range(count))
                 for socket, count in [(one, 2), (two, 2), (plain, 3)]}
        assert heard[one] == ["from a third", "from two"]
        assert heard[two] == ["from a third", "from one"]
        assert heard[plain] == ["from a third", "from one", "from two"]


def test_without_echo_over_two_gateways(on_nats):
    with on_bus_of(on_nats) as other, sockets(on_nats, "/quiet/e") as (one,), sockets(other, "/quiet/e") as (two,):
        on_nats.nats.wait_for_subscriptions(["t.e", "t.e"])
        for turn in range(20):
            one.send(f"one {turn}")
            two.send(f"two {turn}")
        hears(one, *[f"two {turn}" for turn in range(20)])
        hears(two, *[f"one {turn}" for turn in range(20)])


def on_bus_of(gateway):
    """One more gateway on the same server."""
    from harness.gateway import Gateway
    return Gateway(f'bus: {{ url: "{gateway.nats.url}" }}\n{ROUTES}')


# Envelopes


@pytest.mark.parametrize("message", ["text", "", "Grüße \U0001F682 </script>", "\0\x1f\"\\", b"", b"\xff\0", b"valid"])
def test_messages_in_envelopes(gateway, message):
    with sockets(gateway, "/json/f", "/t/f") as (listener, speaker):
        speaker.send(message)
        envelope = Reader(listener).message()
        assert envelope["subject"] == "t.f"
        assert payload(envelope) == message
        assert set(envelope) == {"type", "subject", "data" if isinstance(message, str) else "data64"}


def test_headers_in_envelopes(gateway):
    with sockets(gateway, "/json/g") as (listener,):
        headers = [("Content-Type", "text/plain"), ("X-Kept", "one"), ("X-Kept", "two"), ("X-Other", "no")]
        assert gateway.post("/say/t/g", "x", headers).status == 202
        assert Reader(listener).message()["headers"] == {"X-Kept": ["one", "two"]}


def test_what_clients_send_is_no_envelope(gateway):
    """It is published as it is."""
    with sockets(gateway, "/json/h", "/t/h") as (one, two):
        one.send('{"type":"message"}')
        hears(two, '{"type":"message"}')
        assert Reader(one).payloads(1) == ['{"type":"message"}']


def test_the_link_to_the_bus_is_told(on_nats):
    """In envelopes; a raw client is not bothered."""
    with sockets(on_nats, "/json/i", "/t/i") as (told, plain):
        reader = Reader(told)
        on_nats.nats.kill()
        assert reader.notice("bus")["state"] == "down"
        on_nats.nats.start()
        assert reader.notice("bus", 2 * PATIENCE)["state"] == "up"
        assert reader.notice("gap") == {"type": "gap"}
        on_nats.wait_ready()
        eventually(lambda: on_nats.nats.subscriptions_of("t.") == ["t.i"], "it is subscribed again")
        plain.send("again")
        hears(plain, "again")
        assert reader.payloads(1) == ["again"]


# Subprotocols


@pytest.mark.parametrize("offers, chosen", [
    (["chat.v1"], "chat.v1"), (["chat.v1", "chat.v2"], "chat.v1"), (["other", "chat.v2"], "chat.v2"), (None, None),
])
def test_subprotocols(gateway, offers, chosen):
    with connect(gateway.ws("/spoken"), subprotocols=offers, proxy=None, open_timeout=PATIENCE) as socket:
        assert socket.subprotocol == chosen
        socket.send("x")
        hears(socket, "x")


def test_no_subprotocol_fits(gateway):
    answer = handshake(gateway, "/spoken", [*HANDSHAKE, ("Sec-WebSocket-Protocol", "other, bearer")])
    assert answer.status == 101
    assert answer.header("Sec-WebSocket-Protocol") is None


# Slow clients

SIZE, COUNT = 8 << 10, 4096
"""32 MB: more than the kernel's buffers and the gateway's share for one socket together."""


def flood(speaker, count: int = COUNT) -> None:
    """Numbered messages; what comes back is read on the side, so that the speaker is not slow itself."""
    for number in range(count):
        speaker.send(f"{number:08}" + "x" * (SIZE - 8))


def drain(client: FrameClient) -> list[dict]:
    """Envelopes up to and with the one whose data is `the end`."""
    got = []
    while not got or got[-1].get("data") != "the end":
        got.append(json.loads(client.frame().payload))
    return got


def test_a_slow_client_loses_the_oldest_and_is_told(gateway):
    with FrameClient.open(gateway, "/drop/s", receive_buffer=4096) as slow, \
            sockets(gateway, "/speak/s") as (speaker,):
        flood(speaker)
        speaker.send("the end")
        got = drain(slow)
        messages = [int(item["data"][:8]) for item in got if item["type"] == "message" and item["data"] != "the end"]
        dropped = sum(item["count"] for item in got if item["type"] == "dropped")
        assert dropped > 0
        assert len(messages) + dropped == COUNT
        assert messages == sorted(set(messages))
        assert messages[-1] == COUNT - 1, "the newest stay"
        due = 0
        for item in got:
            if item["type"] == "dropped":
                due += item["count"]
            elif item["data"] != "the end":
                assert int(item["data"][:8]) == due, "what is missing was told where it is missing"
                due += 1


def test_who_publishes_waits_for_the_slow():
    """On the embedded bus: nothing is lost, nobody is closed, and the speaker's pings are answered meanwhile."""
    with on_bus("embedded", ROUTES) as gateway, \
            FrameClient.open(gateway, "/block/b", receive_buffer=4096) as slow, \
            sockets(gateway, "/speak/b", ping_interval=None) as (speaker,):
        talking = threading.Thread(target=flood, args=(speaker,), daemon=True)
        talking.start()
        talking.join(2)
        assert talking.is_alive(), "the speaker is held"
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        for number in range(COUNT):
            assert int(slow.frame().payload[:8]) == number
        talking.join(PATIENCE)
        assert not talking.is_alive()
        speaker.ping().wait(PATIENCE)


def test_old_messages_are_too_old(gateway):
    """A client within its bytes, but behind by more than `max-lag`."""
    since = gateway.stderr.position
    with FrameClient.open(gateway, "/fresh/m", receive_buffer=4096), sockets(gateway, "/speak/m") as (speaker,):
        # More than the kernel takes; what waits is still below `queue`.
        for _ in range(640):
            speaker.send("x" * SIZE)

        def another() -> bool:
            speaker.send("another")
            return "slow consumer closed" in "".join(gateway.stderr.text.splitlines(keepends=True)[since:])
        eventually(another, "the client is closed", pause=0.1)


# Settings


@pytest.mark.parametrize("settings, complaint", [
    ("subject: a, slow: drop-oldest", "add format: envelope [SY0044]"),
    ("subject: a, slow: drop", "'slow' must be one of close, drop-oldest, block-publisher"),
    ("subject: a, direction: in", "'direction' must be one of both, publish, subscribe"),
    ("publish: a", "what clients hear has no subject"),
    ("subject: 'a.*', wildcards: true", "can be subscribed to, not published to"),
    ("subject: a, last: 3", "without 'history' nothing is kept"),
    ("subject: a, history: { age: soon }", "'age' must be a duration"),
    ("subject: a, history: { strem: X }", "'history' has no 'strem'; it takes stream,"),
    ("subject: 'a.{claim.}'", "'{claim.}' names no claim"),
    ("subject: a, presence: sometimes", "'presence' must be true, false or a mapping"),
    ("subject: a, presence: { name: '{nick}' }", "the path has no parameter 'nick'"),
])
def test_settings_are_checked(tmp_path, settings, complaint):
    (tmp_path / "routes.yaml").write_text(
        f"channels:\n  - {{ path: /ws, handler: nats.bridge, with: {{ {settings} }} }}\n")
    checked = switchyard("check", cwd=tmp_path)
    assert checked.status == 1
    assert complaint in checked.stderr
    assert "routes.yaml:2:" in checked.stderr


def test_others_on_the_bus_see_plain_messages(on_nats):
    """Whatever the client's format: no header of ours on a text, but for who does not want to hear itself."""
    with NATSClient(on_nats.nats) as foreign, sockets(on_nats, "/json/o", "/quiet/o") as (plain, quiet):
        foreign.subscribe("t.o")
        plain.send("text")
        assert foreign.message()[:3] == ("t.o", b"text", b"")
        quiet.send("text")
        message = foreign.message()
        assert message.payload == b"text" and b"Switchyard-Origin:" in message.headers
