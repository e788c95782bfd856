"""`nats.bridge` with a history: who comes back gets what it missed, in order, once, and then goes on live."""

import threading

import pytest

from harness.buses import on_bus
from harness.envelopes import Reader, payload
from harness.frames import HANDSHAKE, handshake
from harness.topics import hears, sockets

ROUTES = """
routes:
  - { path: "/say/{topic}", methods: [POST], handler: nats.publish, with: { subject: "h.{topic}", ack: true } }
channels:
  - path: "/kept/{topic}"
    handler: nats.bridge
    with: { subject: "h.{topic}", format: envelope, history: { stream: H, subjects: h.>, messages: 50000 } }
  - path: "/last/{topic}"
    handler: nats.bridge
    with: { subject: "h.{topic}", format: envelope, history: { stream: H, subjects: h.>, messages: 50000 }, last: 3 }
  - path: "/raw/{topic}"
    handler: nats.bridge
    with: { subject: "h.{topic}", history: { stream: H, subjects: h.>, messages: 50000 }, last: 3 }
  - path: /values
    handler: nats.bridge
    with:
      subscribe: h.value.*
      direction: subscribe
      wildcards: true
      format: envelope
      history: { stream: H, subjects: h.>, messages: 50000 }
      last-value: true
  - path: "/short/{topic}"
    handler: nats.bridge
    with: { subject: "s.{topic}", format: envelope, history: { stream: S, messages: 50 } }
  - { path: "/plain/{topic}", handler: nats.bridge, with: { subject: "p.{topic}", format: envelope } }
"""


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request):
    with on_bus(request.param, ROUTES) as gateway:
        yield gateway


def test_messages_have_their_place(gateway):
    with sockets(gateway, "/kept/a") as (socket,):
        reader = Reader(socket).live()
        for text in ("one", "two"):
            socket.send(text)
        one, two = reader.message(), reader.message()
        assert (payload(one), payload(two)) == ("one", "two")
        assert two["sequence"] == one["sequence"] + 1
        assert one["id"].endswith(str(one["sequence"]))
        assert one["time"].endswith("Z") and one["time"] <= two["time"]


def test_who_comes_back_has_missed_nothing(gateway):
    with sockets(gateway, "/kept/b", "/kept/b") as (leaves, stays):
        Reader(stays).live()
        Reader(leaves).live()
        stays.send("1")
        last = Reader(leaves).message()["id"]
        leaves.close()
        for text in "2345":
            stays.send(text)
        assert Reader(stays).payloads(5) == list("12345")
        for path, headers in [(f"/kept/b?since={last}", {}), ("/kept/b", {"Last-Event-ID": last})]:
            with sockets(gateway, path, additional_headers=headers) as (back,):
                reader = Reader(back)
                assert reader.payloads(4) == list("2345")
                assert reader.notice("live")["id"]
        with sockets(gateway, f"/kept/b?since={last}") as (back,):
            reader = Reader(back)
            assert reader.payloads(4) == list("2345")
            back.send("6")
            assert reader.payloads(1) == ["6"]
            assert [notice["type"] for notice in reader.notices] == ["live"]


def test_coming_and_going_while_much_is_said(gateway):
    """By stream sequence: none is missing and none comes twice, over many connections."""
    count = 2000
    with sockets(gateway, "/kept/busy") as (speaker,):
        since = Reader(speaker).notice("live")["id"]

        def talk():
            for number in range(count):
                speaker.send(str(number))
        thread = threading.Thread(target=talk)
        thread.start()
        heard = []
        while len(heard) < count:
            with sockets(gateway, f"/kept/busy?since={since}") as (socket,):
                reader = Reader(socket)
                for _ in range(min(97, count - len(heard))):
                    message = reader.message()
                    heard.append(payload(message))
                    since = message["id"]
                assert [notice["type"] for notice in reader.notices] in ([], ["live"])
        thread.join()
        assert heard == [str(number) for number in range(count)]


def test_the_last_ones_first(gateway):
    with sockets(gateway, "/kept/last") as (speaker,):
        reader = Reader(speaker).live()
        for text in "abcde":
            speaker.send(text)
        ids = [reader.message()["id"] for _ in range(5)]
        with sockets(gateway, "/last/last", "/raw/last", f"/last/last?since={ids[0]}") as (last, raw, since):
            assert Reader(last).payloads(3) == list("cde")
            hears(raw, *"cde")
            assert Reader(since).payloads(4) == list("bcde")
            speaker.send("f")
            assert Reader(last).payloads(1) == ["f"]
            hears(raw, "f")


def test_fewer_than_the_last_ones(gateway):
    with sockets(gateway, "/last/few") as (first,):
        Reader(first).live()
        first.send("a")
        assert Reader(first).payloads(1) == ["a"]
    with sockets(gateway, "/last/few") as (second,):
        assert Reader(second).payloads(1) == ["a"]


def test_the_last_value_of_each_subject(gateway):
    for number in range(3):
        for name in ("x", "y", "z"):
            assert gateway.post(f"/say/value.{name}", f"{name}{number}", [("Content-Type", "text/plain")]).status == 200
    with sockets(gateway, "/values") as (socket,):
        reader = Reader(socket)
        assert sorted(reader.payloads(3)) == ["x2", "y2", "z2"]
        reader.notice("live")
        gateway.post("/say/value.y", "y3", [("Content-Type", "text/plain")])
        assert reader.payloads(1) == ["y3"]


def test_what_is_gone_is_told(gateway):
    with sockets(gateway, "/short/g") as (speaker,):
        reader = Reader(speaker).live()
        speaker.send("first")
        first = reader.message()["id"]
        for number in range(120):
            speaker.send(str(number))
        # Some of them may be gone before the gateway itself has them: that is told as well.
        while payload(reader.message()) != "119":
            pass
        with sockets(gateway, f"/short/g?since={first}") as (back,):
            returned = Reader(back)
            assert returned.notice("gap")
            assert returned.payloads(50) == [str(number) for number in range(70, 120)]
            assert returned.notice("live")


@pytest.mark.parametrize("token", ["otherlife:1", "999999999"])
def test_a_place_in_another_life_of_the_stream(gateway, token):
    with sockets(gateway, "/short/other") as (speaker,):
        reader = Reader(speaker).live()
        speaker.send("kept")
        reader.payloads(1)
        with sockets(gateway, f"/short/other?since={token}") as (back,):
            reader = Reader(back)
            assert reader.notice("gap")
            assert reader.payloads(1) == ["kept"]


@pytest.mark.parametrize("path, headers, reason", [
    ("/kept/a?since=x", [], "must be the id of a message"), ("/kept/a", [("Last-Event-ID", "1:2:3")], "must be the id"),
    ("/raw/a?since=1", [], "format: envelope"), ("/raw/a", [("Last-Event-ID", "1")], "format: envelope"),
    ("/plain/a?since=1", [], "nothing is kept here"),
])
def test_what_is_refused(gateway, path, headers, reason):
    answer = handshake(gateway, path, [*HANDSHAKE, *headers])
    assert answer.status == 400
    assert reason in answer.json["error"]["message"]


def test_two_gateways_have_one_history():
    with on_bus("nats", ROUTES) as one, on_same_bus(one) as two:
        with sockets(one, "/kept/shared") as (first,):
            reader = Reader(first).live()
            first.send("a")
            since = reader.message()["id"]
            first.send("b")
            reader.payloads(1)
        with sockets(two, f"/kept/shared?since={since}") as (second,):
            assert Reader(second).payloads(1) == ["b"]


def on_same_bus(gateway):
    from harness.gateway import Gateway
    return Gateway(f'bus: {{ url: "{gateway.nats.url}" }}\n{ROUTES}')


def test_a_nats_server_that_is_killed_and_comes_back():
    """With history an outage costs nothing that was stored: what the link missed is made up for."""
    with on_bus("nats", ROUTES) as gateway, sockets(gateway, "/kept/outage", "/kept/outage") as (one, two):
        reader = Reader(two).live()
        one.send("before")
        assert reader.payloads(1) == ["before"]
        gateway.nats.kill()
        gateway.wait_ready(503)
        one.send("meanwhile")
        gateway.nats.start()
        gateway.wait_ready()
        one.send("after")
        assert reader.payloads(2) == ["meanwhile", "after"]


def test_what_the_embedded_bus_kept_is_gone_after_a_restart():
    """And that is told: a token has the stream's life in it."""
    with on_bus("embedded", ROUTES) as gateway:
        with sockets(gateway, "/kept/life") as (socket,):
            since = Reader(socket).notice("live")["id"]
        gateway.stop()
        gateway.restart_on_same_port()
        with sockets(gateway, f"/kept/life?since={since}") as (socket,):
            assert Reader(socket).notice("gap")


@pytest.mark.parametrize("bus", ["embedded", "nats"])
def test_a_reload_keeps_what_was_kept(bus):
    """Also where the channel itself has changed: its new handler opens the history before the old one closes it."""
    with on_bus(bus, ROUTES) as gateway:
        with sockets(gateway, "/kept/reload") as (socket,):
            reader = Reader(socket).live()
            for text in "abc":
                socket.send(text)
            reader.payloads(3)
        gateway.reload(gateway.file.read_text().replace("last: 3", "last: 2"))
        with sockets(gateway, "/last/reload") as (socket,):
            reader = Reader(socket)
            assert reader.payloads(2) == ["b", "c"]
            reader.live()
