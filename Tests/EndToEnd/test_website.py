"""The demo's page in Chromium, served by the repository's own routes.yaml."""

import os
from pathlib import Path

import pytest

from harness.browser import Browser
from harness.paths import PATIENCE
from harness.topics import hears, sockets

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser, demo):
    """The page, with its sockets open."""
    browser.complaints.clear()
    browser.open(demo.url + "/")
    for name in ("feed", "room"):
        browser.wait(f"document.getElementById('{name}-state').dataset.state === 'open'")
    yield browser
    # Nothing of this page may complain in the next test, or while the gateway stops.
    browser.open("about:blank")


def submit(page: Browser, form: str, a: str, b: str) -> None:
    page.fill(f"#{form}-a", a)
    page.fill(f"#{form}-b", b)
    page.click(f"#{form}-form button")


def shows(page: Browser, selector: str, text: str, patience: float = PATIENCE) -> None:
    page.wait(f"[...document.querySelectorAll({selector!r})].some(e => e.textContent === {text!r})", patience)


def test_sum_and_concat(page):
    submit(page, "sum", "40", "2")
    shows(page, "#sum-result", "42")
    shows(page, "#feed li .what", "42")
    submit(page, "concat", "Über", " 東京 <b>&amp;</b>")
    shows(page, "#concat-result", "Über 東京 <b>&amp;</b>")
    shows(page, "#feed li .what", "Über 東京 <b>&amp;</b>")
    assert page.evaluate("document.querySelectorAll('#feed li').length") == 2
    assert page.evaluate("document.querySelector('#feed li .what').textContent") == "Über 東京 <b>&amp;</b>"
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(Path(folder) / "website.png")
    assert page.complaints == []


@pytest.mark.parametrize("a, b, result", [
    ("9223372036854775806", "1", "9223372036854775807"), ("-9223372036854775807", "-1", "-9223372036854775808"),
    ("9007199254740993", "0", "9007199254740993"), ("+3", " 4 ", "7"),
])
def test_whole_numbers_keep_all_digits(page, a, b, result):
    submit(page, "sum", a, b)
    shows(page, "#sum-result", result)
    shows(page, "#feed li .what", result)
    assert page.complaints == []


@pytest.mark.parametrize("a, b", [("", "1"), ("1.5", "1"), ("one", "1"), ("1", "0x10")])
def test_what_is_no_number_is_said_to_be_none(page, a, b):
    submit(page, "sum", a, b)
    page.wait("document.getElementById('sum-result').dataset.state === 'error'")
    assert "whole number" in page.text("#sum-result")
    assert page.complaints == []


def test_the_gateways_own_refusal_is_shown(page):
    submit(page, "sum", "9223372036854775807", "1")
    page.wait("document.getElementById('sum-result').dataset.state === 'error'")
    assert "400" in page.text("#sum-result")


def test_the_room(page, demo):
    with sockets(demo, "/ws/room") as (other,):
        page.fill("#room-text", "from the page")
        page.press_enter()
        hears(other, "from the page")
        shows(page, "#room li .what", "from the page")
        other.send("from outside")
        shows(page, "#room li .what", "from outside")
        assert page.evaluate("document.getElementById('room-text').value") == ""
    assert page.complaints == []


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_the_page_comes_back_by_itself(page, demo, end):
    submit(page, "sum", "1", "1")
    shows(page, "#feed li .what", "2")
    getattr(demo, end)()
    page.wait("document.getElementById('feed-state').dataset.state !== 'open'")
    submit(page, "sum", "2", "2")
    page.wait("document.getElementById('sum-result').dataset.state === 'error'")
    demo.restart_on_same_port()
    page.wait("document.getElementById('feed-state').dataset.state === 'open'", 2 * PATIENCE)
    submit(page, "sum", "3", "3")
    shows(page, "#feed li .what", "6")
    assert page.evaluate("[...document.querySelectorAll('#feed li .what')].map(e => e.textContent)") == ["6", "2"]
    assert [text for text in page.complaints if "ERR_CONNECTION" not in text and "WebSocket" not in text] == []
