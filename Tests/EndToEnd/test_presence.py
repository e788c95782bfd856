"""Who is on a channel: in one gateway, and over several on one NATS server."""

import json

import pytest

from harness.buses import on_bus
from harness.events import EventStream
from harness.frames import FrameClient
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.nats_client import NATSClient
from harness.paths import PATIENCE
from harness.topics import sockets
from harness.waiting import eventually

ROUTES = """
routes:
  - { path: "/who/{room}", handler: nats.presence, with: { subject: "room.{room}" } }
  - { path: "/count/{room}", handler: nats.presence, with: { subject: "room.{room}", clients: false } }
  - path: "/events/{room}/{nick}"
    handler: nats.sse
    with: { subject: "room.{room}", presence: { name: "{nick}" } }
channels:
  - path: "/ws/{room}/{nick}"
    handler: nats.bridge
    with: { subject: "room.{room}", presence: { name: "{nick}" } }
  - { path: "/ws/{room}", handler: nats.bridge, with: { subject: "room.{room}", presence: true } }
  - { path: "/changes/{room}", handler: nats.bridge, with: { subject: "presence.room.{room}", direction: subscribe } }
"""


def on(server: NATSServer) -> Gateway:
    return Gateway(f'bus: {{ url: "{server.url}" }}\n{ROUTES}')


@pytest.fixture(scope="module", params=["embedded", "nats"])
def gateway(request):
    with on_bus(request.param, ROUTES) as gateway:
        yield gateway


@pytest.fixture
def two(nats):
    """Two gateways on one server; the first is the older one."""
    with on(nats) as one, on(nats) as other:
        yield one, other


def who(gateway, room: str) -> tuple[int, dict[str, int]]:
    """How many, and the names with their connections."""
    answer = gateway.get(f"/who/{room}")
    assert answer.status == 200 and answer.header("Cache-Control") == "no-store"
    assert answer.json["channel"] == f"room.{room}"
    return answer.json["count"], {client["name"]: client["connections"] for client in answer.json["clients"]}


def waits_for(gateway, room: str, count: int, names: dict[str, int], patience: float = PATIENCE) -> None:
    eventually(lambda: who(gateway, room) == (count, names), f"{count} are there: {names}", patience)


def test_who_is_there(gateway):
    assert who(gateway, "a") == (0, {})
    with sockets(gateway, "/ws/a/ada", "/ws/a/bob", "/ws/a/bob", "/ws/a", "/ws/b/eve") as (ada, *_):
        assert who(gateway, "a") == (3, {"ada": 1, "bob": 2})
        assert gateway.get("/count/a").json == {"channel": "room.a", "count": 3, "connections": 4}
        ada.close()
        waits_for(gateway, "a", 2, {"bob": 2})
    waits_for(gateway, "a", 0, {})
    waits_for(gateway, "b", 0, {})


def test_however_they_leave(gateway):
    clients = [FrameClient.open(gateway, f"/ws/leave/{number}") for number in range(20)]
    assert who(gateway, "leave")[0] == 20
    for number, client in enumerate(clients):
        client.reset() if number % 2 else client.close()
    waits_for(gateway, "leave", 0, {})


def test_event_streams_count_too(gateway):
    with EventStream.open(gateway, "/events/sse/ada"):
        assert who(gateway, "sse") == (1, {"ada": 1})
        with gateway.connect() as client:
            client.request("HEAD", "/events/sse/eve")
            assert who(gateway, "sse") == (1, {"ada": 1})
    waits_for(gateway, "sse", 0, {})


def test_comings_and_goings_are_announced(gateway):
    with sockets(gateway, "/changes/c") as (changes,):
        def told() -> dict:
            return json.loads(changes.recv(PATIENCE))
        with sockets(gateway, "/ws/c/ada") as (ada,):
            assert told() == {"type": "join", "channel": "room.c", "name": "ada", "count": 1}
            with sockets(gateway, "/ws/c/ada", "/ws/c"):
                assert told() == {"type": "join", "channel": "room.c", "count": 2}
            assert told() == {"type": "leave", "channel": "room.c", "count": 1}
        assert told() == {"type": "leave", "channel": "room.c", "name": "ada", "count": 0}


@pytest.mark.parametrize("name, path", [("Grüße", "Gr%C3%BC%C3%9Fe"), ("a b\n", "a%20b%0A"), ("%", "%25"), ("<\">", "%3C%22%3E")])
def test_names_of_any_letters(gateway, name, path):
    with sockets(gateway, f"/ws/names/{path}"):
        assert who(gateway, "names") == (1, {name: 1})
    waits_for(gateway, "names", 0, {})


@pytest.mark.parametrize("target, status", [("/who/a%20b", 400), ("/who/*", 400)])
def test_what_is_refused(gateway, target, status):
    assert gateway.get(target).status == status


def test_several_gateways(two):
    one, other = two
    with sockets(one, "/ws/x/ada", "/ws/x/bob"), sockets(other, "/ws/x/bob", "/ws/x"):
        for gateway in two:
            waits_for(gateway, "x", 3, {"ada": 1, "bob": 2})
    for gateway in two:
        waits_for(gateway, "x", 0, {})


def test_who_starts_later_learns_who_is_there(nats):
    with on(nats) as one, sockets(one, "/ws/y/ada", "/ws/y"):
        with on(nats) as late:
            waits_for(late, "y", 2, {"ada": 1})


def test_a_gateway_that_stops_takes_its_clients_along(nats):
    with on(nats) as one:
        with on(nats) as other, sockets(other, "/ws/z/ada"):
            waits_for(one, "z", 1, {"ada": 1})
            other.stop()
        waits_for(one, "z", 0, {})


def test_a_gateway_that_dies_is_noticed(nats):
    """After three beats; and its people are announced as gone, by one who lives."""
    with on(nats) as one, on(nats) as other:
        with sockets(one, "/changes/d") as (changes,):
            with sockets(other, "/ws/d/ada", "/ws/d/bob"):
                waits_for(one, "d", 2, {"ada": 1, "bob": 1})
                other.kill()
            waits_for(one, "d", 0, {}, 2 * PATIENCE)
            told = [json.loads(changes.recv(PATIENCE)) for _ in range(4)]
            assert [(change["type"], change["name"]) for change in told[:2]] == [("join", "ada"), ("join", "bob")]
            assert sorted((change["type"], change["name"]) for change in told[2:]) == [("leave", "ada"), ("leave", "bob")]


def test_the_announcing_gateway_dies(nats):
    """The next one goes on announcing."""
    with on(nats) as one, on(nats) as other, sockets(other, "/changes/e") as (changes,):
        with sockets(other, "/ws/e/ada"):
            assert json.loads(changes.recv(PATIENCE))["type"] == "join"
            one.kill()
        told = json.loads(changes.recv(2 * PATIENCE))
        assert (told["type"], told["name"], told["count"]) == ("leave", "ada", 0)


def test_an_outage_of_the_server_makes_nobody_leave(two, nats):
    one, other = two
    with sockets(one, "/changes/o", "/ws/o/ada") as (changes, _), sockets(other, "/ws/o/bob"):
        for gateway in two:
            waits_for(gateway, "o", 2, {"ada": 1, "bob": 1})
        nats.kill()
        for gateway in two:
            gateway.wait_ready(503)
            assert who(gateway, "o") == (2, {"ada": 1, "bob": 1})
        nats.start()
        for gateway in two:
            gateway.wait_ready()
            waits_for(gateway, "o", 2, {"ada": 1, "bob": 1})
        with sockets(other, "/ws/o/eve"):
            for gateway in two:
                waits_for(gateway, "o", 3, {"ada": 1, "bob": 1, "eve": 1})
            told = [json.loads(changes.recv(PATIENCE)) for _ in range(3)]
            assert [(change["type"], change["name"]) for change in told] == [
                ("join", "ada"), ("join", "bob"), ("join", "eve")]


def test_clients_cannot_forge_it(two, nats):
    """The processes' subject is reserved; who has the bus itself is believed."""
    from harness.frames import handshake
    with Gateway(f'bus: {{ url: "{nats.url}" }}\n' + """
channels: [{ path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }]
""") as careless:
        assert handshake(careless, "/ws/$SWITCHYARD.presence").status == 403
    with NATSClient(nats) as foreign:
        foreign.publish("$SWITCHYARD.presence", b"change z-10 1 room.f 3 mallory")
        waits_for(two[0], "f", 1, {"mallory": 3})
        foreign.publish("$SWITCHYARD.presence", b"end z-10 1")
        waits_for(two[0], "f", 0, {})
