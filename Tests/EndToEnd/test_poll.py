"""`nats.poll`: what came since, for clients that have neither WebSockets nor event streams."""

import threading
import time

import pytest

from harness.buses import on_bus
from harness.topics import sockets
from harness.waiting import eventually

ROUTES = """
routes:
  - { path: "/say/{topic}", methods: [POST], handler: nats.publish, with: { subject: "p.{topic}", ack: true } }
  - { path: "/poll/{topic}", handler: nats.poll, with: { subject: "p.{topic}", history: { stream: P, messages: 100 } } }
  - path: "/few/{topic}"
    handler: nats.poll
    with: { subject: "p.{topic}", history: { stream: P, messages: 100 }, messages: 2, wait: 1s }
  - path: "/last/{topic}"
    handler: nats.poll
    with: { subject: "p.{topic}", history: { stream: P, messages: 100 }, last: 3 }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "p.{topic}" } }
"""


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request):
    with on_bus(request.param, ROUTES) as gateway:
        yield gateway


def say(gateway, topic: str, *texts: str) -> None:
    for text in texts:
        assert gateway.post(f"/say/{topic}", text, [("Content-Type", "text/plain")]).status == 200


def poll(gateway, target: str) -> tuple[list[str], str, bool]:
    """Texts, the next token, and whether messages are gone."""
    answer = gateway.get(target)
    assert answer.status == 200, answer
    assert answer.header("Cache-Control") == "no-store"
    body = answer.json
    assert all(message["type"] == "message" and message["id"] for message in body["messages"])
    return [message["data"] for message in body["messages"]], body["next"], body.get("gap", False)


def test_a_conversation(gateway):
    say(gateway, "a", "before")
    texts, next, gap = poll(gateway, "/poll/a?wait=0")
    assert (texts, gap) == ([], False)
    heard = []
    for turn in range(5):
        said = [f"{turn} {number}" for number in range(turn)]
        say(gateway, "a", *said)
        say(gateway, "b", "elsewhere")
        texts, next, gap = poll(gateway, f"/poll/a?since={next}&wait=0")
        assert (texts, gap) == (said, False)
        heard += texts
    assert len(heard) == 10


def test_an_answer_comes_with_the_message(gateway):
    _, next, _ = poll(gateway, "/poll/c?wait=0")
    with gateway.connect() as client:
        client.send(client.head("GET", f"/poll/c?since={next}&wait=25s"))
        say(gateway, "d", "elsewhere")
        say(gateway, "c", "here")
        answer = client.answer()
        assert [message["data"] for message in answer.json["messages"]] == ["here"]
        assert answer.json["next"] == answer.json["messages"][0]["id"]


def test_many_wait_for_one(gateway):
    _, next, _ = poll(gateway, "/poll/many?wait=0")
    clients = [gateway.connect() for _ in range(40)]
    for client in clients:
        client.send(client.head("GET", f"/poll/many?since={next}"))
    with sockets(gateway, "/ws/many") as (socket,):
        socket.send("now")
    for client in clients:
        assert [message["data"] for message in client.answer().json["messages"]] == ["now"]
        client.close()


def test_nothing_came(gateway):
    _, next, _ = poll(gateway, "/few/nothing?wait=0")
    assert poll(gateway, f"/few/nothing?since={next}") == ([], next, False)
    assert poll(gateway, f"/few/nothing?since={next}&wait=100ms") == ([], next, False)


def test_answers_are_bounded(gateway):
    _, next, _ = poll(gateway, "/few/bounded?wait=0")
    say(gateway, "bounded", *"abcde")
    got = []
    for expected in (["a", "b"], ["c", "d"], ["e"]):
        texts, next, gap = poll(gateway, f"/few/bounded?since={next}")
        assert (texts, gap) == (expected, False)
        got += texts


def test_the_last_ones_first(gateway):
    say(gateway, "last", *"abcde")
    texts, next, _ = poll(gateway, "/last/last")
    assert texts == list("cde")
    say(gateway, "last", "f")
    assert poll(gateway, f"/last/last?since={next}")[0] == ["f"]


def test_what_is_gone_is_told(gateway):
    say(gateway, "gone", "first")
    texts, next, _ = poll(gateway, "/last/gone")
    assert texts == ["first"]
    say(gateway, "gone", *map(str, range(150)))
    texts, _, gap = poll(gateway, f"/poll/gone?since={next}")
    assert texts == [str(number) for number in range(50, 150)]
    assert gap


@pytest.mark.parametrize("target, status", [
    ("/poll/a?since=x", 400), ("/poll/a?since=", 400), ("/poll/a?wait=long", 400), ("/poll/*", 400), ("/poll/a%20b", 400),
])
def test_what_is_refused(gateway, target, status):
    answer = gateway.get(target)
    assert answer.status == status
    assert answer.json["error"]["code"] == status


def test_other_methods(gateway):
    answer = gateway.post("/poll/a", "x")
    assert (answer.status, answer.header("Allow")) == (405, "GET, HEAD")


def test_who_leaves_is_not_waited_for(gateway):
    before = gateway.descriptors
    for _ in range(5):
        clients = [gateway.connect() for _ in range(10)]
        for client in clients:
            client.send(client.head("GET", "/poll/left"))
        for client in clients:
            client.reset()
    eventually(lambda: gateway.descriptors <= before, "their descriptors are back")


def test_nothing_is_missed_while_much_is_said(gateway):
    """Everything said, once, in order, over however many answers."""
    _, next, _ = poll(gateway, "/few/busy?wait=0")
    count, heard = 60, []
    speaker = threading.Thread(target=say, args=(gateway, "busy", *map(str, range(count))))
    speaker.start()
    while len(heard) < count:
        texts, next, gap = poll(gateway, f"/few/busy?since={next}")
        assert not gap
        heard += texts
    speaker.join()
    assert heard == [str(number) for number in range(count)]


def test_a_drain_answers_those_who_wait():
    with on_bus("embedded", ROUTES) as gateway:
        with gateway.connect() as client:
            client.send(client.head("GET", "/poll/d?wait=20"))
            eventually(lambda: gateway.get("/healthz").status == 200, "it serves")
            started = time.monotonic()
            gateway.stop(wait=False)
            answer = client.answer()
            assert answer.status == 200 and answer.json["messages"] == []
            gateway.wait()
            assert time.monotonic() - started < 8
