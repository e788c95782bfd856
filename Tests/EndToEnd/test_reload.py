"""A new configuration while the gateway serves."""

import signal
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from harness.gateway import Gateway
from harness.paths import PATIENCE
from harness.waiting import eventually


def text(path: str, answer: str) -> str:
    return f"  - {{ path: {path}, handler: echo.http, with: {{ text: {answer} }} }}\n"


def routes(*lines: str) -> str:
    return "routes:\n" + "".join(lines)


def channels(**settings: str) -> str:
    return "channels:\n" + "".join(
        f'  - {{ path: "/{name}/{{topic}}", handler: nats.bridge, with: {{ subject: "{name}.{{topic}}" }}{more} }}\n'
        for name, more in settings.items())


HELLO = routes(text("/hello", "hello"))
BAD = routes("  - { path: /hello, handler: echo.htp }\n")


def test_a_route_is_added_changed_and_removed():
    with Gateway(HELLO) as gateway:
        log = gateway.reload(routes(text("/hello", "changed"), text("/new", "new")))
        assert "changed route default /hello" in log and "added route default /new" in log
        assert gateway.get("/hello").body == b"changed"
        assert gateway.get("/new").body == b"new"
        log = gateway.reload(routes(text("/new", "new")))
        assert "removed route default /hello" in log
        assert gateway.get("/hello").status == 404
        assert gateway.get("/new").body == b"new"


def test_a_connection_outlives_reloads():
    with Gateway(HELLO) as gateway, gateway.connect() as client:
        for number in range(10):
            assert client.request("GET", "/hello").status == 200
            gateway.reload(routes(text("/hello", f"number-{number}")))
            assert client.request("GET", "/hello").body == f"number-{number}".encode()


def test_a_bad_file_leaves_the_old_one_serving():
    with Gateway(HELLO) as gateway:
        log = gateway.reload(BAD, succeeds=False)
        gateway.stderr.wait_for(r"routes\.yaml:2:\d+: error: unknown handler 'echo\.htp'; did you mean 'echo\.http'\?")
        assert "error: reload refused" in log
        assert gateway.get("/hello").body == b"hello"
        gateway.reload(routes(text("/hello", "repaired")))
        assert gateway.get("/hello").body == b"repaired"


@pytest.mark.parametrize("bad", ["", "routes: [", "- x", "\0", "routes: []\n"])
def test_other_bad_files(bad):
    with Gateway(HELLO) as gateway:
        gateway.reload(bad, succeeds=False)
        assert gateway.get("/hello").body == b"hello"


def test_a_missing_file():
    with Gateway(HELLO) as gateway:
        gateway.file.unlink()
        gateway.reload(succeeds=False)
        assert gateway.get("/hello").body == b"hello"


def test_a_handler_that_cannot_start_refuses_the_reload():
    with Gateway(HELLO) as gateway:
        site = '  - { path: "/{file...}", handler: site.files, with: { root: nowhere } }\n'
        gateway.reload(routes(site), succeeds=False)
        assert gateway.get("/hello").body == b"hello"


def test_dispatch_and_limits_change():
    config = """
services:
  default:
    routes: [{ path: /x, handler: echo.http, with: { text: default } }]
  other:
    routes: [{ path: /x, handler: echo.http, with: { text: other } }]
"""
    with Gateway(config) as gateway:
        assert gateway.get("/x").body == b"default"
        gateway.reload(config + 'dispatch: [{ url: "*/x", service: other }]\nlimits: { body: 10, head: 1KB }\n')
        assert gateway.get("/x").body == b"other"
        assert gateway.post("/x", "x" * 11).status == 413
        assert gateway.get("/x", [("X", "x" * 2000)]).status == 431
        gateway.reload(config)
        assert gateway.get("/x").body == b"default"
        assert gateway.post("/x", "x" * 11).status == 200
        assert gateway.get("/x", [("X", "x" * 2000)]).status == 200


def test_listeners_change():
    """The new address answers; the old one no longer does; what was unchanged never stopped."""
    with Gateway("listen: 127.0.0.1:0\n" + HELLO, listen=None) as gateway, gateway.connect() as old:
        assert old.request("GET", "/hello").status == 200
        gateway.reload('listen: ["127.0.0.1:0", "[::1]:0"]\n' + HELLO)
        assert gateway.get("/hello").status == 200
        gateway.reload('listen: "[::1]:0"\n' + HELLO)
        def refused():
            try:
                gateway.connect().close()
            except ConnectionRefusedError:
                return True
        eventually(refused, "the old address is closed")
        assert old.request("GET", "/hello").status == 200


def test_watch():
    with Gateway(HELLO, args=["--watch"]) as gateway:
        gateway.rewrite(routes(text("/hello", "renamed")))
        eventually(lambda: gateway.get("/hello").body == b"renamed", "the file put in its place is served")
        gateway.file.write_text(routes(text("/hello", "written")))
        eventually(lambda: gateway.get("/hello").body == b"written", "the file written to is served")
        since = gateway.stderr.position
        gateway.rewrite(BAD)
        gateway.stderr.wait_for("reload refused", since)
        assert gateway.get("/hello").body == b"written"
        gateway.file.unlink()
        gateway.file.write_text(routes(text("/hello", "back")))
        eventually(lambda: gateway.get("/hello").body == b"back", "a file that was gone is served again")


def test_without_watch_nothing_happens_by_itself():
    with Gateway(HELLO) as gateway:
        gateway.rewrite(routes(text("/hello", "changed")))
        assert gateway.get("/hello").body == b"hello"
        gateway.reload()
        assert gateway.get("/hello").body == b"changed"


# Sockets

def hears(socket, message: str) -> bool:
    socket.send(message)
    return socket.recv(timeout=PATIENCE) == message


def close_code(socket) -> int:
    """The code the gateway closes with; anything but a close is an error."""
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=PATIENCE)
    return closed.value.rcvd.code


def test_sockets_of_unchanged_routes_live_on():
    with Gateway(HELLO + channels(kept="")) as gateway, connect(gateway.ws("/kept/a")) as socket:
        assert hears(socket, "before")
        for number in range(5):
            gateway.reload(routes(text("/hello", f"number-{number}")) + channels(kept="", **{f"new{number}": ""}))
            assert hears(socket, f"after {number}")
        gateway.reload(BAD, succeeds=False)
        assert hears(socket, "after a bad file")
        with connect(gateway.ws("/kept/a")) as second:
            socket.send("from the first")
            assert second.recv(timeout=PATIENCE) == "from the first"


def test_sockets_of_a_removed_route_close():
    with Gateway(HELLO + channels(kept="", gone="")) as gateway:
        with connect(gateway.ws("/kept/a")) as kept, connect(gateway.ws("/gone/a")) as gone:
            assert hears(kept, "x") and hears(gone, "x")
            gateway.reload(HELLO + channels(kept=""))
            assert close_code(gone) == 1012
            assert hears(kept, "still here")
        assert gateway.get("/gone/a").status == 404


def test_sockets_of_a_route_with_tighter_origins_close():
    with Gateway(HELLO + channels(room=', origins: "*"')) as gateway:
        with connect(gateway.ws("/room/a"), origin="https://a.example") as socket:
            assert hears(socket, "x")
            gateway.reload(HELLO + channels(room=', origins: ["https://b.example"]'))
            assert close_code(socket) == 1012


def test_sockets_of_a_changed_route_close_after_the_drain_time():
    with Gateway(HELLO + channels(room="")) as gateway, connect(gateway.ws("/room/a")) as socket:
        assert hears(socket, "x")
        changed = HELLO + "timeouts: { drain: 1s }\n" + channels(room="").replace('"room.', '"other.')
        gateway.reload(changed)
        assert close_code(socket) == 1012
        with connect(gateway.ws("/room/a")) as fresh:
            assert hears(fresh, "y")


# Under way

def test_a_request_under_way_finishes_with_the_old_configuration():
    """Its body is still arriving when the route changes, and when it goes."""
    with Gateway(routes("  - { path: /x, handler: echo.http }\n")) as gateway:
        with gateway.connect() as first, gateway.connect() as second:
            for client in (first, second):
                client.send(client.head("POST", "/x", [("Content-Length", "10"), ("Expect", "100-continue")]))
                assert client.answer().status == 100
                client.send(b"01234")
            gateway.reload(routes(text("/x", "changed")))
            first.send(b"56789")
            assert first.answer().json["body"] == "0123456789"
            gateway.reload(HELLO)
            second.send(b"56789")
            assert second.answer().json["body"] == "0123456789"
            assert second.request("GET", "/x").status == 404


def test_a_download_under_way_finishes():
    content = bytes(range(256)) * 40_000
    site = '  - { path: "/files/{file...}", handler: site.files, with: { root: public } }\n'
    with Gateway(routes(site), files={"public/large.bin": content}) as gateway:
        with gateway.connect(receive_buffer=8192) as client:
            client.send(client.head("GET", "/files/large.bin"))
            assert client.answer_head().status == 200
            gateway.reload(HELLO + "timeouts: { drain: 100ms }\n")
            assert client.take(len(content)) == content
            assert client.request("GET", "/files/large.bin").status == 404


def test_many_reloads_under_load_fail_no_request():
    failures: list[object] = []
    done = threading.Event()
    counts = [0] * 4

    def load(gateway, index):
        while not done.is_set():
            try:
                with gateway.connect() as client:
                    for _ in range(50):
                        answer = client.request("GET", "/hello")
                        counts[index] += 1
                        if answer.status != 200 or not answer.body.startswith(b"number"):
                            failures.append(answer)
            except Exception as error:
                failures.append(error)

    config = [routes(text("/hello", "number-0")) + channels(kept=""),
              routes(text("/hello", "number-1")) + channels(kept="", extra="")]
    with Gateway("access_log: off\n" + config[0]) as gateway:
        with connect(gateway.ws("/kept/a")) as socket:
            threads = [threading.Thread(target=load, args=(gateway, index)) for index in range(len(counts))]
            for thread in threads:
                thread.start()
            try:
                for number in range(100):
                    gateway.reload("access_log: off\n" + config[(number + 1) % 2])
                    assert hears(socket, f"{number}")
            finally:
                done.set()
                for thread in threads:
                    thread.join()
    assert failures == []
    assert min(counts) > 0


def test_hangups_in_a_burst_lose_no_request():
    """Signals may merge; the last file wins in the end."""
    with Gateway(HELLO) as gateway:
        for number in range(50):
            gateway.rewrite(routes(text("/hello", f"number-{number}")))
            gateway.signal(signal.SIGHUP)
        eventually(lambda: gateway.get("/hello").body == b"number-49", "the last file is served")


def test_memory_and_descriptors_after_many_reloads():
    with Gateway(HELLO) as gateway:
        def rounds(count):
            for number in range(count):
                gateway.reload("timeouts: { drain: 10ms }\n" + routes(text("/hello", f"number-{number}")))
        rounds(50)
        descriptors, resident = gateway.descriptors, gateway.resident
        rounds(150)
        assert gateway.descriptors <= descriptors
        assert gateway.resident - resident < 16 << 20


def test_event_streams_of_a_removed_route_end():
    """As they should, so that the client comes again; one that stays goes on."""
    routes = """
routes:
  - { path: /kept, handler: nats.sse, with: { subject: t } }
"""
    removed = "  - { path: /removed, handler: nats.sse, with: { subject: t } }\n"
    with Gateway(routes + removed) as gateway:
        with gateway.connect() as kept, gateway.connect() as gone:
            for client, path in ((kept, "/kept"), (gone, "/removed")):
                client.send(client.head("GET", path))
                assert client.answer_head().status == 200
                assert client.line() == b"3" and client.take(3) == b":\n\n" and client.line() == b""
            gateway.reload(routes)
            assert gone.line() == b"0" and gone.line() == b""
            assert gone.request("GET", "/healthz").status == 200
            kept.socket.settimeout(0.3)
            with pytest.raises(TimeoutError):
                kept.line()
