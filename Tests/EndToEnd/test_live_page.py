"""The demo's live room in Chromium: who was away gets what was said meanwhile, and a restart of NATS is survived."""

import json
import os
import urllib.parse
from pathlib import Path

import pytest

from harness.browser import Browser
from harness.gateway import Gateway
from harness.nats import NATSServer
from harness.paths import PATIENCE, REPOSITORY
from harness.topics import sockets

pytestmark = pytest.mark.timeout(180)

TEXTS = "[...document.querySelectorAll('#talk li[data-id] .what')].map(e => e.textContent)"
NOTES = "[...document.querySelectorAll('#talk li .note')].map(e => e.textContent)"
PLACES = "[...document.querySelectorAll('#talk li[data-id]')].map(e => e.dataset.id)"


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture(params=["embedded", "nats"])
def gateway(request):
    """A gateway of its own, so that the room is empty."""
    file = REPOSITORY / "routes.yaml"
    if request.param == "embedded":
        with Gateway(file, cwd=REPOSITORY) as gateway:
            yield gateway
    else:
        with NATSServer(jetstream=True) as server:
            with Gateway(file, cwd=REPOSITORY, env={"NATS_URL": server.url}) as gateway:
                gateway.nats = server
                yield gateway


@pytest.fixture
def page(browser, gateway):
    browser.complaints.clear()
    browser.open(gateway.url + "/live.html")
    browser.wait("document.getElementById('talk-state').textContent === 'live'")
    yield browser
    browser.open("about:blank")


def say(page: Browser, text: str) -> None:
    page.fill("#talk-text", text)
    page.press_enter()


def hears(page: Browser, *texts: str) -> None:
    expected = json.dumps(list(texts))
    page.wait(f"JSON.stringify({TEXTS}) === JSON.stringify({expected})")
    places = page.evaluate(PLACES)
    assert len(places) == len(set(places))


def test_what_was_missed_comes_once_and_in_order(page, gateway):
    say(page, "one")
    hears(page, "one")
    page.click("#sleep")
    page.wait("document.getElementById('talk-state').textContent === 'asleep'")
    with sockets(gateway, "/ws/live/lobby") as (other,):
        for text in ("two", "three"):
            other.send(text)
            while json.loads(other.recv(PATIENCE)).get("data") != text:
                pass
    assert page.evaluate(TEXTS) == ["one"]
    page.click("#sleep")
    hears(page, "one", "two", "three")
    say(page, "four <b>&amp;</b>")
    hears(page, "one", "two", "three", "four <b>&amp;</b>")
    # A page that is new begins with the last that was said.
    page.open(gateway.url + "/live.html?again")
    hears(page, "one", "two", "three", "four <b>&amp;</b>")
    assert page.evaluate(NOTES) == []
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(Path(folder) / "live.png")
    assert page.complaints == []


def test_who_is_here(page, gateway):
    page.wait("document.getElementById('people').textContent === '1 here'")
    with sockets(gateway, "/ws/live/lobby"):
        page.wait("document.getElementById('people').textContent === '2 here'")
        lobby = gateway.get("/ws/live/lobby/presence").json
        assert (lobby["count"], lobby["connections"]) == (2, 2)
    page.wait("document.getElementById('people').textContent === '1 here'")
    assert page.complaints == []


@pytest.mark.parametrize("gateway", ["nats"], indirect=True)
def test_a_restart_of_nats_is_survived_while_you_watch(page, gateway):
    say(page, "before")
    hears(page, "before")
    gateway.nats.kill()
    page.wait("document.getElementById('bus').textContent === 'bus away'")
    assert page.evaluate("document.getElementById('talk-state').textContent") == "live"
    gateway.nats.restart()
    page.wait("document.getElementById('bus').textContent === 'bus up'", 2 * PATIENCE)
    say(page, "after")
    hears(page, "before", "after")
    assert page.evaluate(NOTES) == []
    page.wait("document.getElementById('people').textContent === '1 here'")


def test_a_restart_of_the_gateway_loses_nothing_that_a_stream_keeps(page, gateway):
    say(page, "before")
    hears(page, "before")
    gateway.kill()
    page.wait("document.getElementById('talk-state').dataset.state !== 'open'")
    gateway.restart_on_same_port()
    page.wait("document.getElementById('talk-state').textContent === 'live'", 2 * PATIENCE)
    say(page, "after")
    hears(page, "before", "after")
    # What was kept inside the process is gone with it, and that is said.
    lost = [] if hasattr(gateway, "nats") else ["Some messages from before are not kept any more."]
    assert page.evaluate(NOTES) == lost
    assert urllib.parse.urlsplit(page.evaluate("location.href")).path == "/live.html"
