"""`check`: every problem in one pass, for people and for programs."""

import re

import pytest

from harness.cli import switchyard
from harness.gateway import Gateway
from harness.paths import REPOSITORY

BROKEN = """\
listen: 127.0.0.1:99999
bogus: 1
bus:
  url: "${NO_SUCH_VARIABLE}"
routes:
  - { path: /a, handler: add.sun }
  - { path: /b, handler: add.sum, wiht: { publish: x } }
  - { path: /c, handler: add.sum, with: { publsh: x } }
  - { path: /d, handler: nats.bridge }
  - { path: /e, handler: add.sum }
  - { path: /e, handler: add.sum }
  - { path: no, handler: add.sum }
  - { path: /f, handler: add.sum, path: /g }
  - { path: /h, handler: echo.http, with: { status: many } }
dispatch:
  - { url: "*/x*", service: defualt }
  - { url: "nonsense", service: default }
"""
FOUND = {
    (1, 9): "badValue", (2, 1): "unknownKey", (4, 8): "undefinedVariable", (6, 26): "unknownHandler",
    (7, 35): "unknownKey", (8, 43): "unknownSetting", (9, 26): "handlerKind", (11, 13): "ambiguousRoute",
    (12, 13): "pathTemplate", (13, 35): "duplicateKey", (14, 53): "badSetting", (16, 29): "unknownService",
    (17, 13): "urlShape",
}


@pytest.fixture
def broken(tmp_path):
    (tmp_path / "routes.yaml").write_text(BROKEN)
    return tmp_path


def test_check_of_a_good_file(small):
    result = switchyard("check", cwd=small)
    assert (result.status, result.stderr) == (0, "")
    assert "ok" in result.stdout


def test_check_of_the_repository():
    result = switchyard("check", "--strict", cwd=REPOSITORY)
    assert (result.status, result.stderr) == (0, "")
    assert switchyard("check", "--format", "json", cwd=REPOSITORY).json == []


def test_check_finds_everything_in_one_pass(broken):
    result = switchyard("check", "--format", "json", cwd=broken)
    assert result.status == 1
    assert {(found["line"], found["column"]): found["kind"] for found in result.json} == FOUND
    for found in result.json:
        assert set(found) == {"code", "kind", "severity", "file", "line", "column", "message", "hint"}
        assert found["severity"] == "error"
        assert found["file"] == "routes.yaml"
        assert re.fullmatch(r"SY\d{4}", found["code"])
        assert found["message"] and "\n" not in found["message"]


def test_check_in_words(broken):
    """file:line:column, what and why, the line, and a caret below the right place."""
    result = switchyard("check", cwd=broken)
    assert (result.status, result.stdout) == (1, "")
    source = BROKEN.splitlines()
    lines = result.stderr.splitlines()
    places = []
    for index, line in enumerate(lines):
        if match := re.match(r"routes\.yaml:(\d+):(\d+): (error|note): \S", line):
            number, column = int(match[1]), int(match[2])
            if match[3] == "error":
                places.append((number, column))
                assert re.search(r" \[SY\d{4}\]$", line)
            gutter = f" {number} | "
            assert lines[index + 1] == gutter + source[number - 1]
            assert lines[index + 2].index("^") == len(gutter) + column - 1
    assert places == sorted(FOUND)


@pytest.mark.parametrize("line, meant", [(6, "add.sum"), (7, "with"), (8, "publish"), (16, "default")])
def test_did_you_mean(broken, line, meant):
    hints = {found["line"]: found["hint"] for found in switchyard("check", "--format", "json", cwd=broken).json}
    assert f"did you mean '{meant}'?" in hints[line]


@pytest.mark.parametrize("text, kind, place", [
    ("routes: [", "yamlSyntax", None),
    ("routes:\n\t- x", "yamlSyntax", None),
    ("a: 1\n---\nb: 2\n", "multipleDocuments", None),
    ("- a\n", "structure", (1, 1)),
    ("routes: 5\n", "structure", (1, 9)),
    ("", None, None),
    ("routes: []\n", "noRoutes", None),
    ("a: &x [1]\nb: [" + "*x," * 20_000 + "]\n", None, None),
    ("a: " + "[" * 5000 + "]" * 5000, "yamlLimit", None),
    ("\n".join(["a0: &a0 [x,x,x,x,x,x,x,x,x]"] + [
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]), "yamlLimit", None),
    ("a: &a [*a]\n", None, None),
])
def test_hostile_files_are_refused(tmp_path, text, kind, place):
    (tmp_path / "routes.yaml").write_text(text)
    result = switchyard("check", "--format", "json", cwd=tmp_path)
    assert result.status == 1, result.stderr
    assert result.json
    if kind:
        assert kind in [found["kind"] for found in result.json]
    if place:
        assert place in [(found["line"], found["column"]) for found in result.json]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"routes: \xc3\x28\n", b"\0" * 100, b"x" * (2 << 20)])
def test_files_that_are_no_text(tmp_path, content):
    (tmp_path / "routes.yaml").write_bytes(content)
    result = switchyard("check", cwd=tmp_path)
    assert result.status == 1
    assert "routes.yaml" in result.stderr and "error:" in result.stderr


@pytest.mark.parametrize("verb", ["check", "run", "routes"])
def test_a_file_that_is_missing(tmp_path, verb):
    result = switchyard(verb, "missing.yaml", cwd=tmp_path)
    assert result.status == 1
    assert "missing.yaml" in result.stderr and "error:" in result.stderr


UNREACHABLE = """\
services:
  default:
    routes: [{ path: "/{rest...}", handler: echo.http }]
  api:
    routes:
      - { path: /api/x, handler: echo.http }
      - { path: /hello, handler: echo.http }
dispatch:
  - { url: "*/api*", service: api }
  - { url: "*/api/v2*", service: default }
"""


def test_warnings(tmp_path):
    (tmp_path / "routes.yaml").write_text(UNREACHABLE)
    result = switchyard("check", "--format", "json", cwd=tmp_path)
    assert result.status == 0
    found = {entry["kind"]: entry for entry in result.json}
    assert set(found) == {"unreachableRoute", "unreachableRule"}
    assert all(entry["severity"] == "warning" for entry in result.json)
    assert found["unreachableRoute"]["line"] == 7
    assert "api" in found["unreachableRoute"]["message"] + found["unreachableRoute"]["hint"]
    assert "localhost" in found["unreachableRoute"]["message"] + found["unreachableRoute"]["hint"]
    assert found["unreachableRule"]["line"] == 10
    assert switchyard("check", "--strict", cwd=tmp_path).status == 1


def test_a_warning_does_not_stop_the_gateway():
    with Gateway(UNREACHABLE) as gateway:
        gateway.stderr.wait_for("warning: ")
        assert gateway.get("/hello", [("Host", "api.localhost")]).status == 200


def test_run_of_a_broken_file(broken):
    result = switchyard("run", "--listen", "127.0.0.1:0", cwd=broken)
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr.count("error:") == len(FOUND)
