"""The access log, and what must never be in any output: secrets."""

import json
import re
import textwrap

from harness.cli import switchyard
from harness.gateway import Gateway

SMALL = 'routes:\n  - { path: /hello, methods: [GET], handler: echo.http, with: { text: hello } }\n'


def test_access_log_as_json():
    with Gateway("access_log: json\n" + SMALL) as gateway:
        gateway.get("/hello?secret=1")
        gateway.get("/no%22where")
        entry = json.loads(gateway.stdout.wait_for(r'^.*"/hello".*$')[0])
        assert (entry["method"], entry["path"], entry["status"], entry["bytes"]) == ("GET", "/hello", 200, 5)
        assert (entry["service"], entry["route"]) == ("default", "/hello")
        assert "secret" not in json.dumps(entry)
        assert json.loads(gateway.stdout.wait_for(r"^.*no.{0,4}22where.*$")[0])["status"] == 404


def test_access_log_as_text():
    with Gateway(SMALL) as gateway:
        gateway.get("/hello?secret=1")
        line = gateway.stdout.wait_for(r"^.*/hello.*$")[0]
        assert re.match(r'\S+Z 127\.0\.0\.1:\d+ "GET /hello HTTP/1\.1" 200 5B \d+\.\d\dms default /hello \S+$', line)


def test_access_log_off():
    with Gateway("access_log: off\n" + SMALL) as gateway:
        gateway.get("/hello")
        gateway.stop()
        assert gateway.stdout.text == ""


def test_the_request_id_of_an_error_is_in_the_log():
    with Gateway(SMALL) as gateway:
        identity = gateway.get("/nowhere").json["requestId"]
        gateway.stdout.wait_for(re.escape(identity))


def test_secrets_are_masked(tmp_path):
    """The password in the URL, what a file holds, and the quoted line."""
    secret, held = "hunter2secret", "fromafile77"
    (tmp_path / "secret.txt").write_text(held + "\n")
    (tmp_path / "routes.yaml").write_text(textwrap.dedent(f"""
        bus: {{ url: "nats://user:{secret}@127.0.0.1:4222", bogus: "{secret}" }}
        routes:
          - {{ path: /a, handler: add.sum, with: {{ publish: "${{file:secret.txt}} {secret}" }} }}
          - {{ path: /b, handler: "${{file:secret.txt}}" }}
    """))
    for arguments in (["check"], ["check", "--format", "json"], ["run", "--listen", "127.0.0.1:0"], ["routes"],
                      ["explain", "GET", "/a"]):
        result = switchyard(*arguments, cwd=tmp_path)
        output = result.stdout + result.stderr
        assert result.status != 0
        assert secret not in output and held not in output, arguments
        if arguments == ["check"]:
            assert "***" in output


def test_a_secret_of_a_running_gateway_is_not_logged():
    with Gateway('bus: { url: "nats://user:hunter2secret@127.0.0.1:1" }\n' + SMALL, ready=False) as gateway:
        gateway.get("/hello")
        gateway.reload()
        gateway.stop()
        assert "hunter2secret" not in gateway.stderr.text + gateway.stdout.text


def test_the_last_line_counts_what_was_done_and_refused():
    with Gateway(SMALL) as gateway:
        with gateway.connect() as client:
            client.send(b"nonsense\r\n\r\n")
            assert client.answer().status == 400
        gateway.stop()
        last = gateway.stderr.text.splitlines()[-1]
        assert " heads_refused=1 " in last
        assert " handler_failures=0 " in last
        connections, requests = (int(re.search(rf" {name}=(\d+) ", last)[1]) for name in ("connections", "requests"))
        # The harness asked whether it is ready, on connections of their own; what was refused is no request.
        assert connections == requests + 1
