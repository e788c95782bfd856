"""Asks the demo what deploy/test-image wants to know. Usage: image_probe.py HOST:PORT

Prints three lines, and the caller waits for each: `polling`, when its own start-up is over; `answered SECONDS`, the
time of day of the first answer; `held`, when every check has passed and one socket stays open. It ends with status 0
when the gateway closes that socket as a drain should.
"""

import json
import sys
import time
import urllib.error
import urllib.request

from websockets.sync.client import connect

DEADLINE = 30
GOING_AWAY = 1001


def ask(url: str, body: dict | None = None) -> tuple[int, str, str]:
    """The status, content type and body that `url` answers with; a POST of JSON if there is a body."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=5) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read().decode()


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")


def wait_for_answer(base: str) -> float:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        try:
            expect("GET /healthz", ask(f"{base}/healthz")[::2], (200, "ok\n"))
            return time.time()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.002)
    sys.exit(f"no answer from {base} in {DEADLINE} s")


def say(line: str) -> None:
    print(line, flush=True)


def main(address: str) -> None:
    base, sockets = f"http://{address}", f"ws://{address}/ws"
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))
    say("polling")
    say(f"answered {wait_for_answer(base):.3f}")

    expect("GET /readyz", ask(f"{base}/readyz")[::2], (200, "ready\nbus: embedded\n"))
    expect("GET /", ask(f"{base}/")[:2], (200, "text/html"))
    expect("GET /api/add/none", ask(f"{base}/api/add/none")[0], 404)
    with connect(f"{sockets}/add", proxy=None) as results:
        status, _, body = ask(f"{base}/api/add/sum", {"a": 1, "b": 2})
        expect("POST /api/add/sum", (status, json.loads(body)), (200, {"apiVersion": "", "data": {"res": 3}}))
        expect("the result on /ws/add", results.recv(timeout=5), "3")
    with connect(f"{sockets}/room", proxy=None) as held:
        with connect(f"{sockets}/room", proxy=None) as other:
            other.send("hello")
            expect("what the other socket sent", held.recv(timeout=5), "hello")
            held.send("and back")
            while (heard := other.recv(timeout=5)) == "hello":
                pass
            expect("what came back", heard, "and back")
            expect("a socket's own message", held.recv(timeout=5), "and back")
        say("held")
        for heard in held:
            sys.exit(f"nobody sent {heard!r}")
        expect("close code at the drain", held.close_code, GOING_AWAY)


main(sys.argv[1])
