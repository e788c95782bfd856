"""Real faults between the gateway and its NATS servers."""

import pytest

from harness.frames import FrameClient
from harness.gateway import Gateway
from harness.nats import NATSCluster, NATSServer
from harness.proxy import Proxy
from harness.topics import ROUTES, bridge, hears, sockets
from harness.waiting import eventually

pytestmark = pytest.mark.timeout(180)


def gateway_on(*urls: str) -> Gateway:
    listed = ", ".join(f'"{url}"' for url in urls)
    return Gateway(f"bus: {{ url: [{listed}] }}\n{ROUTES}")


def still_hear(one, two, text: str) -> None:
    """What one says reaches both, so the link carries both ways again."""
    one.send(text)
    hears(two, text)
    hears(one, text)


def test_a_cluster_loses_the_server_in_use():
    """Twice, so that one of three is left; sockets stay open and go on hearing."""
    with NATSCluster() as cluster, gateway_on(*cluster.urls) as gateway:
        with sockets(gateway, "/ws/room", "/ws/room") as (one, two):
            for turn in range(2):
                used = cluster.server_of("switchyard")
                used.kill()
                eventually(lambda: cluster.server_of("switchyard") is not used, "another server is used")
                gateway.wait_ready()
                still_hear(one, two, f"after loss {turn}")


def test_a_server_that_was_never_named_takes_over():
    """The gateway knows one server of three; the others it learned from that one."""
    with NATSCluster() as cluster, gateway_on(cluster.urls[0]) as gateway:
        with sockets(gateway, "/ws/room", "/ws/room") as (one, two):
            cluster.servers[0].kill()
            assert cluster.server_of("switchyard") is not cluster.servers[0]
            gateway.wait_ready()
            still_hear(one, two, "elsewhere")


def test_a_cut_link(nats):
    """The network fails again and again; nobody closes anything politely."""
    with Proxy(nats.port) as proxy, gateway_on(f"nats://127.0.0.1:{proxy.port}") as gateway:
        with sockets(gateway, "/ws/room", "/ws/room") as (one, two):
            for turn in range(3):
                proxy.cut(refuses=True)
                gateway.wait_ready(503)
                one.send(f"meanwhile {turn}")
                proxy.heal()
                gateway.wait_ready()
                hears(two, f"meanwhile {turn}")
                hears(one, f"meanwhile {turn}")
                still_hear(one, two, f"after cut {turn}")


def test_a_partition(nats):
    """The link stays open and nothing passes: found out by silence alone."""
    with Proxy(nats.port) as proxy, gateway_on(f"nats://127.0.0.1:{proxy.port}") as gateway:
        with sockets(gateway, "/ws/room", "/ws/room") as (one, two):
            still_hear(one, two, "before")
            proxy.blackhole()
            gateway.wait_ready(503, patience=60)
            proxy.cut()
            proxy.heal()
            gateway.wait_ready(patience=30)
            still_hear(one, two, "after")


def test_ten_thousand_visits_leave_nothing():
    def visits(gateway, count):
        for number in range(count // 50):
            clients = [FrameClient.open(gateway, f"/ws/visit.{number}.{index}") for index in range(50)]
            for client in clients:
                client.reset()

    with NATSServer() as server, bridge(server) as gateway:
        visits(gateway, 2000)
        server.wait_for_subscriptions([])
        memory, descriptors = gateway.resident, gateway.descriptors
        visits(gateway, 10_000)
        server.wait_for_subscriptions([])
        eventually(lambda: gateway.descriptors <= descriptors, "no descriptor is left")
        assert gateway.resident - memory < 4 << 20
