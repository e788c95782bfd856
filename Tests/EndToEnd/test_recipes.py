"""docs/recipes.md: each file does what its section says, on either bus."""

import asyncio
import json
import re
import threading

import aiohttp
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness.buses import on_bus
from harness.envelopes import Reader
from harness.events import EventStream
from harness.frames import FrameClient, handshake
from harness.nats_client import NATSClient
from harness.paths import PATIENCE, REPOSITORY
from harness.tokens import Signer, soon
from harness.topics import hears, sockets
from harness.waiting import eventually

TEXT = [("Content-Type", "text/plain")]


def recipes() -> dict[str, str]:
    """By their headings."""
    page = (REPOSITORY / "docs" / "recipes.md").read_text()
    found = {}
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```yaml recipe\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        assert len(blocks) == 1, f"{len(blocks)} recipes under {section.splitlines()[0]!r}"
        found[section.splitlines()[0]] = blocks[0]
    return found


def chat_room(gateway) -> None:
    with sockets(gateway, "/rooms/lobby", "/rooms/lobby", "/rooms/other") as (one, two, other):
        one.send("hello")
        two.send("hello yourself")
        assert sorted(one.recv(PATIENCE) for _ in range(2)) == ["hello", "hello yourself"]
        other.send("elsewhere")
        hears(other, "elsewhere")


def live_feed(gateway) -> None:
    with sockets(gateway, "/feeds/scores") as (page,), \
            FrameClient.open(gateway, "/feeds/scores", receive_buffer=4096) as slow:
        count = 1500
        with gateway.connect() as publisher:
            for number in range(count):
                answer = publisher.request("POST", "/feeds/scores", f"{number:08}".encode() + b"x" * 8184, TEXT)
                assert answer.status == 202
        reader = Reader(page)
        for number in range(count):
            assert int(reader.message()["data"][:8]) == number
        gateway.post("/feeds/scores", "the end", TEXT)
        heard, skipped = 0, 0
        while (item := json.loads(slow.frame().payload)).get("data") != "the end":
            heard += item["type"] == "message"
            skipped += item.get("count", 0)
        assert heard + skipped == count and skipped > 0


SECRET = Signer("HS256", secret=b"an example is no secret, so take another")


def private_channel(gateway) -> None:
    assert handshake(gateway, "/me").status == 401

    def me(name: str, **claims):
        token = SECRET.token(sub=name, exp=soon(), **claims)
        return connect(gateway.ws("/me"), subprotocols=["bearer", token], proxy=None, open_timeout=PATIENCE)
    with me("ada") as ada, me("bob") as bob:
        assert ada.subprotocol == "bearer"
        for name in ("ada", "bob"):
            assert gateway.post(f"/notify/{name}", f"for {name}", TEXT).status == 202
        hears(ada, "for ada")
        hears(bob, "for bob")
        ada.send(json.dumps({"type": "refresh", "token": SECRET.token(sub="ada", exp=soon(1200))}, separators=(",", ":")))
        ada.send("to the outbox")
        gateway.post("/notify/ada", "still here", TEXT)
        hears(ada, "still here")
        bob.send(json.dumps({"type": "refresh", "token": SECRET.token(sub="bob", exp=1)}, separators=(",", ":")))
        with pytest.raises(ConnectionClosed) as closed:
            bob.recv(PATIENCE)
        assert closed.value.rcvd.code == 3000
    with connect(gateway.ws("/me"), subprotocols=["bearer", SECRET.token(sub="eve", exp=soon(2))], proxy=None) as eve:
        with pytest.raises(ConnectionClosed) as closed:
            eve.recv(PATIENCE)
        assert closed.value.rcvd.code == 3000


def request_and_reply(gateway) -> None:
    assert gateway.get("/api/prices/tea").status == 503
    if not gateway.nats:
        return  # The service is a program on the NATS server.
    with NATSClient(gateway.nats) as service:
        service.send(b"SUB prices.* prices 1\r\n")
        service.sync()
        eventually(lambda: gateway.nats.subscriptions_of("prices") != [], "the service is there")
        answers = []
        asking = threading.Thread(target=lambda: answers.append(gateway.get("/api/prices/tea")))
        asking.start()
        question = service.message()
        assert question.subject == "prices.tea"
        head = b"NATS/1.0\r\nContent-Type: application/json\r\n\r\n"
        body = b'{"price":7}'
        service.send(f"HPUB {question.reply} {len(head)} {len(head) + len(body)}\r\n".encode() + head + body + b"\r\n")
        asking.join(PATIENCE)
        assert (answers[0].status, answers[0].header("Content-Type"), answers[0].json) == (
            200, "application/json", {"price": 7})


def people(gateway) -> list[str]:
    return [client["name"] for client in gateway.get("/rooms/lobby/people").json["clients"]]


def who_is_here(gateway) -> None:
    with sockets(gateway, "/rooms/lobby") as (changes,), sockets(gateway, "/rooms/lobby/ada") as (ada,):
        assert json.loads(changes.recv(PATIENCE))["name"] == "ada"
        with sockets(gateway, "/rooms/lobby/bob") as (bob,):
            assert json.loads(changes.recv(PATIENCE))["name"] == "bob"
            assert people(gateway) == ["ada", "bob"]
            bob.send("hello")
            hears(ada, "hello")
        assert json.loads(changes.recv(PATIENCE)) == {
            "type": "leave", "channel": "room.lobby", "name": "bob", "count": 1}
        assert people(gateway) == ["ada"]


def resume_after_sleep(gateway) -> None:
    with sockets(gateway, "/rooms/lobby") as (stays,):
        reader = Reader(stays).live()
        stays.send("one")
        last = reader.message()["id"]
        for text in ("two", "three"):
            stays.send(text)
        reader.payloads(2)
        with sockets(gateway, f"/rooms/lobby?since={last}") as (back,):
            returned = Reader(back)
            assert returned.payloads(2) == ["two", "three"]
            returned.live()
            stays.send("four")
            assert returned.payloads(1) == ["four"]
        with sockets(gateway, "/rooms/lobby?since=another:1") as (lost,):
            assert Reader(lost).notice("gap")


def last_values(gateway) -> None:
    for sensor, value in [("a", "1"), ("b", "1"), ("a", "2")]:
        assert gateway.request("PUT", f"/sensors/{sensor}", value.encode(), TEXT).status == 200
    with sockets(gateway, "/dashboard") as (page,):
        reader = Reader(page)
        got = [reader.message() for _ in range(2)]
        assert {message["subject"]: message["data"] for message in got} == {"sensor.a": "2", "sensor.b": "1"}
        reader.live()
        gateway.request("PUT", "/sensors/b", b"2", TEXT)
        assert reader.message()["data"] == "2"


def notifications(gateway) -> None:
    with EventStream.open(gateway, "/notifications/builds") as stream:
        assert stream.event().type == "live"
        gateway.post("/notifications/builds", "green", TEXT)
        first = stream.message()
        assert first.data == "green" and stream.retry == 2000
    gateway.post("/notifications/builds", "red", TEXT)
    with EventStream.open(gateway, "/notifications/builds", [("Last-Event-ID", first.id)]) as stream:
        assert stream.message().data == "red"


def polling(gateway) -> None:
    async def page() -> list[str]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
            async def poll(query: str) -> dict:
                async with session.get(f"{gateway.url}/rooms/lobby/poll?{query}") as answer:
                    assert answer.status == 200
                    return await answer.json()
            place = (await poll("wait=0"))["next"]
            waiting = asyncio.create_task(poll(f"since={place}"))
            async with session.post(f"{gateway.url}/rooms/lobby", data="one", headers=dict(TEXT)) as said:
                assert said.status == 202
            answer = await waiting
            heard = [message["data"] for message in answer["messages"]]
            async with session.ws_connect(f"{gateway.url}/rooms/lobby") as socket:
                await socket.send_str("two")
                answer = await poll(f"since={answer['next']}")
            return heard + [message["data"] for message in answer["messages"]]
    assert asyncio.run(page()) == ["one", "two"]


def orders(gateway) -> None:
    def order(key: str, item: int):
        answer = gateway.post("/orders", json.dumps({"item": item}),
                              [("Idempotency-Key", key), ("Content-Type", "application/json")])
        assert answer.status == 200
        return answer.json
    first, again, other = order("4711", 7), order("4711", 7), order("4712", 8)
    assert (first["duplicate"], again["duplicate"], other["duplicate"]) == (False, True, False)
    assert first["id"] == again["id"] != other["id"]
    batch = gateway.get("/orders?since=0").json
    assert [json.loads(message["data"])["item"] for message in batch["messages"]] == [7, 8]
    order("4713", 9)
    rest = gateway.get(f"/orders?since={batch['next']}").json
    assert [json.loads(message["data"])["item"] for message in rest["messages"]] == [9]


PROMISES = {
    "A chat room": chat_room, "A live feed": live_feed, "A private channel for each user": private_channel,
    "An API over request and reply": request_and_reply, "Who is here": who_is_here,
    "Resume after sleep": resume_after_sleep, "A dashboard of last values": last_values,
    "Notifications by Server-Sent Events": notifications,
    "Polling where nothing else gets through": polling,
    "Orders that must not be lost or doubled": orders,
}


@pytest.mark.parametrize("bus", ["embedded", "nats"])
@pytest.mark.parametrize("heading", PROMISES)
def test_what_the_section_promises(heading, bus):
    with on_bus(bus, recipes()[heading]) as gateway:
        PROMISES[heading](gateway)


def test_no_recipe_is_left_out():
    assert list(recipes()) == list(PROMISES)
