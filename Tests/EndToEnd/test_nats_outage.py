"""The NATS server goes away, comes back, freezes, or was never there."""

import json
import subprocess
import threading

import pytest
from websockets.exceptions import ConnectionClosed

from harness.frames import handshake
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.nats_client import NATSClient
from harness.paths import PATIENCE, binary, clean_environment
from harness.topics import ROUTES, bridge, hears, sockets
from harness.waiting import eventually

MEGABYTE = "x" * 1_000_000


@pytest.fixture
def gateway(nats):
    with bridge(nats) as gateway:
        yield gateway


def lose(gateway: Gateway, server: NATSServer) -> None:
    """Kills the server and waits until the gateway knows."""
    server.kill()
    gateway.wait_ready(503)


def regain(gateway: Gateway, server: NATSServer) -> None:
    server.start()
    gateway.wait_ready(200)


def add(gateway: Gateway, a: int):
    return gateway.post("/api/add/sum", json.dumps({"a": a, "b": 0}))


def test_an_outage(gateway, nats):
    """Old sockets stay and hear again; new ones are sent away with a time to come back."""
    with sockets(gateway, "/ws/add", "/ws/room", "/ws/room") as (results, one, two):
        lose(gateway, nats)
        assert gateway.get("/healthz").status == 200
        refused = handshake(gateway, "/ws/room")
        assert refused.status == 503
        assert int(refused.header("Retry-After")) > 0
        assert refused.json["error"]["code"] == 503
        assert results.ping().wait(PATIENCE) and one.ping().wait(PATIENCE)
        regain(gateway, nats)
        nats.wait_for_subscriptions(["add", "room"])
        one.send("again")
        hears(two, "again")
        assert add(gateway, 7).status == 200
        hears(results, "7")
        with sockets(gateway, "/ws/room") as (new,):
            new.send("new")
            hears(one, "again", "new")
    nats.wait_for_subscriptions([])


def test_three_outages(gateway, nats):
    with sockets(gateway, "/ws/room", "/ws/room") as (one, two):
        for turn in range(3):
            lose(gateway, nats)
            regain(gateway, nats)
            one.send(f"after outage {turn}")
            hears(two, f"after outage {turn}")
        assert nats.monitor("varz")["connections"] == 1


def test_what_is_published_meanwhile_arrives_later(gateway, nats):
    """In order, once, from the API and from sockets."""
    with sockets(gateway, "/ws/add", "/ws/room", "/ws/room") as (results, one, two):
        lose(gateway, nats)
        assert [add(gateway, number).status for number in range(20)] == [200] * 20
        for number in range(20):
            one.send(f"line {number}")
        one.send(b"\xff")
        assert one.ping().wait(PATIENCE)
        regain(gateway, nats)
        hears(results, *[str(number) for number in range(20)])
        hears(two, *[f"line {number}" for number in range(20)], b"\xff")


def test_a_socket_that_leaves_meanwhile(gateway, nats):
    with sockets(gateway, "/ws/stays", "/ws/leaves") as (stays, leaves):
        lose(gateway, nats)
        leaves.close()
        regain(gateway, nats)
        nats.wait_for_subscriptions(["stays"])
        stays.send("still here")
        hears(stays, "still here")


def test_more_than_can_wait_is_refused_aloud(gateway, nats):
    """What was accepted arrives, nothing else does."""
    with sockets(gateway, "/ws/add", "/ws/room", max_size=None) as (results, room):
        lose(gateway, nats)
        accepted = 0
        for number in range(40):
            answer = gateway.post("/api/add/concat", json.dumps({"a": f"{number:02}", "b": MEGABYTE}))
            if answer.status == 503:
                assert int(answer.header("Retry-After")) > 0
                break
            assert answer.status == 200
            accepted += 1
        else:
            raise AssertionError("40 MB were accepted into a bounded buffer")
        assert accepted > 0
        with pytest.raises(ConnectionClosed) as closed:
            room.send(MEGABYTE)
            room.recv(PATIENCE)
        assert closed.value.rcvd.code == 1013
        regain(gateway, nats)
        assert [results.recv(PATIENCE)[:2] for _ in range(accepted)] == [f"{number:02}" for number in range(accepted)]
        assert add(gateway, 1).status == 200
        hears(results, "1")


def test_traffic_all_the_while(gateway, nats):
    """No request fails but with 503, and no result is heard twice or out of order, however the server goes."""
    statuses, stop = [], threading.Event()

    def traffic():
        number = 0
        while not stop.is_set():
            statuses.append(add(gateway, number).status)
            number += 1

    with sockets(gateway, "/ws/add") as (results,):
        thread = threading.Thread(target=traffic)
        thread.start()
        try:
            for _ in range(2):
                before = len(statuses)
                eventually(lambda: len(statuses) > before + 200, "requests are answered")
                lose(gateway, nats)
                before = len(statuses)
                eventually(lambda: len(statuses) > before + 200, "requests are answered without a server")
                regain(gateway, nats)
            before = len(statuses)
            eventually(lambda: len(statuses) > before + 200, "requests are answered with it back")
        finally:
            stop.set()
            thread.join(PATIENCE)
        assert set(statuses) <= {200, 503}
        assert add(gateway, -1).status == 200
        heard = []
        while (message := int(results.recv(PATIENCE))) != -1:
            heard.append(message)
        assert heard == sorted(set(heard))
        assert set(heard) <= {number for number, status in enumerate(statuses) if status == 200}
        # What was on its way to the server when it was killed is lost with it; all else arrives.
        assert len(heard) > len(statuses) // 2


def test_a_server_that_freezes(gateway, nats):
    with sockets(gateway, "/ws/add") as (results,):
        nats.freeze()
        assert [add(gateway, number).status for number in range(50)] == [200] * 50
        assert results.ping().wait(PATIENCE)
        assert gateway.get("/healthz").status == 200
        nats.thaw()
        hears(results, *[str(number) for number in range(50)])


def test_started_before_its_server():
    server = NATSServer()
    with bridge(server, ready=False) as gateway:
        assert gateway.get("/readyz").status == 503
        assert gateway.get("/healthz").status == 200
        assert handshake(gateway, "/ws/room").status == 503
        assert add(gateway, 5).status == 200
        with server:
            gateway.wait_ready()
            with sockets(gateway, "/ws/room") as (one,):
                one.send("at last")
                hears(one, "at last")


def test_stopped_while_its_server_is_away(gateway, nats):
    """The `with` asserts exit status 0."""
    with sockets(gateway, "/ws/room") as (one,):
        lose(gateway, nats)
        assert add(gateway, 5).status == 200
        assert gateway.stop() == 0
        with pytest.raises(ConnectionClosed) as closed:
            one.recv(PATIENCE)
        assert closed.value.rcvd.code == 1001


def test_stopping_sends_what_waits(nats):
    """The last results before the end are not lost."""
    with NATSClient(nats) as foreign:
        foreign.subscribe("add")
        with bridge(nats) as gateway:
            for number in range(100):
                assert add(gateway, number).status == 200
            assert gateway.stop() == 0
        assert [foreign.message().payload for _ in range(100)] == [str(number).encode() for number in range(100)]


PASSWORD = "s3cr@t/w:rd"
ENCODED = "s3cr%40t%2Fw%3Ard"


def says_no_secret(gateway: Gateway, *secrets: str) -> None:
    everything = gateway.stdout.text + gateway.stderr.text
    assert not [secret for secret in secrets if secret in everything], everything


@pytest.mark.parametrize("name, url", [
    ("QS_NATS_URL", "nats:PASSWORD@127.0.0.1:PORT"), ("QS_NATS_URL", "nats://nats:PASSWORD@127.0.0.1:PORT"),
    ("NATS_URL", "nats:PASSWORD@127.0.0.1:PORT"),
])
def test_the_url_of_the_sample(name, url):
    """`nats` is the user; there is no scheme."""
    with NATSServer(user="nats", password=PASSWORD) as server:
        url = url.replace("PASSWORD", ENCODED).replace("PORT", str(server.port))
        with Gateway(ROUTES, env={name: url}) as gateway:
            with sockets(gateway, "/ws/room") as (one,):
                server.wait_for_subscriptions(["room"])
                one.send("through the server")
                hears(one, "through the server")
                lose(gateway, server)
                regain(gateway, server)
            gateway.stop()
            says_no_secret(gateway, PASSWORD, ENCODED)


def test_a_wrong_password():
    with NATSServer(user="nats", password="right") as server:
        url = f"nats:wr0ng-secret@127.0.0.1:{server.port}"
        with Gateway(ROUTES, env={"QS_NATS_URL": url}, ready=False) as gateway:
            gateway.stderr.wait_for("(?i)authori[sz]ation|authentication|password|credentials")
            assert gateway.get("/readyz").status == 503
            assert handshake(gateway, "/ws/room").status == 503
            assert gateway.get("/healthz").status == 200
            gateway.stop()
            says_no_secret(gateway, "wr0ng-secret")


def run(config: str, folder, env=None) -> subprocess.CompletedProcess:
    file = folder / "routes.yaml"
    file.write_text(config)
    return subprocess.run(
        [str(binary()), "run", str(file), "--listen", "127.0.0.1:0"], env=clean_environment(env), capture_output=True,
        text=True, timeout=PATIENCE)


def test_a_bus_that_is_required(tmp_path):
    server = NATSServer()
    config = f'bus: {{ url: "nats://nats:topsecret@127.0.0.1:{server.port}", required: true }}\n{ROUTES}'
    ended = run(config, tmp_path)
    assert ended.returncode == 1
    assert "bus" in ended.stderr
    assert "topsecret" not in ended.stdout + ended.stderr


def test_a_bus_that_is_required_and_there():
    with NATSServer() as server:
        with Gateway(f'bus: {{ url: "{server.url}", required: true }}\n{ROUTES}') as gateway:
            assert gateway.get("/readyz").status == 200


def test_a_cluster_of_which_one_is_left():
    """The second of the list takes over."""
    first = NATSServer()
    with NATSServer() as second, Gateway(f'bus: {{ url: ["{first.url}", "{second.url}"] }}\n{ROUTES}') as gateway:
        with sockets(gateway, "/ws/room") as (one,):
            one.send("x")
            hears(one, "x")
