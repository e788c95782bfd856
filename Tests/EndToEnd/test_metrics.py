"""`gateway.metrics` and what /readyz says of the bus."""

import re

import pytest

from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.topics import hears, sockets
from harness.waiting import eventually

CONFIG = """
routes: [{ path: /metrics, methods: [GET], handler: gateway.metrics }]
channels: [{ path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }]
"""
SAMPLE = re.compile(r'switchyard_([a-z_]+(?:\{reason="[a-z_]+"\})?) (\d+)$')


def metrics(gateway) -> dict[str, int]:
    """Every sample, after the form has been checked: HELP, TYPE, then samples of that name, each once."""
    answer = gateway.get("/metrics")
    assert answer.status == 200
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    samples, name, kind = {}, None, None
    for line in answer.body.decode().splitlines():
        if line.startswith("# HELP "):
            name, kind = line.split()[2], None
        elif line.startswith("# TYPE "):
            assert line.split()[2] == name
            kind = line.split()[3]
            assert kind == ("counter" if name.endswith("_total") else "gauge")
        else:
            found = SAMPLE.match(line)
            assert found and kind and line.startswith(name), line
            assert found[1] not in samples
            samples[found[1]] = int(found[2])
    return samples


def test_counts_what_happens(gateway):
    before = metrics(gateway)
    assert before["bus_up"] == 1 and "bus_reconnects_total" not in before
    with sockets(gateway, "/ws/m", "/ws/m", "/ws/n") as (one, two, _):
        one.send("x")
        hears(one, "x")
        hears(two, "x")
        now = metrics(gateway)
        assert now["sockets_open"] == 3 and now["feeds"] == 2
        assert now["sockets_opened_total"] == before["sockets_opened_total"] + 3
        assert now["deliveries_total"] == before["deliveries_total"] + 2
        # The sockets and who asks; who asked before may not be gone yet.
        assert now["connections_open"] >= 4
        assert now["requests_total"] == before["requests_total"] + 4
        assert now["backlog_bytes"] == 0
    eventually(lambda: metrics(gateway)["sockets_open"] == 0, "the sockets are gone")
    with gateway.connect() as client:
        client.send(b"nonsense\r\n\r\n")
        client.answer()
    assert metrics(gateway)["heads_refused_total"] == before["heads_refused_total"] + 1


@pytest.mark.timeout(60)
def test_the_link_to_a_server():
    with NATSServer() as server:
        with Gateway(CONFIG, env={"NATS_URL": server.url}) as gateway:
            assert gateway.get("/readyz").body == b"ready\nbus: connected, 0 reconnects\n"
            with sockets(gateway, "/ws/m") as (one,):
                one.send("x")
                hears(one, "x")
                now = metrics(gateway)
                assert now["bus_up"] == 1 and now["bus_subscriptions"] == 1
                assert now["bus_published_total"] == 1 and now["bus_received_total"] == 1
                server.kill()
                eventually(lambda: metrics(gateway)["bus_up"] == 0, "the bus is down")
                one.send("y")
                eventually(lambda: metrics(gateway)["bus_waiting_messages"] == 1, "a message waits")
                assert metrics(gateway)["bus_waiting_bytes"] > 0
                server.restart()
                hears(one, "y")
                now = metrics(gateway)
                assert now["bus_up"] == 1 and now["bus_reconnects_total"] == 1 and now["bus_waiting_messages"] == 0
            assert gateway.get("/readyz").body == b"ready\nbus: connected, 1 reconnects\n"
