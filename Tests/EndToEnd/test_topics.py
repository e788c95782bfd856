"""Which topics there are, and that no topic is a way into the broker's protocol."""

import pytest

from harness.frames import ACCEPT, HANDSHAKE, handshake
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.nats_client import NATSClient
from harness.topics import bridge, hears, sockets


@pytest.fixture(scope="module")
def server():
    with NATSServer() as server:
        yield server


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request, server):
    with bridge(server if request.param == "nats" else None) as gateway:
        yield gateway


@pytest.mark.parametrize("topic, path", [
    ("東京", "/ws/%E6%9D%B1%E4%BA%AC"), ("Grüße", "/ws/Gr%C3%BC%C3%9Fe"), ("\U0001F682", "/ws/%F0%9F%9A%82"),
    ("a.b.c", "/ws/a.b.c"), ("a%b", "/ws/a%25b"), ("a+b", "/ws/a+b"), ("q?s#h", "/ws/q%3Fs%23h"), ("_x", "/ws/_x"),
    ("INBOX.a", "/ws/INBOX.a"), ("_INBOXES", "/ws/_INBOXES"), ("a$b", "/ws/a$b"), ("a:b'c\"d\\e", "/ws/a:b'c%22d%5Ce"),
    ("x" * 200, "/ws/" + "x" * 200),
])
def test_topics_of_any_letters(gateway, topic, path):
    """Two spellings of one topic are one topic; `+` is no space."""
    everything_encoded = "/ws/" + "".join(f"%{byte:02x}" for byte in topic.encode())
    with sockets(gateway, path, everything_encoded) as (one, two):
        one.send(topic)
        hears(one, topic)
        hears(two, topic)


def test_a_topic_is_the_subject_on_the_broker(server):
    with bridge(server) as gateway, NATSClient(server) as foreign:
        foreign.subscribe(">")
        for path, subject in [("/ws/a.b", "a.b"), ("/tree/a/b", "tree.a.b"), ("/ws/%E6%9D%B1", "東")]:
            with sockets(gateway, path) as (one,):
                one.send("x")
                assert foreign.message()[:2] == (subject, b"x")


HOSTILE = [
    ("/ws/a%200%0D%0A%0D%0APUB%20victim%205%0D%0Aowned", 400), ("/ws/a%0D%0APUB%20victim%205%0D%0Aowned%0D%0A", 400),
    ("/ws/a%0Ab", 400), ("/ws/a%0Db", 400), ("/ws/a%20b", 400), ("/ws/a%09b", 400), ("/ws/%20", 400), ("/ws/a%00", 400),
    ("/ws/%00", 400), ("/ws/a%7F", 400), ("/ws/a%1Fb", 400), ("/ws/%3E", 400), ("/ws/>", 400), ("/ws/a.%3E", 400),
    ("/ws/*", 400), ("/ws/%2A", 400), ("/ws/a.*.b", 400), ("/ws/a*", 400), ("/ws/a..b", 400), ("/ws/.a", 400),
    ("/ws/a.", 400), ("/ws/%2Ea", 400), ("/ws/a%2E", 400), ("/ws/%2E%2E%2E", 400), ("/ws/a%C2%A0b", 400),
    ("/ws/a%C2%85b", 400), ("/ws/a%E2%80%A8b", 400), ("/ws/a%E3%80%80b", 400),
    ("/ws/$SYS.REQ.SERVER.PING", 403), ("/ws/$SYS", 403), ("/ws/%24SYS.x", 403),
    ("/ws/$JS.API.STREAM.LIST", 403), ("/ws/$x", 403), ("/ws/_INBOX.x", 403), ("/ws/_INBOX", 403),
    ("/ws/%5FINBOX.x", 403), ("/ws/" + "x" * 2000, 400), ("/tree/a//b", 400), ("/tree/", 400), ("/tree/a/%3E", 400),
    ("/tree/a%20b", 400), ("/tree/a/", 400),
]


def not_upgraded(gateway, path: str) -> int:
    answer = handshake(gateway, path)
    assert answer.status != 101, f"{path} was upgraded"
    return answer.status


@pytest.mark.parametrize("path, status", HOSTILE, ids=[path[:40] for path, _ in HOSTILE])
def test_hostile_topics_are_refused_before_the_upgrade(gateway, path, status):
    """A path with `//` within may also be normalised, before any handler sees it."""
    answer = handshake(gateway, path)
    if answer.status == 302:
        assert "//" in path
        return
    assert answer.status == status
    assert answer.json["error"]["code"] == status
    assert answer.json["requestId"]


@pytest.mark.parametrize("one, two", [("%FF", "%FE"), ("a%C0%AE", "a%C0%AF"), ("%ED%A0%80", "%ED%A0%81")])
def test_bytes_that_are_no_text_do_not_become_one_topic(gateway, one, two):
    """Replacing what is not UTF-8 would bring strangers together: refused, or kept apart."""
    status = not_upgraded(gateway, f"/ws/{one}")
    assert status == not_upgraded(gateway, f"/ws/{two}")
    assert status in (400, 404)


@pytest.mark.parametrize("path", ["/ws/", "/ws", "/ws/..", "/ws/%2E%2E", "/ws/a/b", "/ws/."])
def test_what_is_no_topic_is_not_upgraded(gateway, path):
    assert not_upgraded(gateway, path) in (302, 400, 404)


def test_hostile_topics_publish_nothing(server):
    with bridge(server) as gateway, NATSClient(server) as foreign:
        foreign.subscribe(">")
        before = server.subscriptions()
        for path, _ in HOSTILE:
            # With a message right behind the handshake, as one would send it who hopes for the upgrade.
            with gateway.connect() as client:
                client.send(client.head("GET", path, HANDSHAKE) + b"\x85\x85\0\0\0\0owned")
                assert client.answer_head().status != 101
        foreign.publish("the.end", b"")
        assert foreign.message().subject == "the.end"
        assert server.subscriptions() == before


def test_reserved_subjects_where_the_route_allows_them(server):
    route = """channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}", reserved: true } }
"""
    with Gateway(f'bus: {{ url: "{server.url}" }}\n{route}') as gateway, sockets(gateway, "/ws/_INBOX.mine") as (one,):
        one.send("x")
        hears(one, "x")


def test_the_handshake_of_the_rfc(gateway):
    answer = handshake(gateway, "/ws/a")
    assert answer.status == 101
    assert answer.header("Sec-WebSocket-Accept") == ACCEPT
