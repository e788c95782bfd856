"""`nats.sse`: the channels of WebSockets as Server-Sent Events."""

import asyncio
import base64
import json
import subprocess
import threading

import aiohttp
import pytest

from harness.buses import on_bus
from harness.events import Event, EventStream
from harness.gateway import Gateway
from harness.output import Output
from harness.paths import PATIENCE
from harness.tokens import SECRET, Signer, soon
from harness.topics import sockets
from harness.waiting import eventually

ROUTES = """
routes:
  - { path: "/say/{topic}", methods: [POST], handler: nats.publish, with: { subject: "t.{topic}" } }
  - { path: "/raw/{topic}", methods: [GET], handler: nats.sse, with: { subject: "t.{topic}", retry: 3s } }
  - { path: "/json/{topic}", handler: nats.sse, with: { subject: "t.{topic}", format: envelope } }
  - { path: "/any/{topic}", handler: nats.sse, with: { subject: "t.{topic}", wildcards: true } }
  - { path: "/beat", handler: nats.sse, with: { subject: beat, heartbeat: 1s } }
  - path: "/drop/{topic}"
    handler: nats.sse
    with: { subject: "t.{topic}", slow: drop-oldest }
    limits: { queue: 256KB }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "t.{topic}" } }
"""

KEPT = """
routes:
  - { path: "/say/{topic}", methods: [POST], handler: nats.publish, with: { subject: "k.{topic}", ack: true } }
  - path: "/kept/{topic}"
    handler: nats.sse
    with: { subject: "k.{topic}", history: { stream: K, messages: 100 } }
  - path: "/last/{topic}"
    handler: nats.sse
    with: { subject: "k.{topic}", history: { stream: K, messages: 100 }, last: 3, format: envelope }
"""


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request):
    with on_bus(request.param, ROUTES) as gateway:
        yield gateway


@pytest.fixture(scope="module", params=["embedded", "nats"])
def keeping(request):
    with on_bus(request.param, KEPT) as gateway:
        yield gateway


def say(gateway, topic: str, *texts: str) -> None:
    for text in texts:
        assert gateway.post(f"/say/{topic}", text, [("Content-Type", "text/plain")]).status in (200, 202)


@pytest.mark.parametrize("text", ["a line", "two\nlines", "", "\n", " a space", "Grüße \U0001F682", "data: id: 7"])
def test_text_as_events(gateway, text):
    with EventStream.open(gateway, "/raw/a") as stream:
        say(gateway, "a", text, "the end")
        assert stream.message() == Event("message", text)
        assert stream.message().data == "the end"
        assert stream.retry == 3000


def test_sockets_and_streams_are_one_channel(gateway):
    with EventStream.open(gateway, "/raw/b") as raw, EventStream.open(gateway, "/json/b") as envelopes, \
            sockets(gateway, "/ws/b") as (socket,):
        socket.send("text")
        socket.send(b"\xff\0")
        assert raw.message().data == "text"
        text, binary = envelopes.message().json, envelopes.message().json
        assert (text["subject"], text["data"]) == ("t.b", "text")
        assert base64.b64decode(binary["data64"]) == b"\xff\0"


def test_patterns(gateway):
    with EventStream.open(gateway, "/any/*") as stream:
        say(gateway, "c1", "one")
        say(gateway, "c2", "two")
        assert [stream.message().data for _ in range(2)] == ["one", "two"]


def test_heartbeats(gateway):
    with EventStream.open(gateway, "/beat") as stream:
        stream.wait_for_comments(2)


def test_the_head_alone(gateway):
    with gateway.connect() as client:
        answer = client.request("HEAD", "/json/d")
        assert (answer.status, answer.header("Content-Type")) == (200, "text/event-stream")
        assert client.request("GET", "/healthz").status == 200, "nothing follows the head"


@pytest.mark.parametrize("method, target, status", [
    ("POST", "/json/a", 405), ("POST", "/raw/a", 405), ("GET", "/raw/*", 400), ("GET", "/raw/a..b", 400),
    ("GET", "/any/%3E.a", 400), ("GET", "/raw/a?since=1", 400),
])
def test_what_is_refused(gateway, method, target, status):
    answer = gateway.request(method, target, b"" if method == "POST" else None)
    assert answer.status == status
    assert answer.json["error"]["code"] == status


def test_who_leaves_leaves_nothing(gateway):
    before = gateway.descriptors
    for _ in range(50):
        with EventStream.open(gateway, "/raw/leaves") as stream:
            say(gateway, "leaves", "x")
            assert stream.message().data == "x"
    eventually(lambda: gateway.descriptors <= before, "their descriptors are back")
    if gateway.nats:
        eventually(lambda: gateway.nats.subscriptions_of("t.leaves") == [], "nothing is subscribed to")


def test_a_slow_client_loses_the_oldest_and_is_told(gateway):
    size, count = 8 << 10, 4096
    with EventStream.open(gateway, "/drop/s", receive_buffer=4096) as slow, sockets(gateway, "/ws/s") as (speaker,):
        for number in range(count):
            speaker.send(f"{number:08}" + "x" * (size - 8))
            if number % 32 == 31:
                for _ in range(32):
                    speaker.recv(PATIENCE)
        speaker.send("the end")
        due, dropped = 0, 0
        while (event := slow.event()).data != "the end":
            if event.type == "dropped":
                due += event.json["count"]
                dropped += event.json["count"]
            else:
                assert int(event.data[:8]) == due
                due += 1
        assert due == count and dropped > 0


def test_the_bus_is_away():
    with on_bus("nats", ROUTES) as gateway, EventStream.open(gateway, "/raw/away") as stream:
        gateway.nats.kill()
        assert stream.event() == Event("bus", '{"type":"bus","state":"down"}')
        gateway.wait_ready(503)
        refused = gateway.get("/raw/away")
        assert refused.status == 503 and int(refused.header("Retry-After")) > 0
        gateway.nats.start()
        assert stream.event() == Event("bus", '{"type":"bus","state":"up"}')
        assert stream.event().type == "gap"
        gateway.wait_ready()
        eventually(lambda: gateway.nats.subscriptions_of("t.") == ["t.away"], "it is subscribed again")
        say(gateway, "away", "again")
        assert stream.message().data == "again"


def test_a_drain_ends_streams():
    with on_bus("embedded", ROUTES) as gateway, EventStream.open(gateway, "/raw/x") as stream:
        gateway.stop(wait=False)
        with pytest.raises(EOFError):
            stream.event()
        assert stream.has_ended
        gateway.wait()


# With history


def test_events_have_ids_and_are_resumed_behind_them(keeping):
    with EventStream.open(keeping, "/kept/r") as stream:
        assert stream.event().type == "live"
        say(keeping, "r", "1", "2")
        first, second = stream.message(), stream.message()
        assert (first.data, second.data) == ("1", "2")
        assert first.id and second.id and first.id != second.id
    say(keeping, "r", "3", "4")
    say(keeping, "elsewhere", "not for me")
    for target, headers in [("/kept/r", [("Last-Event-ID", second.id)]), (f"/kept/r?since={second.id}", []),
                            (f"/kept/r?lastEventId={second.id}", []),
                            (f"/kept/r?since={first.id}", [("Last-Event-ID", second.id)])]:
        with EventStream.open(keeping, target, headers) as stream:
            assert [stream.message().data for _ in range(2)] == ["3", "4"]
            live = stream.event()
            assert live.type == "live" and live.json["type"] == "live"
            say(keeping, "other", "not for me")


def test_the_last_ones_first(keeping):
    say(keeping, "l", *"abcde")
    with EventStream.open(keeping, "/last/l") as stream:
        events = stream.events(4)
        assert [event.json.get("data", event.type) for event in events] == ["c", "d", "e", "live"]
        say(keeping, "l", "f")
        events.append(stream.event())
        assert events[-1].json["data"] == "f"
        assert all(event.json["id"] == event.id for event in events if event.type == "message")


def test_what_is_gone_is_told(keeping):
    say(keeping, "g", "first")
    with EventStream.open(keeping, "/last/g") as stream:
        first = stream.message().id
    say(keeping, "g", *map(str, range(150)))
    with EventStream.open(keeping, f"/kept/g?since={first}") as stream:
        assert stream.event().type == "gap"
        heard = [stream.message().data for _ in range(100)]
        assert heard == [str(number) for number in range(50, 150)]


@pytest.mark.parametrize("token", ["x", "1:2:3", "-1", ""])
def test_what_is_no_id(keeping, token):
    assert keeping.get(f"/kept/a?since={token}").status == 400


# Foreign clients


def test_aiohttp(gateway):
    async def run() -> list[str]:
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            async with session.get(f"{gateway.url}/json/aiohttp") as response:
                assert response.status == 200 and response.content_type == "text/event-stream"
                for text in ["one", "two"]:
                    async with session.post(
                            f"{gateway.url}/say/aiohttp", data=text, headers={"Content-Type": "text/plain"}) as said:
                        assert said.status == 202
                heard = []
                while len(heard) < 2:
                    line = (await response.content.readline()).decode()
                    if line.startswith("data: "):
                        heard.append(json.loads(line.removeprefix("data: "))["data"])
                return heard
    assert asyncio.run(run()) == ["one", "two"]


def test_curl(gateway):
    with subprocess.Popen(
            ["curl", "-sN", "-D", "/dev/stderr", f"{gateway.url}/raw/curl"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE) as curl:
        head, out = Output(curl.stderr), Output(curl.stdout)
        head.wait_for("(?i)^content-type: text/event-stream")
        say(gateway, "curl", "hello")
        out.wait_for("^data: ?hello$")
        curl.terminate()


def test_a_busy_stream_ends_with_its_token(gateway):
    """However often something is said: it is never quiet enough to be looked at for that."""
    config = f"""
routes:
  - {{ path: /say, methods: [POST], handler: nats.publish, with: {{ subject: s }} }}
  - path: /events
    handler: nats.sse
    with: {{ subject: s }}
    use: [auth.jwt: {{ secret: "{SECRET}" }}]
"""
    with Gateway(config) as gateway, gateway.connect() as client:
        token = Signer("HS256").token(sub="ada", exp=soon(3))
        client.send(client.head("GET", "/events", [("Authorization", f"Bearer {token}")]))
        assert client.answer_head().status == 200
        ended = threading.Event()

        def talk():
            while not ended.wait(0.1):
                gateway.post("/say", "again")
        talking = threading.Thread(target=talk)
        talking.start()
        try:
            while (size := int(client.line(), 16)):
                client.take(size)
                assert client.line() == b""
            assert client.line() == b""
        finally:
            ended.set()
            talking.join()
