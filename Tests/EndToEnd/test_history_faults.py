"""Faults while clients follow a channel with history: nothing is missing and nothing comes twice, by the stream's
sequences; what a fault destroyed is announced. Without history a gap in the link is announced.
"""

import asyncio
import json

import pytest

from harness.gateway import Gateway
from harness.nats import NATSCluster, NATSServer
from harness.nats_client import NATSClient
from harness.proxy import Proxy
from harness.resuming import Resumer, publish
from harness.topics import sockets
from harness.waiting import eventually

pytestmark = pytest.mark.timeout(240)

ROUTES = """
routes:
  - path: "/say/{room}"
    methods: [POST]
    handler: nats.publish
    with: { subject: "room.{room}", ack: true, timeout: 1s }
channels:
  - path: "/rooms/{room}"
    handler: nats.bridge
    with: { subject: "room.{room}", format: envelope, history: { stream: rooms, messages: 100000, create: CREATE } }
  - { path: "/plain/{room}", handler: nats.bridge, with: { subject: "plain.{room}", format: envelope } }
  - { path: "/raw/{room}", handler: nats.bridge, with: { subject: "plain.{room}" } }
limits: { queue: 32MB }
"""
COUNT = 400


def gateway_on(*urls: str, creates: bool = True) -> Gateway:
    listed = ", ".join(f'"{url}"' for url in urls)
    return Gateway(f"bus: {{ url: [{listed}] }}\n" + ROUTES.replace("CREATE", str(creates).lower()))


async def nothing_missing_nothing_twice(gateway: Gateway, fault, clients: int = 5, count: int = COUNT) -> list[Resumer]:
    """Half of the messages, then the fault with the other half under way; what every client has then."""
    resumers = [Resumer(gateway, "/rooms/a") for _ in range(clients)]
    try:
        for resumer in resumers:
            await resumer.wait(lambda it: it.connections, "it is connected")
        await publish(gateway, "/say/a", 0, count // 2)
        publishing = asyncio.create_task(publish(gateway, "/say/a", count // 2, count - count // 2, pause=0.005))
        await fault(resumers)
        await asyncio.wait_for(publishing, 120)
        await publish(gateway, "/say/a", count, 1)
        expected = [str(number) for number in range(count + 1)]
        for resumer in resumers:
            await resumer.wait(lambda it: it.texts and it.texts[-1] == str(count), "the last message is heard", 60)
            assert resumer.texts == expected
            assert all(a < b for a, b in zip(resumer.sequences, resumer.sequences[1:]))
            assert resumer.heard_of("gap") == [] and resumer.heard_of("dropped") == []
        return resumers
    finally:
        for resumer in resumers:
            await resumer.close()


def in_thread(action):
    async def fault(_):
        await asyncio.to_thread(action)
    return fault


def test_the_server_is_killed_and_comes_back():
    with NATSServer(jetstream=True) as server, gateway_on(server.url) as gateway:
        async def fault(resumers):
            for _ in range(2):
                await asyncio.sleep(0.3)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(gateway.wait_ready, 503)
                await asyncio.to_thread(server.restart)
                await asyncio.to_thread(gateway.wait_ready)
        resumers = asyncio.run(nothing_missing_nothing_twice(gateway, fault))
        for resumer in resumers:
            # Its socket stayed, and it was told.
            assert resumer.connections == 1
            assert [notice["state"] for notice in resumer.heard_of("bus")] == ["down", "up", "down", "up"]


def test_the_server_stops_for_seconds():
    with NATSServer(jetstream=True) as server, gateway_on(server.url) as gateway:
        async def fault(resumers):
            await asyncio.sleep(0.3)
            server.freeze()
            await asyncio.sleep(3)
            server.thaw()
        asyncio.run(nothing_missing_nothing_twice(gateway, fault))


def test_a_cluster_loses_the_server_in_use():
    with NATSCluster(jetstream=True) as cluster:
        with NATSClient(cluster.servers[0]) as client:
            stream = json.dumps({"name": "rooms", "subjects": ["room.>"], "num_replicas": 3}).encode()
            # A leader that has just been chosen does not know its peers yet.
            eventually(
                lambda: "error" not in json.loads(client.request("$JS.API.STREAM.CREATE.rooms", stream).payload),
                "the stream is made", pause=0.2)
        with gateway_on(*cluster.urls, creates=False) as gateway:
            async def fault(resumers):
                await asyncio.sleep(0.3)
                used = await asyncio.to_thread(cluster.server_of, "switchyard")
                await asyncio.to_thread(used.kill)
            asyncio.run(nothing_missing_nothing_twice(gateway, fault))


def test_the_gateway_is_cut_off():
    """Its link is open and carries nothing; then it is found dead, and another is made."""
    with NATSServer(jetstream=True) as server, Proxy(server.port) as proxy:
        with gateway_on(f"nats://127.0.0.1:{proxy.port}") as gateway:
            async def fault(resumers):
                await asyncio.sleep(0.3)
                proxy.blackhole()
                await asyncio.to_thread(gateway.wait_ready, 503, 60)
                proxy.cut()
                proxy.heal()
            asyncio.run(nothing_missing_nothing_twice(gateway, fault))


def test_clients_are_reset_all_the_time():
    with NATSServer(jetstream=True) as server, gateway_on(server.url) as gateway:
        async def fault(resumers):
            for _ in range(20):
                await asyncio.sleep(0.1)
                for resumer in resumers:
                    resumer.reset()
        resumers = asyncio.run(nothing_missing_nothing_twice(gateway, fault))
        assert all(resumer.connections > 5 for resumer in resumers)


def test_the_gateway_is_killed_and_comes_back():
    with NATSServer(jetstream=True) as server, gateway_on(server.url) as gateway:
        async def fault(resumers):
            await asyncio.sleep(0.3)
            await asyncio.to_thread(gateway.kill)
            await asyncio.to_thread(gateway.restart_on_same_port)
        asyncio.run(nothing_missing_nothing_twice(gateway, fault))


@pytest.mark.parametrize("bus", ["embedded", "nats"])
def test_two_thousand_come_back_at_once(bus):
    """All are reset in the same moment; each gets what was published meanwhile, once."""
    with NATSServer(jetstream=True) as server:
        with gateway_on(server.url if bus == "nats" else "embedded:") as gateway:
            async def storm():
                resumers = [Resumer(gateway, "/rooms/a") for _ in range(2000)]
                for resumer in resumers:
                    await resumer.wait(lambda it: it.connections, "it is connected", 60)
                await publish(gateway, "/say/a", 0, 3)
                for resumer in resumers:
                    await resumer.wait(lambda it: len(it.texts) == 3, "it has the first messages", 60)
                for resumer in resumers:
                    resumer.reset()
                await publish(gateway, "/say/a", 3, 20)
                for resumer in resumers:
                    await resumer.wait(lambda it: len(it.texts) >= 23, "it has all messages", 120)
                    assert resumer.texts == [str(number) for number in range(23)]
                    assert resumer.heard_of("gap") == []
                for resumer in resumers:
                    await resumer.close()
            asyncio.run(storm())


def test_a_deleted_stream_is_announced():
    with NATSServer(jetstream=True) as server, gateway_on(server.url) as gateway, NATSClient(server) as admin:
        async def body():
            resumer = Resumer(gateway, "/rooms/a")
            await resumer.wait(lambda it: it.connections, "it is connected")
            await publish(gateway, "/say/a", 0, 3)
            await resumer.wait(lambda it: len(it.texts) == 3, "it has the first messages")
            first_life = resumer.last
            await asyncio.to_thread(admin.jetstream, "STREAM.DELETE.rooms")
            await asyncio.to_thread(
                lambda: admin.jetstream("STREAM.CREATE.rooms", name="rooms", subjects=["room.>"]))
            await resumer.wait(lambda it: it.heard_of("gap"), "the gap is announced", 60)
            await publish(gateway, "/say/a", 3, 3)
            await resumer.wait(lambda it: len(it.texts) == 6, "it hears the new stream")
            assert resumer.texts == [str(number) for number in range(6)]
            assert resumer.sequences == [1, 2, 3, 1, 2, 3]
            # Who comes back with a place in the old stream is told too, and gets the new one from its beginning.
            resumer.last, resumer.texts, resumer.notices = first_life, [], []
            resumer.reset()
            await resumer.wait(lambda it: len(it.texts) == 3, "it hears the new stream again")
            assert resumer.texts == ["3", "4", "5"] and len(resumer.heard_of("gap")) == 1
            await resumer.close()
        asyncio.run(body())


def test_without_history_a_gap_in_the_link_is_announced(nats):
    with gateway_on(nats.url) as gateway:
        with sockets(gateway, "/plain/a", "/raw/a") as (told, raw):
            nats.kill()
            gateway.wait_ready(503)
            nats.restart()
            gateway.wait_ready()
            raw.send("after")
            heard = [json.loads(told.recv(20)) for _ in range(4)]
            assert heard[:3] == [
                {"type": "bus", "state": "down"}, {"type": "bus", "state": "up"}, {"type": "gap"}]
            assert heard[3]["data"] == "after"
            # Whoever asked for payloads alone gets nothing else.
            assert raw.recv(20) == "after"
