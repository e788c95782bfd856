"""The command line: help, exit statuses, where `run` listens and what it serves."""

import re
import socket
import textwrap

import pytest

from harness.cli import SMALL, switchyard
from harness.gateway import Gateway

# Help

@pytest.mark.parametrize("arguments", [
    ["--help"], ["-h"], ["help"], ["run", "--help"], ["check", "--help"], ["routes", "--help"], ["explain", "--help"],
    ["version", "--help"], ["help", "run"],
])
def test_help(arguments):
    result = switchyard(*arguments)
    assert (result.status, result.stderr) == (0, "")
    assert "USAGE: switchyard" in result.stdout


def test_help_names_every_verb():
    listed = switchyard("--help").stdout
    assert [verb for verb in ("run", "check", "routes", "explain", "version") if f"\n  {verb} " not in listed] == []


def test_version():
    result = switchyard("version")
    assert result.status == 0
    assert re.fullmatch(r"switchyard \d+\.\d+\.\d+\n", result.stdout)


@pytest.mark.parametrize("arguments", [
    ["bogus"], ["run", "--bogus"], ["check", "a", "b"], ["check", "--format", "xml"], ["explain"], ["explain", "GET"],
    ["explain", "--requests", "file"], ["check", "routes.yaml", "--dispatch", "dispatch.yaml"],
    ["check", "--dispatch", "d.yaml", "--versions", "nonsense"], ["check", "--project", "p"], ["run", "--loops", "0"],
])
def test_wrong_usage(arguments, small):
    result = switchyard(*arguments, cwd=small)
    assert result.status not in (0, 1)
    assert result.stdout == "" and result.stderr.startswith("Error:")


# run: where it listens

def test_listen_of_the_file():
    with Gateway("listen: 127.0.0.1:0\n" + SMALL, listen=None) as gateway:
        assert gateway.get("/hello").body == b"hello"


@pytest.mark.parametrize("env", [
    {"SWITCHYARD_LISTEN": "127.0.0.1:0"},
    {"PORT": "0"},
    {"SWITCHYARD_LISTEN": "127.0.0.1", "PORT": "0"},
])
def test_listen_of_the_environment(env):
    """The file's own port is taken, so only the override can work."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = f"listen: 127.0.0.1:{taken.getsockname()[1]}\n" + SMALL
        with Gateway(config, listen=None, env=env) as gateway:
            assert gateway.get("/hello").body == b"hello"


def test_the_option_beats_the_environment():
    with Gateway("listen: 127.0.0.1:1\n" + SMALL, env={"SWITCHYARD_LISTEN": "127.0.0.1:1", "PORT": "1"}) as gateway:
        assert gateway.port != 1


def test_several_listeners():
    with Gateway('listen: ["127.0.0.1:0", "[::1]:0"]\n' + SMALL, listen=None) as gateway:
        line = gateway.stderr.wait_for(r"serves .* on (.*)$")[1]
        addresses = re.findall(r"http://(127\.0\.0\.1|\[::1\]):(\d+)", line)
        assert len(addresses) == 2, line
        for host, port in addresses:
            gateway.host, gateway.port = host.strip("[]"), int(port)
            assert gateway.get("/hello").body == b"hello"


def test_an_address_in_use(small):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = switchyard("run", "--listen", address, cwd=small)
    assert (result.status, result.stdout) == (1, "")
    assert address in result.stderr and "error:" in result.stderr and "another process uses the port" in result.stderr
    assert len(result.stderr.splitlines()) <= 3


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "127.0.0.1:x", "300.1.1.1:80", ""])
def test_an_address_that_is_none(small, address):
    result = switchyard("run", "--listen", address, cwd=small)
    assert result.status not in (0, -6, -11)
    assert "error" in result.stderr.lower()


# run: one service alone

TWO = """
services:
  default:
    routes: [{ path: /hello, handler: echo.http, with: { text: default } }]
  add:
    routes: [{ path: /hello, handler: echo.http, with: { text: add } }]
dispatch:
  - { url: "*/other*", service: add }
"""


@pytest.mark.parametrize("options", [{"args": ["--service", "add"]}, {"env": {"GAE_SERVICE": "add"}}])
def test_one_service_alone(options):
    """Without dispatch: Google has already dispatched."""
    with Gateway(TWO, **options) as gateway:
        assert gateway.get("/hello").body == b"add"
        assert gateway.get("/hello", [("Host", "default.localhost")]).body == b"add"


def test_a_service_that_is_missing(tmp_path):
    (tmp_path / "routes.yaml").write_text(TWO)
    result = switchyard("run", "--listen", "127.0.0.1:0", "--service", "nope", cwd=tmp_path)
    assert result.status == 1
    assert "nope" in result.stderr


# Variables

def test_variables(tmp_path):
    config = textwrap.dedent("""
        routes:
          - { path: /a, handler: echo.http, with: { text: "${GREETING}" } }
          - { path: /b, handler: echo.http, with: { text: "${NOT_SET:-default}" } }
          - { path: /c, handler: echo.http, with: { text: "$$${GREETING}$$" } }
          - { path: /d, handler: echo.http, with: { text: "${file:note.txt}" } }
    """)
    with Gateway(config, env={"GREETING": "a: {b}, #c"}, files={"note.txt": b"from a file\n"}) as gateway:
        assert gateway.get("/a").body == b"a: {b}, #c"
        assert gateway.get("/b").body == b"default"
        assert gateway.get("/c").body == b"$a: {b}, #c$"
        assert gateway.get("/d").body == b"from a file"
