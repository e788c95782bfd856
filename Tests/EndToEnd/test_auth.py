"""`auth.jwt`: tokens of every algorithm, from everywhere, good and bad, and what they allow."""

import json
import random

import pytest

from harness.authority import Authority, Certificate, Says
from harness.cli import switchyard
from harness.errors import assert_own_error
from harness.frames import HANDSHAKE, FrameClient, handshake
from harness.gateway import Gateway
from harness.http import echoed
from harness.nats import NATSServer
from harness.tokens import SECRET, Signer, bearer, encoded, key_set, soon
from harness.topics import hears, sockets
from harness.waiting import eventually

SIGNERS = [Signer("HS256", "hmac"), Signer("RS256", "rsa"), Signer("ES256", "ec"), Signer("EdDSA", "ed")]
HMAC, RSA, EC, ED = SIGNERS

CONFIG = """
routes:
  - { path: /private, handler: echo.http, use: [auth.jwt: { keys: keys.json, issuer: us, audience: api }] }
  - path: /anywhere
    handler: echo.http
    use: [auth.jwt: { keys: keys.json, from: [header, subprotocol, cookie: sid, query: token] }]
  - { path: /public, handler: echo.http, use: [auth.jwt: { keys: keys.json, optional: true }] }
  - { path: /published, handler: echo.http, use: [auth.jwt: { keys: public.json }] }
channels:
  - path: /ws
    handler: echo.channel
    use: [auth.jwt: { keys: keys.json, leeway: 0s, from: [subprotocol, query: t] }]
"""


@pytest.fixture(scope="module")
def gateway():
    files = {"keys.json": key_set(*SIGNERS).encode(), "public.json": key_set(RSA, EC, ED).encode()}
    with Gateway(CONFIG, files=files) as gateway:
        yield gateway


def named(signers):
    return {"argvalues": signers, "ids": [signer.algorithm for signer in signers]}


def challenge(answer) -> str:
    assert_own_error(answer, answer.status)
    return answer.header("WWW-Authenticate")


@pytest.mark.parametrize("signer", **named(SIGNERS))
def test_every_algorithm(gateway, signer):
    claims = {"iss": "us", "aud": ["web", "api"], "sub": "ada", "exp": soon()}
    assert gateway.get("/private", bearer(signer.token(**claims))).status == 200
    other = Signer(signer.algorithm, signer.kid, b"another secret of more than 32 bytes")
    refused = gateway.get("/private", bearer(other.token(**claims)))
    assert challenge(refused) == ('Bearer realm="gateway", error="invalid_token", '
                                  'error_description="the token\'s signature is not one of ours"')


@pytest.mark.parametrize("claims, reason", [
    ({"exp": 1}, "the token has expired"), ({"nbf": soon()}, "the token is not valid yet"),
    ({"iss": "them"}, "the token is from another issuer"), ({"iss": None}, "the token is from another issuer"),
    ({"aud": "web"}, "the token is for another audience"), ({"aud": []}, "the token is for another audience"),
    ({"exp": "tomorrow"}, "the token is malformed"),
])
def test_claims(gateway, claims, reason):
    token = EC.token(**{"iss": "us", "aud": "api", "exp": soon()} | claims)
    refused = gateway.get("/private", bearer(token))
    assert refused.status == 401
    assert f'error="invalid_token", error_description="{reason}"' in challenge(refused)
    assert token not in refused.body.decode()


def test_without_a_token(gateway):
    for headers in ([], [("Authorization", "Basic eDp5")], [("Cookie", "sid=x")]):
        refused = gateway.get("/private", headers)
        assert (refused.status, challenge(refused)) == (401, 'Bearer realm="gateway"')
    twice = gateway.get("/private", bearer("a.b.c") * 2)
    assert (twice.status, challenge(twice)) == (400, 'Bearer realm="gateway", error="invalid_request"')


def test_optional(gateway):
    assert gateway.get("/public").status == 200
    assert gateway.get("/public", bearer(ED.token(exp=soon()))).status == 200
    assert gateway.get("/public", bearer(ED.token(exp=1))).status == 401


@pytest.mark.parametrize("path", ["/anywhere", "/published"])
def test_a_public_key_is_no_secret(gateway, path):
    """What everybody knows must not make tokens: not as HS256, not as none."""
    for text in (RSA.pem, RSA.pem.strip(), json.dumps(RSA.jwk).encode(), RSA.jwk["n"].encode()):
        for kid in (None, "rsa", "hmac"):
            forged = Signer("HS256", kid, text).token(sub="ada")
            assert gateway.get(path, bearer(forged)).status == 401
    for name in ("none", "None", "NONE", "nOnE", ""):
        for signature in ("", RSA.token(sub="ada").rsplit(".")[-1]):
            forged = f"{encoded({'alg': name})}.{encoded({'sub': 'ada'})}.{signature}"
            assert gateway.get(path, bearer(forged)).status == 401


def test_broken_tokens(gateway):
    """Whatever is done to a token, it is refused, and the gateway lives."""
    chance = random.Random(7519)
    alphabet = "abcXYZ019-_.={}\"%~+/ "
    with gateway.connect() as client:
        for number in range(600):
            token = list(SIGNERS[number % 4].token(sub="ada", exp=soon()))
            for _ in range(chance.randint(1, 4)):
                place = chance.randrange(len(token))
                match chance.randrange(4):
                    case 0: token[place] = chance.choice(alphabet)
                    case 1: token.insert(place, chance.choice(alphabet))
                    case 2: del token[place:place + chance.randint(1, 20)]
                    case _: token[place:place] = token[place:place + 10]
            text = "".join(token).strip()
            if text == "".join(SIGNERS[number % 4].token(sub="ada", exp=soon())):
                continue
            answer = client.request("GET", "/published" if number % 2 else "/private", headers=bearer(text))
            assert answer.status == 401, text


CARRIERS = {
    "header": lambda token: ("/anywhere", bearer(token)),
    "cookie": lambda token: ("/anywhere", [("Cookie", f"a=b; sid={token}")]),
    "query": lambda token: (f"/anywhere?x=1&token={token}", []),
    "subprotocol": lambda token: ("/anywhere", [("Sec-WebSocket-Protocol", f"json, bearer, {token}")]),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_carriers(gateway, carrier):
    token = RSA.token(sub="ada", exp=soon(), carrier=carrier)
    target, headers = CARRIERS[carrier](token)
    seen = echoed(gateway.get(target, headers))
    if carrier == "subprotocol":
        # A handler answers one of these: never the token.
        assert ["Sec-WebSocket-Protocol", "json, bearer"] in seen["headers"]
        assert token not in json.dumps(seen)
    bad = gateway.get(*CARRIERS[carrier](token[:-4] + "AAAA"))
    assert bad.status == 401
    gateway.stdout.wait_for(r'"GET /anywhere HTTP/1.1" 401')
    for output in (gateway.stdout.text, gateway.stderr.text, bad.body.decode()):
        assert token[:40] not in output


def test_sockets_of_web_pages(gateway):
    token = ED.token(sub="ada", exp=soon())
    with sockets(gateway, "/ws", subprotocols=["bearer", token]) as (socket,):
        socket.send("hello")
        hears(socket, "hello")
    with sockets(gateway, f"/ws?t={token}") as (socket,):
        socket.send("hello")
        hears(socket, "hello")
    for path, headers in [("/ws", []), ("/ws?t=x", []), ("/ws", [("Sec-WebSocket-Protocol", "bearer, x")]),
                          ("/ws", bearer(token))]:
        assert handshake(gateway, path, [*HANDSHAKE, *headers]).status == 401


def test_a_socket_ends_with_its_token(gateway):
    with FrameClient.open(gateway, f"/ws?t={EC.token(exp=soon(2))}") as client:
        client.say("still here")
        assert client.frame().payload == b"still here"
        client.closes_with(3000)
    assert handshake(gateway, f"/ws?t={EC.token(exp=soon(-1))}").status == 401


# Permissions

PERMISSIONS = """
use:
  - auth.jwt:
      secret: "${JWT_SECRET}"
      allow: { publish: ["user.{sub}.>", claim: rights.publish], subscribe: ["user.{sub}.>", "news.*"] }
routes:
  - { path: "/say/{topic}", methods: [POST], handler: nats.publish, with: { subject: "{topic}" } }
channels:
  - { path: "/ws/{topic}", handler: nats.bridge, with: { subject: "{topic}" } }
"""


@pytest.fixture(scope="module", params=["embedded", "nats"])
def permitting(request):
    environment = {"JWT_SECRET": SECRET}
    if request.param == "embedded":
        with Gateway('bus: { url: "embedded:" }\n' + PERMISSIONS, env=environment, ready=False) as gateway:
            yield gateway
    else:
        with NATSServer() as server, Gateway(
                f'bus: {{ url: "{server.url}" }}\n{PERMISSIONS}', env=environment) as gateway:
            yield gateway


ADA = {"sub": "ada", "rights": {"publish": ["news.>", "all"]}}


@pytest.mark.parametrize("claims, topic, status", [
    (ADA, "user.ada.inbox", 202), (ADA, "user.ada.a.b", 202), (ADA, "user.bob.inbox", 403), (ADA, "user.ada", 403),
    (ADA, "news.local", 202), (ADA, "all", 202), (ADA, "other", 403), ({"sub": "bob"}, "news.local", 403),
    ({}, "user.ada.inbox", 403), ({"sub": "a.b"}, "user.a.b.c", 403), ({"sub": "*"}, "user.ada.x", 403),
    ({"sub": ">"}, "user.ada.x", 403), ({"sub": "ada x"}, "user.ada.x", 403), ({"sub": ""}, "user.ada.x", 403),
    ({"sub": "ada", "rights": {"publish": ["a..b"]}}, "user.ada.x", 403),
    ({"sub": 7, "rights": {"publish": "other x.>"}}, "x.y", 202),
])
def test_publishing(permitting, claims, topic, status):
    token = Signer("HS256").token(**claims, exp=soon())
    assert permitting.request("POST", f"/say/{topic}", b"hi", bearer(token)).status == status


@pytest.mark.parametrize("topic, opens", [
    ("user.ada.inbox", True), ("user.bob.inbox", False), ("news.local", True), ("other", False)])
def test_channels(permitting, topic, opens):
    headers = bearer(Signer("HS256").token(**ADA, exp=soon()))
    if opens:
        with sockets(permitting, f"/ws/{topic}", additional_headers=headers) as (socket,):
            socket.send("hello")
            hears(socket, "hello")
    else:
        assert handshake(permitting, f"/ws/{topic}", [*HANDSHAKE, *headers]).status == 403


def test_who_may_only_speak_hears_nothing(permitting):
    headers = bearer(Signer("HS256").token(**ADA, exp=soon()))
    with sockets(permitting, "/ws/all", additional_headers=headers) as (socket,):
        socket.send("hello")
        with pytest.raises(TimeoutError):
            socket.recv(0.5)


def test_the_secret_is_not_shown(permitting, tmp_path):
    assert SECRET not in permitting.stdout.text + permitting.stderr.text
    (tmp_path / "routes.yaml").write_text(
        "use: [auth.jwt: { secret: too-short-to-be-one }]\nroutes: [{ path: /, handler: echo.http }]\n")
    checked = switchyard("check", cwd=tmp_path)
    assert checked.status == 1
    assert "a secret for HS256 has at least 32 bytes" in checked.stderr
    assert "too-short" not in checked.stderr


@pytest.mark.parametrize("settings, complaint, place", [
    ("{}", "no keys are given", ":1:"), ("{ keys: none.json }", "'keys' cannot be used: no such file", ":1:25"),
    ("{ keys: routes.yaml }", "'keys' cannot be used: it is not JSON", ":1:25"),
    ("{ keys-url: 'http://keys.example.com/' }", "it is not encrypted", ":1:29"),
    (f"{{ secret: '{SECRET}', allow: {{ publish: ['a..b'] }} }}", "'a..b' is no pattern of subjects", ":1:"),
    (f"{{ secret: '{SECRET}', from: [coockie] }}", "a token cannot come from this", ":1:"),
])
def test_mistakes_are_told_with_their_place(tmp_path, settings, complaint, place):
    (tmp_path / "routes.yaml").write_text(f"use: [auth.jwt: {settings}]\nroutes: [{{ path: /, handler: echo.http }}]\n")
    checked = switchyard("check", cwd=tmp_path)
    assert checked.status == 1
    assert complaint in checked.stderr and f"routes.yaml{place}" in checked.stderr


# Keys of a server

@pytest.fixture(params=["http", "https"])
def keys(request, tmp_path):
    """A key server that publishes the key of `EC`, and the settings to use it."""
    certificate = Certificate(tmp_path) if request.param == "https" else None
    with Authority(Says(body=key_set(EC)), certificate) as server:
        server.settings = f"keys-url: '{server.url}/keys?of=us'"
        if certificate:
            server.settings += f", ca: '{certificate.file}'"
        yield server


def guarded(server, more: str = "") -> Gateway:
    route = f"{{ path: /, handler: echo.http, use: [auth.jwt: {{ {server.settings}{more} }}] }}"
    return Gateway(f"routes:\n  - {route}\n")


def status(gateway, signer, **claims) -> int:
    return gateway.get("/", bearer(signer.token(sub="ada", **claims))).status


def test_keys_are_changed_at_the_server(keys):
    fresh, later = Signer("EdDSA", "fresh"), Signer("RS256", "later")
    with guarded(keys) as gateway:
        assert status(gateway, EC) == 200
        assert status(gateway, EC) == 200
        assert [asked.path for asked in keys.asked] == ["/keys?of=us"]
        keys.answer = Says(body=key_set(EC, fresh))
        assert status(gateway, fresh) == 200
        assert len(keys.asked) == 2
        # Made-up keys do not make the gateway ask again and again.
        assert {status(gateway, later) for _ in range(30)} == {401}
        assert status(gateway, Signer("HS256", "ec")) == 401
        assert len(keys.asked) == 2


def test_keys_are_read_from_time_to_time(keys):
    fresh = Signer("ES256", "fresh")
    with guarded(keys, ", refresh: 1s") as gateway:
        assert status(gateway, EC) == 200
        keys.answer = Says(body=key_set(fresh))
        # The old one is gone by itself, without a token that asks for it.
        eventually(lambda: status(gateway, EC) == 401, "the old key is forgotten")
        assert status(gateway, fresh) == 200


@pytest.mark.parametrize("keys", ["http"], indirect=True)
def test_the_key_server_goes_away(keys):
    with guarded(keys, ", refresh: 1s") as gateway:
        assert status(gateway, EC) == 200
        keys.stop()
        gateway.stderr.wait_for("the keys for tokens cannot be read; those known stay in force")
        assert status(gateway, EC) == 200
        unknown = gateway.get("/", bearer(ED.token(sub="ada")))
        assert (unknown.status, unknown.header("Retry-After")) == (503, "1")
        assert_own_error(unknown, 503)
        keys.answer = Says(body=key_set(ED))
        keys.start()
        gateway.stderr.wait_for("the keys for tokens are back")
        assert status(gateway, ED) == 200
        assert "of=us" not in gateway.stderr.text


@pytest.mark.parametrize("keys", ["http"], indirect=True)
def test_the_key_server_is_away_at_the_start(keys):
    keys.stop()
    with guarded(keys) as gateway:
        assert status(gateway, EC) == 503
        keys.start()
        eventually(lambda: status(gateway, EC) == 200, "the keys are there")


@pytest.mark.parametrize("keys", ["https"], indirect=True)
def test_a_server_nobody_vouches_for(keys):
    keys.settings = f"keys-url: '{keys.url}/'"
    with guarded(keys) as gateway:
        gateway.stderr.wait_for("the keys for tokens cannot be read.*CERTIFICATE_VERIFY_FAILED")
        assert status(gateway, EC) == 503
        assert keys.asked == []


@pytest.mark.parametrize("says", [
    Says(500), Says(body="<html>"), Says(body="{}"), Says(body=" " * 300_000), Says(302, headers={"Location": "/"})])
def test_a_server_that_talks_nonsense(says):
    with Authority(says) as server:
        server.settings = f"keys-url: '{server.url}/'"
        with guarded(server) as gateway:
            gateway.stderr.wait_for("the keys for tokens cannot be read")
            assert status(gateway, EC) == 503


def test_a_client_that_leaves_while_keys_are_read():
    with Authority(Says(body=key_set(EC))) as server:
        server.settings = f"keys-url: '{server.url}/'"
        with guarded(server) as gateway:
            server.answer = lambda asked: None
            with gateway.connect() as client:
                client.send(client.head("GET", "/", bearer(ED.token(sub="ada"))))
                server.wait_asked(2)
                client.reset()
            gateway.stdout.wait_for(r'"GET / HTTP/1.1" 499')
            assert status(gateway, EC) == 200


def test_a_new_file_of_keys():
    fresh = Signer("EdDSA", "fresh")
    with Gateway("routes: [{ path: /, handler: echo.http, use: [auth.jwt: { keys: keys.json }] }]",
                 files={"keys.json": key_set(EC).encode()}) as gateway:
        assert status(gateway, EC) == 200
        gateway.write("keys.json", key_set(fresh))
        assert status(gateway, fresh) == 200
        assert status(gateway, EC) == 401
