"""`routes` and `explain`: what is served where, and why."""

import json
import re

import pytest

from harness.cli import switchyard
from harness.paths import REPOSITORY


def test_routes():
    result = switchyard("routes", cwd=REPOSITORY)
    assert result.status == 0
    header, *rows = result.stdout.splitlines()
    assert header.split()[:4] == ["SERVICE", "METHODS", "PATH", "HANDLER"]
    table = [re.split(r" {2,}", row) for row in rows]
    assert [row[:4] for row in table] == [
        ["default", "any", "/{file...}", "site.files"],
        ["add", "POST", "/api/add/sum", "add.sum"],
        ["add", "POST", "/api/add/concat", "add.concat"],
        ["ws", "any", "/ws/live/{room}/events", "nats.sse"],
        ["ws", "any", "/ws/live/{room}/presence", "nats.presence"],
        ["ws", "any", "/ws/live/{room}/people", "nats.sse"],
        ["ws", "WebSocket", "/ws/{topic}", "nats.bridge"],
        ["ws", "WebSocket", "/ws/live/{room}", "nats.bridge"],
    ]
    for row in table:
        assert re.fullmatch(r"routes\.yaml:\d+:\d+", row[-1])


# explain

def test_explain_in_words():
    result = switchyard("explain", "POST", "http://localhost/api/add/sum?x=1", cwd=REPOSITORY)
    assert result.status == 0
    rules, routes = ["*/api/add*", "*/ws*", "gae-lab-001.appspot.com/"], ["/api/add/sum", "/api/add/concat"]
    for expected in [*rules, *routes, "service: add", "handler: add.sum"]:
        assert expected in result.stdout
    assert len(re.findall(r"routes\.yaml:\d+:\d+", result.stdout)) >= 5


@pytest.mark.parametrize("arguments, status, expected", [
    (["POST", "/api/add/sum"], 0, {"service": "add", "handler": "add.sum", "rule": 0, "why": "rule", "status": None}),
    (["GET", "/api/add/sum"], 1, {"service": "add", "handler": None, "rule": 0, "status": 405}),
    (["GET", "/api/add/x"], 1, {"service": "add", "handler": None, "status": 404}),
    (["GET", "/"], 0, {"service": "default", "handler": "site.files", "rule": None, "why": "default"}),
    (["GET", "/ws/room", "--ws"], 0, {"service": "ws", "handler": "nats.bridge", "parameters": {"topic": "room"}}),
    (["GET", "ws://localhost/ws/room"], 0, {"handler": "nats.bridge", "parameters": {"topic": "room"}}),
    (["GET", "/ws/room"], 1, {"service": "ws", "handler": None, "status": 426}),
    (["GET", "http://gae-lab-001.appspot.com/"], 0, {"service": "default", "rule": 2, "why": "rule"}),
    (["GET", "http://add.localhost/x"], 1, {"service": "add", "why": "service", "status": 404}),
    (["GET", "/healthz"], 0, {"handler": None}),
    (["GET", "/a/../b"], 0, {"service": "default", "status": 302}),
])
def test_explain_as_json(arguments, status, expected):
    result = switchyard("explain", *arguments, "--format", "json", cwd=REPOSITORY)
    answer = result.json
    assert {key: answer[key] for key in expected} == expected
    assert result.status == status
    if answer["handler"]:
        assert re.fullmatch(r"routes\.yaml:\d+:\d+", answer["source"])


def test_explain_answers_lines_in_order():
    wanted = [
        ("POST", "/api/add/sum", "add.sum", None), ("GET", "/api/add/sum", None, 405),
        ("GET", "/x", "site.files", None)]
    lines = "".join(
        json.dumps({"method": method, "scheme": "http", "host": "localhost", "target": target}) + "\n"
        for method, target, _, _ in wanted * 100)
    result = switchyard("explain", "--requests", "-", cwd=REPOSITORY, stdin=lines)
    assert result.status == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(answer["handler"], answer["status"]) for answer in answers] == [row[2:] for row in wanted * 100]


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"method":"GET"}', '{"target":5}'])
def test_explain_refuses_lines_that_are_no_requests(line):
    """Answered in its place, so that the lines behind it keep theirs."""
    result = switchyard("explain", "--requests", "-", cwd=REPOSITORY, stdin=line + '\n{"target":"/x"}\n')
    assert result.status == 2
    broken, good = [json.loads(line) for line in result.stdout.splitlines()]
    assert list(broken) == ["error"] and good["handler"] == "site.files"


def test_explain_agrees_with_the_live_server(demo):
    for method, target in [("POST", "/api/add/sum"), ("GET", "/api/add/sum"), ("GET", "/ws/x"), ("GET", "/nowhere.txt"),
                           ("GET", "/a/../b"), ("DELETE", "/api/add/"), ("GET", "//x"), ("GET", "/%zz")]:
        predicted = switchyard("explain", method, target, "--format", "json", cwd=REPOSITORY).json
        answer = demo.request(method, target, b"{}" if method == "POST" else None)
        if predicted["status"] is not None:
            assert answer.status == predicted["status"], target
        else:
            assert answer.status not in (405, 426, 302), target
